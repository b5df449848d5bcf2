"""Where brought bars lie in the song: a whole song bar by bar, a short theme in the hooks, loops under everything."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from contracts.given import Given
from contracts.music import Meter, Note, Score
from services.generator.composition.form import Form
from services.generator.composition.functions import HOOKS, function_of

WHOLE_SONG_BARS = 24
"""From here on what was brought is a song, and its form is followed."""


class Stretch(NamedTuple):
    """A section: what it is called, what it is for, its first bar from 0, its length and energy."""

    label: str
    function: str
    start: int
    bars: int
    energy: float


class Run(NamedTuple):
    """Bars of the song (from 0) that play bars of what was brought (from 0), in a row."""

    song_bar: int
    given_bar: int
    bars: int


def stretches_of(form: Form) -> list[Stretch]:
    """The sections of a planned form."""
    return [Stretch(slot.label, slot.function, slot.start, slot.bars, slot.energy) for slot in form.slots]


def stretches_in(score: Score) -> list[Stretch]:
    """The sections of a score."""
    return [Stretch(s.label, function_of(s.label), s.start_bar - 1, s.bars, s.energy) for s in score.sections.values()]


def is_song(given: Given) -> bool:
    """Whether what was brought has a form of its own."""
    return bool(given.sections) or given.bars >= WHOLE_SONG_BARS


def period_of(bars: int) -> int:
    """Bars after which a short theme may come again: 1, 2, 4, then multiples of four."""
    return next((p for p in (1, 2, 4) if bars <= p), -(-bars // 4) * 4)


def hooks_of(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Where a theme belongs: the hooks, all of one function, else the section with most energy."""
    hooks = [s for s in stretches if s.function in HOOKS and s.function != "postchorus"]
    if hooks:
        kind = max(hooks, key=lambda s: (s.function in ("chorus", "drop"), s.energy)).function
        return [s for s in hooks if s.function == kind]
    return [max(stretches, key=lambda s: (s.energy, s.bars))] if stretches else []


def pickup_bars(given: Given, bar_ticks: int) -> int:
    """1 where the first brought bar holds nothing but an upbeat in its second half, else 0."""
    tune = given.part("melody")
    if tune is None or not tune.notes or given.bars < 2:
        return 0
    first = [n for n in tune.notes if n.start < bar_ticks]
    return int(bool(first) and min(n.start for n in first) >= bar_ticks // 2)


def theme_map(given: Given, stretches: Sequence[Stretch], bar_ticks: int) -> dict[int, int]:
    """Song bar -> bar of the brought melody, both from 0: once per period in each hook; a song from its first bar on."""
    if is_song(given):
        return song_map(given, stretches)
    upbeat = pickup_bars(given, bar_ticks)
    length = given.bars - upbeat
    period = period_of(length)
    out: dict[int, int] = {}
    for hook in hooks_of(stretches):
        first = hook.start + int(bool(upbeat) and hook.start == 0 and hook.bars > length)  # an upbeat needs a bar before it
        for start in range(first, hook.start + hook.bars, period):
            room = min(length, hook.start + hook.bars - start)
            if room < length and start > first:
                break
            if upbeat and start > 0:
                out.setdefault(start - 1, 0)
            out |= {start + i: i + upbeat for i in range(room)}
    return out


def song_map(given: Given, stretches: Sequence[Stretch]) -> dict[int, int]:
    """As they come; what the song has beyond them takes up the first section of the same name again."""
    total = max((s.start + s.bars for s in stretches), default=0)
    own = [Stretch(s.label, function_of(s.label), s.start_bar - 1, s.bars, s.energy) for s in given.sections.values()]
    sources = _aligned(stretches, own)
    if sources is None:
        out = {bar: bar for bar in range(min(given.bars, total))}
        sources = [next((o for o in own if o.label == s.label), None) if s.start >= given.bars else None for s in stretches]
    else:
        out = {}
    for stretch, source in zip(stretches, sources, strict=True):
        if source:
            out |= {stretch.start + i: source.start + i % source.bars for i in range(stretch.bars)}
    return out


def _aligned(stretches: Sequence[Stretch], own: Sequence[Stretch]) -> list[Stretch | None] | None:
    """The brought section that each section of the song plays: the next of its name that is long enough, else the first of its name.

    None where the song has a name that was not brought.
    """
    out: list[Stretch | None] = []
    after = 0
    for stretch in stretches:
        found = next((i for i in range(after, len(own)) if own[i].label == stretch.label and own[i].bars >= stretch.bars), None)
        source = own[found] if found is not None else next((o for o in own if o.label == stretch.label), None)
        if source is None:
            return None
        out.append(source)
        after = found + 1 if found is not None else after
    return out or None


def loop_map(given: Given, stretches: Sequence[Stretch], bar_ticks: int) -> dict[int, int]:
    """Song bar -> brought bar for chords, bass and drums: under the theme as they were, elsewhere from each section's first bar on."""
    if is_song(given):
        return song_map(given, stretches)
    upbeat = pickup_bars(given, bar_ticks)
    length = max(given.bars - upbeat, 1)
    out: dict[int, int] = {}
    for stretch in stretches:
        out |= {stretch.start + i: upbeat + i % length for i in range(stretch.bars)}
    if given.part("melody"):
        out |= {song: bar for song, bar in theme_map(given, stretches, bar_ticks).items() if bar >= upbeat}
    return out


def runs_of(bars: dict[int, int]) -> list[Run]:
    """A map of bars as stretches that play in a row."""
    ordered = sorted(bars.items())
    starts = [0, *(i for i, (a, b) in enumerate(pairwise(ordered), 1) if b[0] != a[0] + 1 or b[1] != a[1] + 1), len(ordered)]
    return [Run(*ordered[a], b - a) for a, b in pairwise(starts) if b > a]


def placed(notes: Iterable[Note], runs: Iterable[Run], meter: Meter, shift: int = 0) -> list[Note]:
    """Brought notes where their bars are played, moved by `shift` semitones. A note rings on past its run as it was written."""
    bar = meter.ticks_per_bar
    given = list(notes)
    out: list[Note] = []
    for run in runs:
        low, high = run.given_bar * bar, (run.given_bar + run.bars) * bar
        offset = run.song_bar * bar - low
        out += [n._replace(start=n.start + offset, pitch=n.pitch + shift) for n in given if low <= n.start < high]
    return sorted(out)


def one_voice(notes: Sequence[Note]) -> list[Note]:
    """One voice: each note ends where the next begins."""
    out: list[Note] = []
    for note in notes:
        if out and out[-1].start == note.start:
            continue
        if out and out[-1].end > note.start:
            out[-1] = out[-1]._replace(duration=note.start - out[-1].start)
        out.append(note)
    return out
