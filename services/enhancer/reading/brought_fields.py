"""What the user brought beside words: facts of a MIDI file, a hummed tune or taps, and a text to sing."""

import re
from collections.abc import Sequence

from contracts.brief import SectionPlan, Stated
from contracts.given import Given
from contracts.music import Key, Meter
from services.enhancer.reading.case import Case
from services.enhancer.reading.durations import LONGEST_S, SHORTEST_S
from services.enhancer.reading.findings import Finding, inferred
from services.enhancer.reading.sections import canonical_label
from services.music.lyrics import Stanza

Plan = tuple[SectionPlan, ...]
NAMES = {"midi": "the MIDI file", "hum": "the hummed tune", "taps": "the taps"}
_WHOLE_SONG_BARS = 24
_TAIL_S = 2.0
_SLOW_BAR_S = 3.3
_LONG_LINE = 14
_VOWELS = re.compile(r"[aeiouyáéíóúàèìòùâêîôûäëïöüãõæœåøy]+", re.IGNORECASE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def source_of(given: Given) -> str:
    """What it is called in reasons, with the file's name."""
    return f"{NAMES[given.source]} {given.name}".strip()


def brought_tempo(case: Case) -> Finding[float] | None:
    """The tempo of what was brought, of the felt beat."""
    given = case.brought
    if given is None or given.tempo_bpm is None or not 30 <= given.tempo_bpm <= 300:
        return None
    return Finding(given.tempo_bpm, source_of(given), 0.95, "the tempo of what was brought")


def brought_meter(case: Case) -> Finding[str] | None:
    """The meter of what was brought."""
    given = case.brought
    return Finding(given.meter, source_of(given), 0.95, "the meter of what was brought") if given and given.meter else None


def brought_key(case: Case) -> Finding[str] | None:
    """The key of what was brought."""
    given = case.brought
    return Finding(str(Key.parse(given.key)), source_of(given), 0.9, "the key of what was brought") if given and given.key else None


def is_song(given: Given | None) -> bool:
    """Whether what was brought has a form of its own, which is followed."""
    return given is not None and bool(given.parts) and (bool(given.sections) or given.bars >= _WHOLE_SONG_BARS)


def brought_duration(case: Case, tempo_bpm: float, meter: str) -> Finding[float] | None:
    """The length of a brought song; None for an idea of a few bars."""
    given = case.brought
    if given is None or not is_song(given):
        return None
    seconds = given.bars * Meter.parse(meter).bar_seconds(tempo_bpm) + _TAIL_S
    if seconds > LONGEST_S:
        case.note(f"{source_of(given)} lasts {seconds:.0f} s at {tempo_bpm:g} BPM; {LONGEST_S:g} s are made of it.")
    value = round(min(max(seconds, SHORTEST_S), LONGEST_S), 2)
    return Finding(value, source_of(given), 0.95, f"its {given.bars} bars at {tempo_bpm:g} BPM, and the last sound's tail")


def note_conflicts(case: Case, tempo: Stated[float], key: Stated[str], meter: Stated[str]) -> None:
    """Say so where words or options ask for something else than what was brought: they win, and the material is moved."""
    given = case.brought
    if given is None:
        return
    name = source_of(given)
    if given.tempo_bpm and abs(tempo.value / given.tempo_bpm - 1) > 0.001:
        case.note(f"{name} has {given.tempo_bpm:g} BPM; {tempo.value:g} was asked for, so it is played at that tempo.")
    if given.key and str(Key.parse(given.key)) != key.value:
        case.note(f"{name} is in {given.key}; {key.value} was asked for, so it is transposed.")
    if given.meter and given.meter != meter.value:
        case.note(f"{name} is in {given.meter}; {meter.value} was asked for, so its bars are fitted to that.")
    for remark in given.notes:
        case.note(f"{name}: {remark}.")


# --- lyrics ---------------------------------------------------------------------------------------------------------------


def named_stanzas(stanzas: Sequence[Stanza]) -> list[Stanza]:
    """Every stanza with a label: its heading, else chorus for what comes back or stands second, verse and bridge for the rest."""
    if any(stanza.label for stanza in stanzas):
        return [Stanza(canonical_label(s.label) or s.label or "verse", s.lines) for s in stanzas]
    texts = [tuple(line.lower() for line in stanza.lines) for stanza in stanzas]
    back = next((text for text in texts if texts.count(text) > 1), None)
    out: list[Stanza] = []
    hook = next((s for s, text in zip(stanzas, texts, strict=True) if text == back), stanzas[1] if len(stanzas) > 1 else None)
    for index, (stanza, text) in enumerate(zip(stanzas, texts, strict=True)):
        if back is not None:
            out.append(Stanza("chorus" if text == back else "verse", stanza.lines))
        elif stanza is hook:
            out.append(Stanza("chorus", stanza.lines))
        else:
            label = "bridge" if index == 3 and len(stanzas) == 4 else "verse"
            out += [Stanza(label, stanza.lines)] + ([Stanza("chorus", hook.lines)] if hook and index > 1 else [])
    return out


def lyrics_field(case: Case) -> Stated[dict[str, tuple[str, ...]]] | None:
    """The sung lines by section id, in order; None where there is no text."""
    if not case.stanzas:
        return None
    named = named_stanzas(case.stanzas)
    labels = [re.sub(r"[^\w]+", "_", stanza.label).strip("_") or "verse" for stanza in named]
    lyrics: dict[str, tuple[str, ...]] = {}
    for index, (label, stanza) in enumerate(zip(labels, named, strict=True)):
        name = label if labels.count(label) == 1 else f"{label}_{labels[: index + 1].count(label)}"
        if stanza.lines:
            lyrics[name] = stanza.lines
    if not any(stanza.label for stanza in case.stanzas):
        case.note(f"The lyrics have no headings; their stanzas are taken as {', '.join(labels)}.")
    return Finding(lyrics, "the lyrics", 1.0, "laid under the lead melody, a syllable to a note").stated()


def lyrics_structure(case: Case, tempo_bpm: float, meter: str, duration_s: float | None) -> Stated[Plan] | None:
    """A form with room for the text: its sections in order, two bars to a line or one, intro and outro; None without a text."""
    if not case.stanzas or is_song(case.brought):
        return None
    named = named_stanzas(case.stanzas)
    bar_s = Meter.parse(meter).bar_seconds(tempo_bpm)
    per_line: float = 1 if bar_s > _SLOW_BAR_S else 2
    room = round((duration_s - _TAIL_S) / bar_s) if duration_s else None
    sections = _bars(named, per_line)
    if room is not None:
        while per_line > 0.5 and _sum(sections) + 2 > room:
            per_line /= 2
            sections = _bars(named, per_line)
        if _sum(sections) + 2 > room:
            case.note(f"The lyrics have {sum(len(s.lines) for s in named)} lines for {room} bars: they are sung as densely as they must.")
            return inferred(tuple(SectionPlan(label=s.label) for s in named), "the sections of the lyrics", 0.8).stated()
        sections = _filled(sections, room)
    ends = (None, None) if room is not None else (4, 4)
    plan = [SectionPlan(label="intro", bars=ends[0]), *(SectionPlan(label=n, bars=b) for n, b in sections)]
    if sections[-1][0] != "outro":
        plan.append(SectionPlan(label="outro", bars=ends[1]))
    if plan[1].label == "intro":
        plan.pop(0)
    reason = f"the sections of the lyrics, {'a bar' if per_line == 1 else f'{per_line:g} bars'} to a line"
    return inferred(tuple(plan), reason, 0.9, "the lyrics").stated()


def _bars(stanzas: Sequence[Stanza], per_line: float) -> list[tuple[str, int]]:
    """Bars of each section: what its lines need, in whole pairs of two from four bars on; eight without a text."""
    out = []
    for stanza in stanzas:
        needed = sum(per_line * (2 if _syllables(line) > _LONG_LINE * max(per_line, 1) else 1) for line in stanza.lines)
        out.append((stanza.label, max(4 if per_line >= 1 else 2, -int(-needed // 2) * 2) if stanza.lines else 8))
    return out


def _filled(sections: list[tuple[str, int]], room: int) -> list[tuple[str, int]]:
    """A long song takes an instrumental before its last hook, and that hook once more at its end."""
    out = list(sections)
    hook = next(((n, b) for n, b in sections if n in ("chorus", "hook", "refrain", "drop")), sections[-1])
    while room - _sum(out) > 20:
        if room - _sum(out) > 20 + hook[1]:
            at = max((i for i, (n, _) in enumerate(out) if n == hook[0]), default=len(out))
            out.insert(at, ("solo", 8))
            if room - _sum(out) <= 20:
                break
        out.append(hook)
    return out


def _sum(sections: Sequence[tuple[str, int]]) -> int:
    return sum(bars for _, bars in sections)


def _syllables(line: str) -> int:
    """About how many syllables a line has: groups of vowels, or characters where each is one."""
    return len(_CJK.findall(line)) or len(_VOWELS.findall(line))
