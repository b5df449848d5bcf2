"""Other chords in some bars: the band plays the same figures over them, and the tune stays where it fits."""

import math
from collections.abc import Sequence
from itertools import pairwise

from contracts.brief import Source
from contracts.context import Decision
from contracts.edits import HarmonyEdit
from contracts.errors import BadInput
from contracts.music import Chord, ChordEvent, Key, Part, Role, Score, Section
from services.generator.blending import blended
from services.generator.composition.form import Form
from services.generator.composition.harmony import Harmonist
from services.generator.feeling import feeling_of
from services.generator.revising.revoicing import Span, fitted, revoiced
from services.generator.revising.song import Song, bars_in, decided, every_part, listed, sections_of, unpitched
from services.generator.revising.takes import form_of
from services.music.theory.roman import numeral_of

_TUNES = frozenset({Role.MELODY, Role.VOCAL, Role.COUNTER})
_HOLD = "."
_TRIES = 6
_SUBSTITUTES = (-2, 2, 3, -3)
"""Steps of the scale from a chord's root to those of its substitutes, nearest kin first."""
_STACKED = {
    (4, 7): "", (3, 7): "m", (4, 7, 11): "maj7", (4, 7, 10): "7", (3, 7, 10): "m7", (3, 7, 11): "mmaj7",
}  # fmt: skip
Bars = dict[int, list[tuple[float, Chord]]]
"""Chords by bar, each with its beat, from 1."""


def reharmonise(song: Song, edit: HarmonyEdit) -> tuple[Song, Decision]:
    """The song with other chords in some bars. Raises BadInput for bars that it does not have and chords that there are not."""
    bars = _bars(song.score, edit)
    chords = _given(song.score, bars, edit.chords) if edit.chords else _found(song, bars)
    score, sheet = _with_chords(song.score, chords), _with_chords(song.sheet, chords)
    spans = _changed(song.score, score)
    old = song.score

    def over(_: str, part: Part) -> Part:
        if not spans or unpitched(part) or part.role is Role.FX:
            return part
        return fitted(part, spans, score) if part.role in _TUNES else revoiced(part, spans, score, old)

    score = every_part(score, over)
    sheet = every_part(sheet, lambda _, part: fitted(part, spans, sheet) if spans else part)
    shown = f"{_shown(old, bars)} → {_shown(score, bars)}"
    where = (
        f"bars {bars[0]}–{bars[-1]}" if bars[-1] - bars[0] == len(bars) - 1 else listed(sections_of(old, edit.sections), len(old.sections))
    )
    told = decided(
        "harmony",
        f"{where}: {shown}",
        "the players keep their figures and move to the nearest tones; the tune moves only where it would rub",
        bars=list(bars),
    )
    return song.moved(score, sheet), told


def _bars(score: Score, edit: HarmonyEdit) -> list[int]:
    if edit.bars is not None:
        first, last = bars_in(score, edit.bars, "harmony.bars")
        return list(range(first, last + 1))
    return [b for name in sections_of(score, edit.sections) for b in range(score.sections[name].start_bar, score.sections[name].end_bar)]


def _given(score: Score, bars: list[int], chords: tuple[str, ...]) -> Bars:
    """Bar -> (beat, chord): the given bars over and over, from the beginning in each section; tokens share their bar evenly."""
    beats = score.meter_value.beats_per_bar
    out: Bars = {}
    place, before, section = 0, 0, None
    for bar in bars:
        here = score.section_at(score.bar_tick(bar))
        if here != section or bar != before + 1:
            place = 0
        tokens = chords[place % len(chords)].replace("|", " ").split()
        if not tokens:
            raise BadInput("harmony.chords", chords[place % len(chords)], "chords such as Am or F G")
        out[bar] = [(1 + i * beats / len(tokens), Chord.parse(token)) for i, token in enumerate(tokens) if token != _HOLD]
        place, before, section = place + 1, bar, here
    return out


def _found(song: Song, bars: list[int]) -> Bars:
    """New chords in the song's style, from the take of a harmonist that differs most from what is there.

    Of each section at least half of the bars get another chord, by substitutes where the take comes back to the old one. Its last bar
    keeps its chords, so that it leads where it led.
    """
    old = _sounding(song.score, bars)
    staying = _leading(song.score, bars)
    takes = [{**_held(_taken(song, bars, take), old, bars), **{bar: old[bar] for bar in staying}} for take in range(_TRIES)]
    best = max(takes, key=lambda take: sum(_is_other(take[bar], old[bar]) for bar in bars))
    for section in song.score.sections.values():
        mine = [bar for bar in bars if section.start_bar <= bar < section.end_bar]
        same = [bar for bar in mine if bar not in staying and not _is_other(best[bar], old[bar])]
        few = math.ceil(len(mine) / 2) - sum(_is_other(best[bar], old[bar]) for bar in mine)
        key = Key.parse(section.key) if section.key else song.score.key_value
        for bar in (same[::2] + same[1::2])[: max(few, 0)]:
            beside = [best[near][at][1].root_class for near, at in ((bar - 1, -1), (bar + 1, 0)) if near in best]
            best[bar] = [(1.0, substitute(old[bar][0][1], key, beside))]
    return best


def substitute(chord: Chord, key: Key, beside: Sequence[int]) -> Chord:
    """Another chord of the key in a chord's place: the third below or above, which shares two tones with it, else the fourth or fifth.

    `beside`: roots of the chords around it, which it does not repeat where that can be. A seventh stays a seventh.
    """
    scale = key.pitch_classes
    at = min(range(len(scale)), key=lambda i: (min((scale[i] - chord.root_class) % 12, (chord.root_class - scale[i]) % 12), i))
    found = []
    for step in _SUBSTITUTES:
        root, third, fifth, seventh = (scale[(at + step + i) % len(scale)] for i in (0, 2, 4, 6))
        intervals = ((third - root) % 12, (fifth - root) % 12, (seventh - root) % 12)
        if root != chord.root_class and (quality := _STACKED.get(intervals[: 3 if len(chord.intervals) > 3 else 2])) is not None:
            found.append(Chord(key.spell(root), quality))
    return next((one for one in found if one.root_class not in beside), found[0])


def _sounding(score: Score, bars: list[int]) -> Bars:
    """What sounds in each bar, from its first beat on."""
    out: Bars = {bar: [(e.beat, e.chord) for e in score.chord_events() if e.bar == bar] for bar in bars}
    for bar, events in out.items():
        held = score.chord_at(score.bar_tick(bar))
        if held is not None and (not events or events[0][0] > 1):
            events.insert(0, (1.0, held.chord))
    return out


def _held(take: Bars, old: Bars, bars: list[int]) -> Bars:
    """A take in which every bar says what sounds on its first beat."""
    out: Bars = {}
    for bar in bars:
        events, before = take[bar], out.get(bar - 1, old[bar])
        out[bar] = events if events and events[0][0] == 1 else [(1.0, before[-1][1]), *events]
    return out


def _leading(score: Score, bars: list[int]) -> set[int]:
    """The last bars of sections of which more than that bar is asked for."""
    asked = set(bars)
    return {one.end_bar - 1 for one in score.sections.values() if {one.end_bar - 2, one.end_bar - 1} <= asked and one.bars > 1}


def _is_other(one: list[tuple[float, Chord]], other: list[tuple[float, Chord]]) -> bool:
    """Whether a bar begins with another chord: another root, or major for minor."""
    new, old = one[0][1], other[0][1]
    return new.root_class != old.root_class or {3, 4} <= {*new.intervals, *old.intervals}


def _taken(song: Song, bars: list[int], take: int) -> Bars:
    brief = song.brief.model_copy(
        update={
            "chords": song.brief.chords.model_copy(update={"value": {}}),
            "key": song.brief.key.model_copy(update={"source": Source.STATED}),  # nobody modulates in a revision
        }
    )
    pack, form = blended(brief), form_of(song)
    written = Harmonist(brief, pack.harmony, form, song.own_seed("harmony", take), feeling_of(brief, pack)).write()
    return _by_bars(song.score, form, {slot.id: written[slot.id].events for slot in form.slots}, bars)


def _by_bars(score: Score, form: Form, written: dict[str, tuple[ChordEvent, ...]], bars: list[int]) -> Bars:
    """Chords by bar, moved into the key of a section that has its own."""
    home = score.key_value
    out: Bars = {bar: [] for bar in bars}
    for slot, (_, section) in zip(form.slots, score.sections.items(), strict=True):
        key = Key.parse(section.key) if section.key else home
        shift = (key.tonic_class - home.tonic_class + 5) % 12 - 5
        for event in written[slot.id]:
            if event.bar in out:
                out[event.bar].append((event.beat, event.chord.transpose(shift, key) if shift else event.chord))
    return out


def _with_chords(score: Score, chords: Bars) -> Score:
    """A score with these chords in these bars. What sounded on into the bar after them is written there."""
    sections = {name: _section(score, section, chords) for name, section in score.sections.items()}
    return score.model_copy(update={"sections": sections})


def _section(score: Score, section: Section, chords: Bars) -> Section:
    mine = [bar for bar in range(section.start_bar, section.end_bar) if bar in chords]
    if not mine:
        return section
    key = Key.parse(section.key) if section.key else score.key_value
    events = [event for event in section.chords if event.bar not in chords]
    for bar in mine:
        events += [ChordEvent(bar=bar, beat=round(beat, 4), symbol=str(chord), roman=numeral_of(chord, key)) for beat, chord in chords[bar]]
        after = bar + 1
        if after < section.end_bar and after not in chords and not any(e.bar == after and e.beat == 1 for e in section.chords):
            held = score.chord_at(score.bar_tick(after))
            if held is not None:
                events.append(held.model_copy(update={"bar": after, "beat": 1.0}))
    return section.model_copy(update={"chords": tuple(sorted(events, key=lambda e: (e.bar, e.beat)))})


def _changed(old: Score, new: Score) -> list[Span]:
    """Where another chord sounds now than before."""
    ticks = sorted({s.bar_tick(e.bar, e.beat) for s in (old, new) for e in s.chord_events()} | {old.end_tick})
    out: list[Span] = []
    for start, end in pairwise(ticks):
        before, after = old.chord_at(start), new.chord_at(start)
        if after is not None and (before is None or before.symbol != after.symbol):
            out.append((start, end, after.chord))
    return out


def _shown(score: Score, bars: Sequence[int]) -> str:
    """The first chords of some bars, as a musician writes them."""
    said = [event.symbol for event in score.chord_events() if event.bar in set(bars)]
    return "–".join(said[:8]) + ("…" if len(said) > 8 else "")
