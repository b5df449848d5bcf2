"""Playability of every instrument in every style, and what orchestral players do."""

from functools import cache

import pytest

from contracts.context import Options
from contracts.music import PPQ, Note, Score
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.arrangement.frame import Frame
from services.generator.arrangement.orchestra import BREATH_S, breathed, longest_stretch_s
from services.generator.composition import compose
from services.music.packs.genres import genre, genres
from services.music.packs.instruments import Instrument, instrument, instruments

TALL = ("cinematic", "classical", "gospel", "salsa", "ska", "afrobeat")
_EXCEPT = {"vocals", "riser"}


@cache
def song(prompt: str, seed: int = 1, duration_s: float = 40.0, *, instruments: tuple[str, ...] = ()) -> Frame:
    """A whole song, as the arranger reads it."""
    brief = read_prompt(prompt, Options(duration_s=duration_s, instruments=instruments), seed=seed)
    composed = compose(brief, seed)
    return Frame(arrange(composed.score, brief, seed).score, brief, genre(composed.score.genre), seed)


def sounding_at_once(notes: tuple[Note, ...], grace: int) -> int:
    """Most notes at a time; what is let go within `grace` ticks of the next does not count."""
    edges = sorted([(n.start, 1) for n in notes] + [(max(n.end - grace, n.start + 1), -1) for n in notes])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def check_playable(frame: Frame) -> None:
    """Every part of a song is inside its instrument's range and polyphony, and winds breathe."""
    for name, part in frame.score.parts.items():
        entry = instrument(part.instrument)
        low, high = (27, 87) if entry.is_drums else entry.range
        assert all(low <= n.pitch <= high for n in part.notes), (name, part.instrument)
        if not entry.is_drums:
            assert sounding_at_once(part.notes, round(frame.ms_to_ticks(60.0))) <= entry.polyphony, (name, part.instrument)
        if entry.family in ("winds", "brass") and entry.polyphony == 1:
            assert longest_stretch_s(frame, part.notes) <= BREATH_S + 1.0, (name, part.instrument)


@pytest.mark.parametrize("style", sorted(genres()))
def test_everybody_can_play_their_part(style: str) -> None:
    """In every style all parts are in range and polyphony, and winds breathe at least every eight or nine seconds."""
    for seed in (2, 5):
        check_playable(song(f"{genre(style).name}, {seed + 20} seconds", seed, 30.0))


@pytest.mark.parametrize("asked", sorted(set(instruments()) - _EXCEPT))
def test_every_instrument_plays_when_asked_for(asked: str) -> None:
    """Whoever is named plays, within what the instrument can do, in a style at home and one abroad."""
    for number, style in enumerate(("pop", TALL[len(asked) % len(TALL)])):
        frame = song(f"{style} music", number + 3, 30.0, instruments=(asked,))
        assert asked in {p.instrument for p in frame.score.parts.values() if p.notes}
        check_playable(frame)


def test_the_tune_is_doubled_in_octaves_at_the_climax() -> None:
    """In a cinematic chorus violins or flute play the lead's notes one or two octaves away."""
    frame = song("cinematic", 3, 60.0)
    score = frame.score
    lead = {n.start // (PPQ // 4): n.pitch for n in score.parts["melody"].notes}
    chorus = [s for s in score.sections.values() if s.label == "chorus"]
    assert chorus
    start, end = (chorus[0].start_bar - 1) * frame.bar_ticks, (chorus[0].end_bar - 1) * frame.bar_ticks
    for name in ("violin", "flute"):
        notes = [n for n in score.parts[name].notes if start <= n.start < end]
        apart = [abs(n.pitch - lead[k]) for n in notes for k in (round(n.start / (PPQ // 4)),) if k in lead]
        assert len(apart) >= 5
        assert sum(a in (0, 12, 24) for a in apart) >= 0.8 * len(apart)


def test_timpani_are_tuned_and_roll_into_the_climax() -> None:
    """Kettledrums sound at most four pitches of the key, on tones of the chord, and some bar holds a roll that grows."""
    found_roll = False
    for seed in (3, 4, 6):
        frame = song("epic cinematic trailer", seed, 75.0)
        notes = frame.score.parts["timpani"].notes
        assert len({n.pitch for n in notes}) <= 8  # two tunings, where the key moves
        fits = [n.pitch % 12 in frame.span_at(min(n.start + 60, frame.score.end_tick - 1)).chord.pitch_classes for n in notes]
        assert sum(fits) >= 0.85 * len(fits)
        for bar in frame.bars:
            inside = [n for n in notes if bar.tick <= n.start + 40 < bar.tick + frame.bar_ticks]
            if len(inside) >= 12:
                third = len(inside) // 3
                found_roll |= sum(n.velocity for n in inside[-third:]) > sum(n.velocity for n in inside[:third]) + 10 * third
    assert found_roll


def test_horns_hold_inner_tones() -> None:
    """A horn that does not lead holds thirds and fifths (or the root) for two beats and more on average."""
    frame = song("cinematic with cello", 3, 60.0, instruments=("cello",))
    part = frame.score.parts["french_horn"]
    assert sum(n.duration for n in part.notes) / len(part.notes) >= 2 * PPQ
    inside = [n.pitch % 12 in frame.span_at(n.start + 60).chord.pitch_classes for n in part.notes]
    assert sum(inside) >= 0.9 * len(inside)


def test_montuno_and_tumbao_anticipate() -> None:
    """Salsa: the bass is silent on most downbeats and strikes on four; the piano plays the change an eighth early."""
    frame = song("salsa", 5, 45.0)
    bar = frame.bar_ticks
    bass = [round(n.start / (PPQ / 4)) % 16 for n in frame.score.parts["bass"].notes]
    assert bass.count(12) >= 1.5 * bass.count(0)
    changes = [s.start for s in frame.spans[1:] if s.start % bar == 0]
    piano = frame.score.parts["acoustic_piano"].notes
    early = 0
    for change in changes:
        ahead = [n for n in piano if 0.6 * PPQ / 2 <= change - n.start <= 1.4 * PPQ / 2]
        early += any(n.pitch % 12 in frame.span_at(change).chord.pitch_classes for n in ahead)
    assert early >= 0.6 * len(changes)


def test_metal_is_tuned_down() -> None:
    """Metal guitars reach below the open E of a guitar in some key, in roots, fifths and octaves only."""
    lowest = 99
    for seed in (1, 2):
        frame = song("metal in D minor", seed, 40.0)
        notes = frame.score.parts["electric_guitar"].notes
        lowest = min(lowest, *(n.pitch for n in notes))
        classes = [(n.pitch - frame.span_at(min(n.start + 40, frame.score.end_tick - 1)).chord.root_class) % 12 for n in notes]
        assert sum(c in (0, 6, 7, 8) for c in classes) >= 0.95 * len(classes)
    assert lowest < 40


def _wind(name: str = "flute") -> Instrument:
    return instrument(name)


def test_a_breath_is_taken_inside_a_long_line() -> None:
    """Forty legato notes without a rest get breaths; a line that rests is left alone; pianos never breathe."""
    frame = song("pop", 2, 20.0)
    line = tuple(Note(i * PPQ, PPQ, 70 + i % 5, 90) for i in range(60))
    assert longest_stretch_s(frame, line) > BREATH_S
    out = breathed(frame, _wind(), line)
    assert longest_stretch_s(frame, out) <= BREATH_S + 0.01
    assert [n.start for n in out] == [n.start for n in line]
    assert all(n.duration >= 30 for n in out)
    rested = tuple(Note(i * 4 * PPQ, 2 * PPQ, 70, 90) for i in range(10))
    assert breathed(frame, _wind(), rested) == rested
    assert breathed(frame, instrument("acoustic_piano"), line) == line
    held = (Note(0, 60 * PPQ, 70, 90),)
    assert longest_stretch_s(frame, breathed(frame, _wind("french_horn"), held)) <= BREATH_S


def test_same_seed_same_notes() -> None:
    """The orchestra draws from the seed alone: the same brief gives the same score, another seed another one."""

    def written(seed: int) -> Score:
        brief = read_prompt("cinematic, 30 seconds", Options(), seed=seed)
        return arrange(compose(brief, seed).score, brief, seed).score

    assert written(4) == written(4)
    assert written(4).parts["string_ensemble"].notes != written(5).parts["string_ensemble"].notes
