"""Styles told apart by their notes alone: marks that a producer knows them by, held by the style and by none of its neighbours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from contracts.context import Options
from contracts.music import PPQ, Note, Score
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.music.packs.genres import genres

KICK, SNARES, HAT, OPEN = 36, (38, 39), 42, 46
BAR = 4 * PPQ
SEEDS = (2, 5, 11)


@dataclass(frozen=True)
class Heard:
    """What one hears of the fullest section of a song: shares from 0 to 1 where nothing else is said."""

    tempo: float
    four_floor: float
    """Kicks on every beat of the bar."""
    backbeat: float
    """Snares or claps on two and four."""
    on_three: float
    """Bars whose only loud snare is on three."""
    every_beat: float
    """Bars with a snare on all four beats."""
    open_offbeats: float
    ratchets: float
    """Bars with hats closer than a sixteenth."""
    broken: float
    """Bars with a kick or snare stroke on a sixteenth between the eighths."""
    bass_off_kick: float
    """Bass notes on the second to fourth sixteenth of a beat."""
    bass_octaves: float
    """Steps of the bass that are octaves."""
    bass_busy: float
    """Bass notes in a bar."""
    bass_low: float
    """Median pitch of the bass."""
    swing: float
    """Long sixteenth to short one, from the hats and snares."""
    tall_chords: float
    """Chords with a seventh and more."""
    runs: float
    """Most notes in a bar of one chord player."""


def _steps(notes: list[Note], start: int) -> list[tuple[int, int]]:
    """(bar, sixteenth) of notes."""
    return [divmod(round((n.start - start) / (PPQ // 4)), 16) for n in notes]


def _in(score: Score, part: str, start: int, end: int) -> list[Note]:
    return [n for n in score.parts[part].notes if start - 60 <= n.start < end - 60] if part in score.parts else []


@cache
def hear(style: str, seed: int) -> Heard:
    """The marks of a song of a style."""
    brief = read_prompt(genres()[style].name, Options(duration_s=75, meter="4/4"), seed=seed)
    score = arrange(compose(brief, seed).score, brief, seed).score
    fullest = max(score.sections.values(), key=lambda s: (s.energy, s.bars))
    start, bars = (fullest.start_bar - 1) * BAR, fullest.bars
    end = start + bars * BAR
    drums = _in(score, "drums", start, end)
    kicks = set(_steps([n for n in drums if n.pitch == KICK], start))
    snares = set(_steps([n for n in drums if n.pitch in SNARES and n.velocity > 70], start))
    opens = set(_steps([n for n in drums if n.pitch == OPEN], start))
    hats = sorted(n.start for n in drums if n.pitch in (HAT, OPEN))
    bass = _in(score, "bass", start, end)
    chords = [e for e in score.chord_events() if fullest.start_bar <= e.bar < fullest.start_bar + bars]
    players = [n for n, p in score.parts.items() if str(p.role) == "harmony"]
    inside = range(bars)
    late = [(n.start - start) % (PPQ // 2) / (PPQ // 2) for n in drums if n.pitch in (HAT, *SNARES)]
    offs = [x for x in late if 0.3 < x < 0.8]
    phase = float(np.median(offs)) if offs else 0.5
    return Heard(
        tempo=score.tempo_bpm,
        four_floor=float(np.mean([all((b, s) in kicks for s in (0, 4, 8, 12)) for b in inside])),
        backbeat=float(np.mean([(b, 4) in snares and (b, 12) in snares for b in inside])),
        on_three=float(np.mean([(b, 8) in snares and (b, 4) not in snares and (b, 12) not in snares for b in inside])),
        every_beat=float(np.mean([all((b, s) in snares for s in (0, 4, 8, 12)) for b in inside])),
        open_offbeats=float(np.mean([all((b, s) in opens for s in (2, 6, 10)) for b in inside])),
        ratchets=sum(30 < b - a < PPQ // 4 - 25 for a, b in pairwise(hats)) / bars,
        broken=float(np.mean([any((b, s) in kicks | snares for s in range(1, 16, 2)) for b in inside])),
        bass_off_kick=float(np.mean([s % 4 != 0 for _, s in _steps(bass, start)])) if bass else 0.0,
        bass_octaves=float(np.mean([abs(b.pitch - a.pitch) == 12 for a, b in pairwise(bass)])) if len(bass) > 1 else 0.0,
        bass_busy=len(bass) / bars,
        bass_low=float(np.median([n.pitch for n in bass])) if bass else 60.0,
        swing=phase / (1.0 - phase),
        tall_chords=float(np.mean([len(set(e.chord.pitch_classes)) > 3 for e in chords])),
        runs=max((len(_in(score, p, start, end)) / bars for p in players), default=0.0),
    )


MARKS: dict[str, Callable[[Heard], bool]] = {
    # The kick on every beat and a low murmur on all that lies between; hats open between the beats.
    "techno": lambda h: min(h.four_floor, h.open_offbeats, h.bass_off_kick) > 0.8 and h.bass_busy > 10 and h.bass_low < 34,
    # The bass rolls behind every kick, an octave above the cellar, chords or arpeggios run in sixteenths.
    "trance": lambda h: min(h.four_floor, h.bass_off_kick) > 0.8 and h.bass_busy > 10 and h.bass_low >= 34 and h.runs > 14,
    # A broken beat with its backbeat, too fast to be anything else.
    "drum_and_bass": lambda h: h.tempo > 160 and h.four_floor < 0.2 and h.on_three < 0.2 and h.broken > 0.3,
    # One clap in the bar, on three, and hats that roll.
    "trap": lambda h: h.on_three > 0.8 and h.ratchets > 2,
    # Sixteenths that lean far back, a backbeat, a bass that moves.
    "boom_bap": lambda h: h.swing > 1.38 and h.backbeat > 0.6 and h.bass_busy > 4.5 and h.tempo < 102,
    # Slow, tall chords, a talking bass, sixteenths that lean a little.
    "rnb_soul": lambda h: h.tempo < 102 and h.tall_chords > 0.6 and h.bass_busy > 7.5 and h.swing < 1.4,
    # Machines on straight sixteenths, triads, a bass in running notes, no hats opened between the beats.
    "synthwave": lambda h: h.tempo < 122 and h.backbeat > 0.7 and h.tall_chords < 0.4 and h.bass_busy > 7 and h.open_offbeats < 0.5
    and 0.97 < h.swing < 1.04 and h.broken < 0.3,
    # The bass in octaves under tall chords, hats open between the kicks.
    "disco": lambda h: min(h.four_floor, h.open_offbeats) > 0.7 and h.bass_octaves > 0.35 and h.tall_chords > 0.4,
    # A high, leaping bass and one channel that runs through its chords; exact to the frame.
    "chiptune": lambda h: h.bass_low >= 41 and h.runs > 16 and h.open_offbeats < 0.3 and 0.98 < h.swing < 1.02,
    # The snare on all four.
    "motown": lambda h: h.every_beat > 0.6,
}  # fmt: skip
NEIGHBOURS = ("house", "electronic", "dubstep", "lofi_hip_hop", "funk", "pop", "rock")


@pytest.mark.parametrize("style", sorted(MARKS))
def test_a_style_bears_its_marks(style: str) -> None:
    """Three songs of a style all sound like it."""
    for seed in SEEDS:
        assert MARKS[style](hear(style, seed)), (seed, hear(style, seed))


@pytest.mark.parametrize("style", [*sorted(MARKS), *NEIGHBOURS])
def test_no_style_passes_for_another(style: str) -> None:
    """A song bears the marks of no style but its own."""
    assert [name for name, bears in MARKS.items() if name != style and bears(hear(style, SEEDS[0]))] == []


def test_rolls_of_hats_are_triplets_and_thirty_seconds() -> None:
    """Trap's ratchets fall on sixteenth triplets, thirty-seconds or their halves, and never fill more than half of the beats."""
    brief = read_prompt("trap", Options(duration_s=75, meter="4/4"), seed=5)
    drums = arrange(compose(brief, 5).score, brief, 5).score.parts["drums"].notes
    hats = sorted(n.start for n in drums if n.pitch == HAT)
    gaps = [b - a for a, b in pairwise(hats) if b - a < PPQ // 4 - 25]
    assert gaps
    near = [min(abs(gap - unit) for unit in (PPQ // 6, PPQ // 8, PPQ // 12, PPQ // 16)) for gap in gaps]
    assert float(np.quantile(near, 0.8)) < 8
    rolled = {start // PPQ for start, after in pairwise(hats) if after - start < PPQ // 4 - 25}
    assert len(rolled) < 0.5 * len({start // PPQ for start in hats})
