"""Polyrhythms, arpeggios across bar lines, cut breaks, hat rolls: generated, and exactly what they are called."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from handwritten_song import brief_of, song_of

from contracts.music import PPQ
from services.generator.arrangement.arpeggio import Arpeggiator, ordered
from services.generator.arrangement.beats import bar_patterns, choose_beat
from services.generator.arrangement.drums import play_drums
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Frame
from services.generator.arrangement.metre import SIXTEENTH, held_steps
from services.generator.arrangement.percussion import cross_of, cross_ticks, play_percussion
from services.music.packs.genres import genre
from services.music.packs.rhythm import Texture


def frame_of(style: str, meter: str = "4/4", seed: int = 1, **drums: object) -> Frame:
    pack = genre(style)
    if drums:
        pack = pack.model_copy(update={"drums": pack.drums.model_copy(update=drums)})
    return Frame(song_of(style, meter), brief_of(style, meter), pack, seed)


def ticks(frame: Frame, device: str, bars: int) -> list[int]:
    return [bar.tick + tick for bar in frame.bars[:bars] for tick, _ in cross_ticks(frame, bar, device)]


@pytest.mark.parametrize(
    ("meter", "device", "gap"),
    [
        ("4/4", "3:2", 2 * PPQ / 3), ("3/4", "4:3", 3 * PPQ / 4), ("4/4", "5:4", 4 * PPQ / 5), ("4/4", "threes", 3 * SIXTEENTH),
        ("3/4", "hemiola", 2 * PPQ), ("6/8", "hemiola", PPQ), ("12/8", "hemiola", PPQ), ("9/8", "3:2", None),
    ],
)  # fmt: skip
def test_a_polyrhythm_is_even(meter: str, device: str, gap: float | None) -> None:
    """Its strokes are evenly spaced, across bar lines too: three over two beats, four over three, two-beat steps over 3/4."""
    frame = frame_of("rock", meter)
    found = ticks(frame, device, 4)
    assert found[0] == 0
    if gap:
        assert all(abs((b - a) - gap) <= 1 for a, b in pairwise(found))


def test_threes_meet_the_bar_line_once_in_four_bars() -> None:
    """Every third sixteenth falls on a downbeat of 4/4 in the first bar, and where it begins anew in the fifth."""
    found = ticks(frame_of("techno"), "threes", 8)
    downbeats = [t // (4 * PPQ) for t in found if t % (4 * PPQ) == 0]
    assert 0 in downbeats
    assert 4 in downbeats
    assert len(downbeats) <= 4


def test_percussion_plays_the_device_of_its_section() -> None:
    """Where a section has a polyrhythm, percussion strikes all of it."""
    for seed in range(1, 12):
        frame = frame_of("electronic", seed=seed, cross=("3:2",))
        names = [n for n in frame.score.sections if cross_of(frame, n)]
        if not names:
            continue
        struck = {h.tick for h in play_percussion(frame, dict.fromkeys(frame.score.sections, True), frozenset())}
        bar = next(b for b in frame.bars if b.section == names[0])
        assert {bar.tick + t for t, _ in cross_ticks(frame, bar, "3:2")} <= struck
        return
    pytest.fail("no seed crossed")


def test_arpeggios_go_in_their_order_and_across_bars() -> None:
    """Up, down, up and down, outside in; a cycle of three sixteenths does not begin anew at the bar line."""
    assert ordered((60, 64, 67), "updown", 1) == [60, 64, 67, 64]
    assert ordered((60, 64, 67), "down", 2) == [79, 76, 72, 67, 64, 60]
    assert ordered((60, 64, 67, 71), "converge", 1) == [60, 71, 64, 67]
    frame = frame_of("electronic")
    texture = Texture(kind="arpeggiator", low=("xxxx xxxx xxxx xxxx",), cross=3)
    player = Arpeggiator(frame, texture, "synthesizer")
    pitches = []
    for bar in frame.bars[:2]:
        steps = held_steps(texture.low[0], frame.meter, bar.number)
        chords = {bar.tick + s.tick: (60, 64, 67) for s in steps}
        pitches += [h.pitch for h in player.play(bar, steps, chords, 90)]
    assert pitches == [(60, 64, 67)[i % 3] for i in range(32)]


def test_breaks_are_cut_by_the_same_cuts_in_all_voices() -> None:
    """A chopped bar holds only eighths of the break, the same ones for kick and hat at each place, opening with the first."""
    frame = frame_of("rock", chop=1.0)
    section = next(n for n in frame.score.sections if frame.function(n) == "chorus")
    beat = choose_beat(frame, section)
    plain = replace(beat, turns={})
    changed = 0
    for bar in (b for b in frame.bars if b.section == section):
        cut = bar_patterns(frame, plain, bar)
        slices = {voice: [p.replace(" ", "")[i : i + 2] for i in range(0, 16, 2)] for voice, p in cut.items()}
        sources = {voice: plain.main[voice].replace(" ", "")[:16] for voice in cut}
        maps = []
        for place in range(8):
            fits = {k for k in range(8) if all(slices[v][place] == sources[v][2 * k : 2 * k + 2] for v in cut)}
            assert fits
            maps.append(fits)
        assert 0 in maps[0]
        changed += any(place not in fits for place, fits in enumerate(maps))
    assert changed >= 3


def test_hat_rolls_are_ratchets_that_swell_or_fade() -> None:
    """With rolls, hats come in triplets of sixteenths or finer, evenly and with growing or falling velocity; without, never."""

    def gaps(rolls: float) -> list[int]:
        frame = frame_of("house", rolls=rolls, percussion={})
        hits = play_drums(frame, Groove(frame), dict.fromkeys(frame.score.sections, True), frozenset())
        hats = sorted(h.tick for h in hits if h.pitch == 42)
        return [b - a for a, b in pairwise(hats)]

    assert min(gaps(0.0)) >= 240
    fine = [g for g in gaps(1.0) if 0 < g < 240]
    assert len(fine) > 20
    assert set(fine) & {60, 80, 120, 160}


def test_half_time_and_double_time_keep_the_bar() -> None:
    """A doubled beat has the backbeat on every "and" of a beat pair: twice as many snares as the plain one, in the same bar."""
    plain = choose_beat(frame_of("punk", double_time=()), "chorus_1")
    twice = choose_beat(frame_of("punk", double_time=("chorus",)), "chorus_1")
    voice = "snare"
    count = [sum(c in "Xx" for c in b.main[voice]) / max(len(b.main[voice].split()) / 4, 1) for b in (plain, twice)]
    assert count[1] >= 1.6 * count[0]
    assert len(twice.main[voice].split()) % 4 == 0
    assert np.isfinite(count).all()
