"""Every meter and style: notes inside bars, two hands and two feet at the drums, a bass in range, a guitar of six strings."""

from itertools import pairwise

import numpy as np
import pytest
from handwritten_song import brief_of, song_of

from contracts.music import Meter, Part, Score
from services.generator.arrangement import arrange
from services.generator.arrangement.drums import play_drums
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.limbs import DOUBLE_PEDAL_MS, FEET, FOOT_MS
from services.generator.arrangement.metre import groups, held_steps, steps
from services.generator.arrangement.voicings import GUITAR_STRINGS
from services.music.packs.genres import genre, genres
from services.music.packs.instruments import instrument
from services.music.packs.meters import GroupedMeter, beats_for, grouped, meter_rows

METERS = ("4/4", "3/4", "2/4", "5/4", "7/4", "6/8", "7/8", "9/8", "11/8", "12/8", "5/8", "7/16", "2/2")
STYLES = sorted(genres())
# Each style in three meters, every meter met by every third style.
PAIRS = [(style, METERS[(3 * i + k * 5) % len(METERS)]) for i, style in enumerate(STYLES) for k in range(2)]


def played(style: str, meter: str, seed: int = 1) -> Score:
    return arrange(song_of(style, meter), brief_of(style, meter), seed).score


def together(part: Part, window: int) -> list[list[int]]:
    """Pitches of strokes that begin within `window` ticks of the first of them."""
    out: list[list[int]] = []
    since = -10_000
    for note in part.notes:
        if note.start - since > window:
            out.append([])
            since = note.start
        out[-1].append(note.pitch)
    return out


@pytest.mark.parametrize(("style", "meter"), PAIRS)
def test_the_rhythm_section_can_be_played(style: str, meter: str) -> None:
    """Notes lie in the song and the bass in its range."""
    score = played(style, meter)
    for part in score.parts.values():
        assert all(0 <= n.start < score.end_tick + score.meter_value.ticks_per_bar for n in part.notes)
        if part.role == "bass":
            low, high = instrument(part.instrument).range
            assert all(low <= n.pitch <= high for n in part.notes)


def hits_of(style: str, meter: str) -> tuple[Frame, list[Hit]]:
    """The drummer's strokes on the grid, playing in every section."""
    frame = Frame(song_of(style, meter), brief_of(style, meter), genre(style), 1)
    return frame, play_drums(frame, Groove(frame), dict.fromkeys(frame.score.sections, True), frozenset())


@pytest.mark.parametrize(("style", "meter"), [p for p in PAIRS if genre(p[0]).drums.tightness > 0.3])
def test_a_drummer_has_two_hands_and_two_feet(style: str, meter: str) -> None:
    """On the grid no moment asks for a third hand or foot, and no stroke lies beyond the song."""
    frame, hits = hits_of(style, meter)
    moments: dict[int, list[int]] = {}
    for hit in hits:
        moments.setdefault(hit.tick, []).append(hit.pitch)
    assert max(moments) < frame.score.end_tick
    assert all(sum(p not in FEET for p in pitches) <= 2 for pitches in moments.values())
    assert all(len(pitches) == len(set(pitches)) for pitches in moments.values())


@pytest.mark.parametrize("style", [s for s in STYLES if genre(s).drums.tightness > 0.3 and genre(s).drums.play])
def test_no_foot_is_faster_than_a_foot(style: str) -> None:
    """Kicks of a drummer keep the least distance of one foot, or of two on two pedals, within 30 ms of human timing."""
    score = played(style, "4/4")
    frame = Frame(score, brief_of(style), genre(style), 1)
    least = DOUBLE_PEDAL_MS if genre(style).drums.double_pedal else FOOT_MS
    kicks = [n.start for n in score.parts["drums"].notes if n.pitch == 36] if "drums" in score.parts else []
    gaps = [(b - a) / frame.ms_to_ticks(1.0) for a, b in pairwise(kicks)]
    assert all(gap >= least - 45.0 for gap in gaps)
    assert np.quantile(gaps, 0.02) >= least - 30.0 if gaps else True


@pytest.mark.parametrize("style", ["rock", "folk", "country", "funk", "reggae", "punk", "bossa_nova", "indie_rock", "blues"])
def test_one_note_per_string(style: str) -> None:
    """Strokes of a guitar can be laid on different strings within a hand's five frets; open strings are free."""
    score = played(style, "4/4")
    guitars = [p for p in score.parts.values() if "guitar" in p.instrument and p.role == "harmony" and "bass" not in p.instrument]
    for part in guitars:
        strokes = [sorted(set(s)) for s in together(part, 90)]
        fits = [_fits(s) for s in strokes]
        assert np.mean(fits) > 0.97, [s for s, ok in zip(strokes, fits, strict=True) if not ok][:4]


def _fits(pitches: list[int]) -> bool:
    """Whether each pitch finds a string of its own in some position."""
    for position in range(15):
        strings = list(GUITAR_STRINGS)
        for pitch in pitches:
            free = [s for s in strings if pitch == s or position <= pitch - s <= position + 4]
            if not free:
                break
            strings.remove(max(free))
        else:
            return True
    return False


@pytest.mark.parametrize("meter", sorted(meter_rows()))
def test_a_meter_has_its_own_beats(meter: str) -> None:
    """The groups of a song in this meter fill its bar; each beat written for it opens with the kick and answers with the back."""
    value = Meter.parse(meter)
    for styles in (("rock", "rock"), ("folk", "country"), ("jazz", "jazz"), ("techno", "dance")):
        mine = grouped(value, styles[0])
        assert isinstance(mine, GroupedMeter)
        assert sum(g.length for g in groups(mine, 0)) == value.ticks_per_bar
        for level in ("low", "mid", "high", "half"):
            for beat in beats_for(mine, styles, level):
                assert all(pattern[0] in "Xxo" for pattern in beat.kick)
                for pattern in (*beat.kick, *beat.back, *beat.time):
                    own = steps("|" + pattern, mine, 0)
                    assert all(s.tick + s.length <= value.ticks_per_bar for s in own)


def test_balkan_bars_are_rows_of_twos_and_a_three() -> None:
    """Folk in 9/8 goes 2+2+2+3, in 7/8 3+2+2; rock in 9/8 stays in threes."""
    assert [g.length // 480 for g in groups(grouped(Meter.parse("9/8"), "folk"), 0)] == [2, 2, 2, 3]
    assert [g.length // 480 for g in groups(grouped(Meter.parse("7/8"), "folk"), 0)] == [3, 2, 2]
    assert [g.length // 480 for g in groups(grouped(Meter.parse("9/8"), "rock"), 0)] == [3, 3, 3]


@pytest.mark.parametrize("meter", ["7/8", "5/4", "9/8", "11/8", "7/4"])
def test_backbeats_of_odd_meters_fall_on_groups(meter: str) -> None:
    """Loud snares outside fills begin a group, or lie in its middle, at least nine times in ten; the kick opens most bars."""
    frame, hits = hits_of("rock", meter)
    first, bar = frame.score.sections["verse_1"], frame.bar_ticks
    bars = [number for number in range(first.start_bar - 1, first.end_bar - 2) if number % 4 != 3]
    inside = [h for h in hits if h.tick // bar in bars]
    starts = {g.tick + d for g in groups(frame.meter, 0) for d in (0, g.length // 2, g.length // 3, g.length * 2 // 3)}
    snares = [h for h in inside if h.pitch == 38 and h.velocity > 90]
    assert np.mean([h.tick % bar in starts for h in snares]) >= 0.9
    ones = {h.tick // bar for h in inside if h.pitch == 36 and h.tick % bar == 0}
    assert len(ones) >= 0.8 * len(bars)


def test_fine_cells_are_triplets_and_thirty_seconds() -> None:
    """A cell of six is six even strokes in a beat, one of eight eight; in 12/8 a cell of six is the beat's sixteenths."""
    row = steps("x... xxxxxx xxxxxxxx x...", Meter.parse("4/4"), 0)
    assert [s.tick for s in row if 960 <= s.tick < 1920] == [960 + 160 * i for i in range(6)]
    assert [s.tick for s in row if 1920 <= s.tick < 2880] == [1920 + 120 * i for i in range(8)]
    assert [s.tick for s in steps("xxxxxx x.. x.. x..", Meter.parse("12/8"), 0)[:6]] == [240 * i for i in range(6)]
    assert held_steps("x-xxx- .... .... ....", Meter.parse("4/4"), 0)[0].length == 320
