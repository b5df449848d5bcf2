"""Drums and bass: locking, fills, timing spread, swing, meters."""

from itertools import pairwise
from statistics import pstdev

import numpy as np
import pytest
from handwritten_song import brief_of, song_of

from contracts.music import PPQ, Meter, Note, Score
from services.generator.arrangement import arrange
from services.generator.arrangement.feel import Groove, Player, jazz_ratio, perform
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.metre import groups, steps
from services.music.packs.genres import genre, genres

KICKS, SNARES, TOMS, CYMBALS = {35, 36}, {37, 38, 39, 40}, {41, 43, 45, 47, 48, 50}, {42, 44, 46, 51, 53, 59}
DRUM_STYLES = ("pop", "rock", "blues", "country", "reggae", "funk", "house", "electronic", "dubstep", "lofi_hip_hop", "jazz")
LOCKING = ("pop", "rock", "funk", "country", "lofi_hip_hop")


def played(style: str, meter: str = "4/4", seed: int = 1) -> Score:
    return arrange(song_of(style, meter), brief_of(style, meter), seed).score


@pytest.mark.parametrize("style", [s for s in sorted(genres()) if s not in ("reggae", "dubstep")])
def test_the_bass_states_the_chord(style: str) -> None:
    """At least 70 % of chords have the root or the slash bass below their first beat, struck there or tied over into it."""
    score = played(style)
    bass = next(p for p in score.parts.values() if p.role == "bass")
    firsts = []
    for event in score.chord_events():
        tick = score.bar_tick(event.bar, event.beat)
        first = next((n for n in bass.notes if n.start < tick + PPQ and n.end > tick + 100), None)
        if first:
            firsts.append(first.pitch % 12 == event.chord.bass_class)
    assert np.mean(firsts) >= 0.7


@pytest.mark.parametrize("style", LOCKING)
def test_the_bass_locks_to_the_kick(style: str) -> None:
    """At least 60 % of kicks in sections where both play have a bass note within 60 ms."""
    score = played(style)
    window = 0.06 * score.tempo_bpm / 60 * PPQ
    starts = np.array([n.start for n in score.parts["bass"].notes])
    met = [np.min(np.abs(starts - n.start)) <= window for n in score.parts["drums"].notes if n.pitch in KICKS and starts[0] <= n.start]
    assert np.mean(met) >= 0.6


@pytest.mark.parametrize("style", DRUM_STYLES)
def test_fills_lead_into_sections(style: str) -> None:
    """Before at least 70 % of boundaries with drums after them, the last two beats differ from those of the bar before."""
    boundaries = led = 0
    for seed in (1, 2, 3):
        score = played(style, seed=seed)
        bar, drums = score.meter_value.ticks_per_bar, score.parts["drums"].notes
        for section in list(score.sections.values())[1:]:
            tick = (section.start_bar - 1) * bar
            if not any(tick - 100 <= n.start < tick + bar for n in drums):
                continue
            boundaries += 1
            led += _hands(drums, tick - PPQ * 2, tick) != _hands(drums, tick - bar - PPQ * 2, tick - bar)
    assert led >= 0.7 * boundaries


def _hands(drums: tuple[Note, ...], start: int, end: int) -> list[tuple[int, int]]:
    return sorted((round((n.start - start) / 240), n.pitch) for n in drums if start - 60 <= n.start < end - 60)


def test_fills_move_to_snare_and_toms_and_grow() -> None:
    """Measured shape: snare and toms take over half of the last beat's strokes; toms grow and fall in pitch through the fill."""
    share, early, late = [], [], []
    for seed in range(1, 13):
        score = played("rock", seed=seed)
        bar = score.meter_value.ticks_per_bar
        for section in list(score.sections.values())[1:]:
            end = (section.start_bar - 1) * bar
            strokes = [n for n in score.parts["drums"].notes if end - PPQ - 60 <= n.start < end - 60]
            share.append(sum(n.pitch in SNARES | TOMS for n in strokes) / max(len(strokes), 1))
            toms = [n for n in score.parts["drums"].notes if n.pitch in TOMS and end - 4 * PPQ - 60 <= n.start < end - 60]
            early += toms[: len(toms) // 2]
            late += toms[(len(toms) + 1) // 2 :]
    assert np.mean(share) > 0.5
    assert np.mean([n.velocity for n in late]) > np.mean([n.velocity for n in early]) + 4
    assert np.mean([n.pitch for n in late]) < np.mean([n.pitch for n in early]) - 2


@pytest.mark.parametrize("style", ["pop", "rock", "funk", "blues", "jazz"])
def test_timing_spreads_like_measured_drummers(style: str) -> None:
    """Hats and rides deviate from their habitual place with the SD of real takes (9–25 ms), and neighbours hang together."""
    deviations = []
    for seed in range(1, 5):
        score = played(style, seed=seed)
        frame = Frame(song_of(style), brief_of(style), genre(style), seed)
        groove = Groove(frame)
        grid = np.array(sorted({groove.swung(t) for t in [*range(0, score.end_tick, 240), *range(0, score.end_tick, 320)]}))
        hats = [n.start for n in score.parts["drums"].notes if n.pitch in CYMBALS]
        errors = np.array([t - grid[np.argmin(np.abs(grid - t))] for t in hats]) / frame.ms_to_ticks(1.0)
        places = np.array([round(t / 320) % 12 if style in ("jazz", "blues") else round(t / 240) % 16 for t in hats])
        for place in set(places.tolist()):
            errors[places == place] -= np.mean(errors[places == place])
        deviations.append(errors.tolist())
    spread = float(np.mean([pstdev(d) for d in deviations]))
    lag = float(np.mean([np.corrcoef(d[:-1], d[1:])[0, 1] for d in deviations]))
    assert 9.0 <= spread <= 25.0
    assert lag > 0.2


def test_machines_are_tight() -> None:
    """House kicks stay within 8 ms of the grid."""
    score = played("house")
    frame = Frame(song_of("house"), brief_of("house"), genre("house"), 1)
    off = np.array([abs((n.start + 480) % 960 - 480) for n in score.parts["drums"].notes if n.pitch in KICKS])
    on_beat = off[off < 120]
    assert len(on_beat) > 0.8 * len(off)
    assert np.quantile(on_beat / frame.ms_to_ticks(1.0), 0.95) < 8.0


def test_jazz_swings_less_at_speed() -> None:
    """The ratio falls from about 2.2 at 120 to about straight at 300."""
    assert 2.0 <= jazz_ratio(120) <= 2.3
    assert 1.6 <= jazz_ratio(185) <= 2.0
    assert jazz_ratio(300) <= 1.3


@pytest.mark.parametrize(("meter", "lengths"), [("7/8", [960, 960, 1440]), ("6/8", [1440, 1440]), ("5/4", [960] * 5), ("5/8", [1440, 960])])
def test_meters_are_grouped(meter: str, lengths: list[int]) -> None:
    """Odd and compound meters are rows of groups that fill the bar exactly."""
    value = Meter.parse(meter)
    assert [g.length for g in groups(value, 0)] == lengths
    assert sum(lengths) == value.ticks_per_bar


@pytest.mark.parametrize("meter", ["3/4", "5/4", "6/8", "7/8", "9/8", "12/8", "2/4", "6/4", "11/8", "2/2", "3/8", "7/16", "15/8"])
def test_a_pattern_keeps_its_downbeat_and_a_backbeat(meter: str) -> None:
    """In any meter the kick opens the bar and the snare answers on a later group, over two bars."""
    value = Meter.parse(meter)
    kick, snare = "x... .... x... ....", ".... X... .... X..."
    assert steps(kick, value, 0)[0].char == "x"
    struck = [(bar, s.tick) for bar in (0, 1) for s in steps(snare, value, bar) if s.char == "X"]
    assert struck or len(groups(value, 0)) == 1
    assert all(s.tick + s.length <= value.ticks_per_bar for bar in (0, 1) for s in steps(kick, value, bar))


@pytest.mark.parametrize("style", ["pop", "rock", "country"])
def test_comping_changes_small_cells(style: str) -> None:
    """Between 10 and 75 % of a chord player's bars repeat the bar before: neither a loop nor noise."""
    shares = []
    for seed in (1, 2, 3):
        score = played(style, seed=seed)
        bar = score.meter_value.ticks_per_bar
        for part in (p for p in score.parts.values() if p.role == "harmony"):
            rows = [frozenset(round((n.start - b * bar) / 240) for n in part.notes if b * bar - 60 <= n.start < (b + 1) * bar - 60)
                    for b in range(score.bars)]  # fmt: skip
            pairs = [(x, y) for x, y in pairwise(rows) if x and y]
            shares.append(np.mean([x == y for x, y in pairs]))
    assert 0.1 <= float(np.mean(shares)) <= 0.75


def test_accents_stay_accents_where_everybody_plays_out() -> None:
    """What is struck harder than loud still grows: no two of a row of accents end on one velocity at the top."""
    frame = Frame(song_of("house"), brief_of("house"), genre("house"), 1)
    quiet = Player("riser", "fx", 0.0, spread=0.0)
    hits = [Hit(960 * i, 480, 60, 100.0 + 6.0 * i, "") for i in range(6)]
    heard = [note.velocity for note in perform(hits, Groove(frame), quiet)]
    assert heard == sorted(set(heard))
    assert heard[-1] < 127
