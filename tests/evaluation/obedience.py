"""Are briefs obeyed? 320 prompts, each read, composed and arranged; what they state is looked up in the score."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.brief import Brief
from contracts.context import Options
from contracts.music import Chord, Key, Role, Score
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose

if TYPE_CHECKING:
    from tests.evaluation.score import Session

TABLE = Path(__file__).parent / "score_prompts.toml"
Facts = dict[str, Any]
_LEAST_NOTES, _LEAST_BARS = 6, 0.08
_IN_KEY = 0.8


@dataclass(frozen=True)
class Checked:
    """What one prompt stated and which of it is wrong in the score, in words."""

    number: int
    text: str
    style: str
    stated: tuple[str, ...]
    wrong: dict[str, str]


def load() -> list[Facts]:
    """The prompts with their facts."""
    return list(tomllib.loads(TABLE.read_text("utf-8"))["prompt"])


def check(work: tuple[int, Facts]) -> Checked:
    """Make a song of a prompt, its number the seed, and compare."""
    number, facts = work
    stated = tuple(name for name in facts if name not in ("text",))
    try:
        brief = read_prompt(facts["text"], Options(), seed=number)
        score = arrange(compose(brief, number).score, brief, number).score
    except Exception as error:  # noqa: BLE001  a crash of one song is a result of this measurement, not its end
        return Checked(number, facts["text"], facts["style"], stated, {"crashed": f"{type(error).__name__} {error}"})
    wrong = {name: text for name in stated if (text := CHECKS[name](facts[name], brief, score))}
    return Checked(number, facts["text"], facts["style"], stated, wrong)


def _style(value: str, brief: Brief, score: Score) -> str:
    return "" if brief.genres.value[0] == value and score.genre == value else f"{brief.genres.value} ({score.genre})"


def _mixed(value: str, brief: Brief, score: Score) -> str:
    return "" if value in brief.genres.value else f"{brief.genres.value}"


def _tempo(value: float, brief: Brief, score: Score) -> str:
    first = score.tempo_map[0][1] if score.tempo_map else score.tempo_bpm
    return "" if abs(score.tempo_bpm - value) < 0.01 and abs(first - value) < 0.5 else f"{score.tempo_bpm:g} ({first:g} at the start)"


def _key(value: str, brief: Brief, score: Score) -> str:
    """The score's key, the first section's, and the notes: most of them in the scale, with the usual sixths and sevenths beside it."""
    asked, found = Key.parse(value), score.key_value
    if (asked.tonic_class, asked.mode) != (found.tonic_class, found.mode):
        return str(found)
    first = next(iter(score.sections.values()))
    home = [s for s in score.sections.values() if Key.parse(s.key).tonic_class == asked.tonic_class]
    if Key.parse(first.key).tonic_class != asked.tonic_class or len(home) * 2 < len(score.sections):
        return f"sections in {[s.key for s in score.sections.values()]}"
    spans = [(score.bar_tick(s.start_bar), score.bar_tick(s.end_bar)) for s in home]
    scale = {*asked.pitch_classes, *((asked.tonic_class + step) % 12 for step in ((9, 11) if asked.is_minor else (10,)))}
    pitched = [n for part in score.parts.values() if part.role not in (Role.DRUMS, Role.PERCUSSION, Role.FX) for n in part.notes]
    notes = [n for n in pitched if any(start <= n.start < end for start, end in spans)]
    inside = sum(n.pitch % 12 in scale for n in notes) / max(1, len(notes))
    return "" if inside >= _IN_KEY or brief.chords.value else f"only {inside:.0%} of the notes lie in {asked}"


def _meter(value: str, brief: Brief, score: Score) -> str:
    return "" if score.meter == value else score.meter


def _duration(value: float, brief: Brief, score: Score) -> str:
    bar = score.meter_value.bar_seconds(score.tempo_bpm)
    nearest = min((score.music_s, score.duration_s), key=lambda seconds: abs(seconds - value))
    low, high = score.music_s - bar, score.duration_s + bar
    return "" if low <= value <= high and abs(nearest - value) <= bar else f"{score.music_s:.1f} s + {score.tail_s:.1f} s, bar {bar:.2f} s"


def _chords(value: dict[str, list[str]], brief: Brief, score: Score) -> str:
    """Every bar of every section with given chords holds exactly them, over and over."""
    faults = []
    asked_of = set(value) - {"all"}
    for name, section in score.sections.items():
        bars = value.get(section.label, value.get("all"))
        if not bars or (section.label not in value and section.label in asked_of):
            continue
        for number in range(section.bars):
            asked = [_plain(symbol) for symbol in bars[number % len(bars)].split()]
            found = [_plain(e.symbol) for e in section.chords if e.bar == section.start_bar + number]
            if not found:
                found = [_plain(e.symbol) for e in section.chords if e.bar < section.start_bar + number][-1:]
            merged = [symbol for i, symbol in enumerate(asked) if i == 0 or symbol != asked[i - 1]]
            if found not in (asked, merged):
                faults.append(f"{name} bar {number + 1}: {found}, asked {asked}")
    return "; ".join(faults[:2])


def _plain(symbol: str) -> tuple[int, str, int]:
    chord = Chord.parse(symbol)
    return chord.root_class, chord.quality, chord.bass_class


def _has_sections(value: list[str], brief: Brief, score: Score) -> str:
    labels = {section.label for section in score.sections.values()}
    return "" if set(value) <= labels else f"{sorted(labels)}"


def _with(value: list[str], brief: Brief, score: Score) -> str:
    """Each wanted instrument plays: some notes, in a share of the bars, as somebody one can hear."""
    silent = []
    for name in value:
        parts = [p for p in score.parts.values() if p.instrument == name and p.role is not Role.FX]
        notes = [n for p in parts for n in p.notes if n.velocity >= 20]
        bars = {n.start // score.meter_value.ticks_per_bar for n in notes}
        if len(notes) < min(_LEAST_NOTES, score.bars) or len(bars) < _LEAST_BARS * score.bars:
            silent.append(f"{name} {len(notes)} notes in {len(bars)} of {score.bars} bars")
    return "; ".join(silent) + (f" (brief: {brief.instruments_with.value})" if silent else "")


def _without(value: list[str], brief: Brief, score: Score) -> str:
    playing = sorted({p.instrument for p in score.parts.values() if p.instrument in value})
    return ", ".join(playing)


def _form(value: list[str], brief: Brief, score: Score) -> str:
    found = [(s.label, s.bars) for s in score.sections.values()]
    asked = [(label, int(bars) if bars else None) for label, _, bars in (one.partition(":") for one in value)]
    same = len(found) == len(asked) and all(a == f and (n is None or n == m) for (a, n), (f, m) in zip(asked, found, strict=True))
    return "" if same else f"{[f'{label}:{bars}' for label, bars in found]}"


def _ending(value: str, brief: Brief, score: Score) -> str:
    read = brief.ending.value if brief.ending else "natural"
    if read != value:
        return read
    last = list(score.sections.values())[-1]
    if value == "fade":
        curves = [c for p in score.parts.values() for name in ("gain_db", "cc11", "cc7") if (c := p.controls.get(name))]
        falls = [c for c in curves if c[-1][1] < max(point[1] for point in c) and c[-1][0] >= score.bar_tick(last.start_bar)]
        return "" if len(falls) >= 0.8 * len(score.parts) else f"only {len(falls)} of {len(score.parts)} parts fade"
    return "" if last.label != "outro" and score.tail_s <= 0.5 else f"{last.label}, tail {score.tail_s:.1f} s"


CHECKS: dict[str, Callable[[Any, Brief, Score], str]] = {
    "style": _style, "mixed": _mixed, "tempo": _tempo, "key": _key, "meter": _meter, "duration": _duration, "chords": _chords,
    "has_sections": _has_sections, "with": _with, "without": _without, "form": _form, "ending": _ending,
}  # fmt: skip


def prompts(session: Session) -> tuple[str, str]:
    """All prompts: how often each kind of fact is right."""
    found: list[Checked] = session.spread(check, list(enumerate(load(), 1)))  # type: ignore[assignment]
    asked = Counter(name for one in found for name in one.stated)
    wrong = Counter(name for one in found for name in one.wrong)
    lines = [f"{'stated':14}{'prompts':>9}{'right':>8}{'share':>9}"]
    lines += [f"{name:14}{n:9}{n - wrong[name]:8}{1 - wrong[name] / n:9.1%}" for name, n in asked.items()]
    clean = sum(not one.wrong for one in found)
    lines.append(f"{'ALL':14}{len(found):9}{clean:8}{clean / len(found):9.1%}")
    lines += ["", *(f"#{one.number} {one.text}\n    {name}: {why}" for one in found for name, why in one.wrong.items())]
    note = f"""Each prompt of tests/evaluation/score_prompts.toml (ten per style, seven languages, mixtures, typing errors) is read,
composed and arranged, seed = its number; every fact that it states is looked up in the score:
the key by the score and its notes, chords bar by bar, the length within one bar, wanted players by what they play.
{clean} of {len(found)} songs are right in everything."""
    return note, "\n".join(lines)
