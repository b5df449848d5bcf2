"""Versions of a song: which bars they are made of, how they are joined, how a loop goes round, whose the lead is."""

import zipfile

import numpy as np
import pytest

from contracts.music.score import ChordEvent, Note, Part, Role, Score, Section
from services.mixer.delivery import bundle, cutting, splicing
from services.mixer.delivery.bars import Bars, Piece
from services.mixer.delivery.leads import lead_parts

RATE = 48_000
FORMS = {
    "pop": [("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("bridge", 8), ("chorus", 8), ("outro", 4)],
    "house": [("intro", 16), ("groove", 16), ("breakdown", 16), ("build", 8), ("drop", 16), ("outro", 16)],
    "tune": [("head", 12), ("solo", 24), ("head", 12)],
    "nameless": [("a", 16), ("b", 16), ("c", 16)],
}


def make_score(form, bpm=120.0, meter="4/4", ending="natural", tempo_map=()):
    """Chords over a beat; every section plays its own figure, the choruses one more than the verses."""
    score = Score(tempo_bpm=bpm, meter=meter, tempo_map=tempo_map, key="A minor", tail_s=2.0, ending=ending)
    ticks, bar, sections, melody, bass = score.meter_value.ticks_per_bar, 1, {}, [], []
    for number, (label, bars) in enumerate(form):
        energy = {"chorus": 0.9, "drop": 1.0, "c": 0.9, "intro": 0.3}.get(label, 0.5)
        chords = tuple(ChordEvent(bar=bar + i, beat=1, symbol=("Am", "F", "C", "G")[i % 4]) for i in range(bars))
        sections[f"s{number}_{label}"] = Section(label=label, start_bar=bar, bars=bars, energy=energy, key="A minor", chords=chords)
        pitch = 60 + sum(map(ord, label)) % 12
        for i in range(bars):
            start = (bar - 1 + i) * ticks
            melody += [Note(start + step, 200, pitch + (i % 4) * 2, 90) for step in range(0, ticks, ticks // 4)]
            bass.append(Note(start, ticks - 200, 36 + (i % 4), 90))
        bar += bars
    parts = {
        "melody": Part(role=Role.MELODY, instrument="flute", notes=tuple(melody)),
        "bass": Part(role=Role.BASS, instrument="bass_guitar", notes=tuple(bass)),
    }
    return score.model_copy(update={"sections": sections, "parts": parts})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("bpm", "meter"), [(84.0, "4/4"), (128.0, "4/4"), (100.0, "3/4"), (70.0, "6/8")])
@pytest.mark.parametrize("target_s", [30.0, 60.0])
def test_an_edit_begins_with_a_section_has_the_hook_and_keeps_its_length(form, bpm, meter, target_s):
    """Within a bar of its length, whole bars in the song's order, the hook in it; it ends with the song or at a bar line."""
    score = make_score(FORMS[form], bpm, meter)
    bars = Bars(score)
    cut = cutting.edit(bars, target_s)
    assert cut is not None
    bar_s = score.meter_value.bar_seconds(bpm)
    assert abs(cut.length_s - target_s) <= bar_s + 1e-6
    whole = sum(piece.bars for piece in cut.pieces) * bar_s + (2.0 if cut.rings else 0.0)
    assert whole == pytest.approx(cut.length_s)
    assert cut.pieces[0].first in bars.starts
    assert any(bars.hooks[piece.first - 1 + i] for piece in cut.pieces for i in range(piece.bars))
    assert all(1 <= piece.first < piece.end <= score.bars + 1 for piece in cut.pieces)
    assert not cut.rings or cut.pieces[-1].end == score.bars + 1
    joins = [(one, other) for one, other in zip(cut.pieces, cut.pieces[1:], strict=False) if one.end != other.first]
    assert all(one.end in bars.ends or (one.end - one.first) % 4 == 0 for one, _ in joins)


def test_a_song_that_is_no_longer_than_the_edit_is_not_cut():
    """Ten seconds cannot become thirty; neither can 30 s and a bar."""
    assert cutting.edit(Bars(make_score([("chorus", 4)])), 30.0) is None
    assert cutting.edit(Bars(make_score([("verse", 8), ("chorus", 7)])), 30.0) is None


def test_an_edit_of_a_song_without_an_end_fades():
    """What is cut off, or goes round, has no last chord to end with."""
    cut = cutting.edit(Bars(make_score(FORMS["pop"], ending="cut")), 30.0)
    assert cut is not None
    assert not cut.rings or len(cut.pieces) == 1


def test_a_loop_is_found_where_the_song_itself_goes_round():
    """Eight bars of a chorus that is followed by what it begins with; nothing is held over its seam."""
    bars = Bars(make_score([("intro", 4), ("verse", 8), ("chorus", 16), ("outro", 4)]))
    turn = cutting.loop(bars)
    assert turn is not None
    assert (turn.piece.bars, turn.likeness) == (8, 1.0)
    assert {bars.labels[bar - 1] for bar in range(turn.piece.first, turn.piece.end)} == {"chorus"}


def test_bars_whose_tempo_drifts_give_no_loop():
    """A free tempo has no two bars alike in length: there is nothing to go round in."""
    drift = tuple((bar * 3840, 80.0 + 3 * (bar % 7)) for bar in range(16))
    assert cutting.loop(Bars(make_score([("verse", 16)], 80.0, tempo_map=drift))) is None


def sustained(seconds, hz=331.7):
    """A tone that no bar line divides, [2, samples]."""
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def bend(audio):
    """The largest second difference: what a click is made of."""
    return float(np.abs(np.diff(audio, 2, axis=1)).max())


def test_joins_do_not_click_and_keep_their_place():
    """A tone cut anywhere bends at a join as two of them would (equal power); a cut without crossfade bends fifty times more."""
    audio, spans = sustained(4.0), [(0, 50_003), (90_007, 130_011), (150_000, 190_000)]
    smooth = splicing.spliced(audio, np.zeros_like(audio), spans, RATE)
    rough = np.concatenate([audio[:, first:end] for first, end in spans], axis=1)
    assert smooth.shape == rough.shape
    assert bend(smooth) < 1.5 * bend(audio)
    assert bend(rough) > 50 * bend(audio)
    after = 50_003 + round(splicing.DRY_AFTER_S * RATE)
    assert np.array_equal(smooth[:, after : after + 1000], audio[:, 90_007:91_007])


def test_what_adjoins_runs_on():
    """Two pieces that follow each other in the song are the song."""
    audio = sustained(1.0)
    assert np.array_equal(splicing.spliced(audio, 0 * audio, [(0, 10_000), (10_000, 40_000)], RATE), audio[:, :40_000])


def test_a_crossfade_of_two_noises_keeps_their_power():
    """Equal power: the level of what does not correlate neither dips nor swells."""
    noise = np.random.default_rng(1).standard_normal((2, 8 * RATE)).astype(np.float32)
    joined = splicing.spliced(0 * noise, noise, [(0, 2 * RATE), (5 * RATE, 7 * RATE)], RATE)
    at, width = 2 * RATE, round(0.02 * RATE)
    inside = joined[:, at - width : at + 4 * width]
    assert inside.std() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("first", [0, 30_000])
def test_a_turn_goes_round_without_a_step(first):
    """The wrap bends as the tone does, from the song's beginning too, where nothing lies before it."""
    audio = sustained(3.0)
    turn = splicing.turned(audio, 0 * audio, (first, first + 60_007), RATE)
    assert turn.shape == (2, 60_007)
    assert bend(np.concatenate([turn[:, -4000:], turn[:, :4000]], axis=1)) < 1.5 * bend(audio)
    assert bend(np.concatenate([audio[:, first + 56_007 : first + 60_007], audio[:, first : first + 4000]], axis=1)) > 5 * bend(audio)


def test_the_lead_is_who_carries_the_tune_and_who_doubles_it():
    """A counter-melody of its own is none; one that plays the tune an octave above is; a score without a tune has nobody."""
    score = make_score(FORMS["pop"])
    tune = score.parts["melody"].notes
    octave = Part(role=Role.COUNTER, instrument="flute", notes=tuple(n._replace(pitch=n.pitch + 12) for n in tune[:40]))
    own = Part(role=Role.COUNTER, instrument="oboe", notes=tuple(n._replace(pitch=n.pitch + 5) for n in tune[:40]))
    assert lead_parts(score.model_copy(update={"parts": {**score.parts, "double": octave, "counter": own}})) == ["melody", "double"]
    assert lead_parts(score.model_copy(update={"parts": {"bass": score.parts["bass"]}})) == []


def test_pieces_span_their_bars_to_the_sample():
    """Bar lines by the tempo map, rounded to the nearest sample."""
    bars = Bars(make_score(FORMS["pop"], 93.0))
    assert splicing.span(bars, Piece(3, 5), RATE) == (round(2 * 4 * 60 / 93 * RATE), round(4 * 4 * 60 / 93 * RATE))


def test_the_archive_is_stored_dated_1980_and_the_same_again(tmp_path):
    """Its members are the files, unpacked; README.txt tells tempo, key and who plays."""
    stem = tmp_path / "bass.wav"
    stem.write_bytes(bytes(range(256)) * 40)
    score = make_score(FORMS["pop"], 93.5)
    text = bundle.readme(bundle.Facts("Song", 93.5, "A minor", "4/4", RATE, 1000), ["bass", "return_hall"], score)
    for name in ("a.zip", "b.zip"):
        bundle.write_zip(tmp_path / name, text, {"stems/bass.wav": stem})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {(one.compress_type, one.date_time[0]) for one in archive.infolist()} == {(zipfile.ZIP_STORED, 1980)}
        assert archive.read("stems/bass.wav") == stem.read_bytes()
        readme = archive.read("README.txt").decode()
    assert all(words in readme for words in ("93.5 bpm", "A minor", "bass guitar (bass)", "shared effect"))
