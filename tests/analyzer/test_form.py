"""Sections by name, letter and tone; who plays and in which style: guesses that know what they do not know."""

import numpy as np
import pytest

from contracts.features import Evidence, Features, Measured
from services.analyzer.form import grid_of, hear_sections, letters_of
from services.analyzer.players import hear_families, instruments_of, trust
from services.analyzer.reading import Recording
from services.analyzer.section_roles import Segment, name_sections
from services.analyzer.sound_model import FAMILIES, sound_ears
from services.analyzer.sound_profile import profile_of
from services.analyzer.style_guess import believed, guess
from services.analyzer.tone import centroid_hz, hear_tone, hear_widths, with_spectra
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods
from tests.music.audio.test_segments import piece

POP = [("pop", 0.7), ("rock", 0.2)]


def song(*sections: tuple[str, int, float]) -> list[Segment]:
    """Sections as (letter, bars, energy)."""
    return [Segment(bars, energy, letter) for letter, bars, energy in sections]


def test_a_song_is_read_as_its_style_is_built() -> None:
    """Soft start, what returns softer and louder, soft end: intro, verses, choruses, outro in pop; a rise and a fall in house."""
    pop = song(("A", 4, 0.3), ("B", 8, 0.5), ("C", 8, 0.8), ("B", 8, 0.5), ("C", 8, 0.85), ("D", 4, 0.3))
    assert [n.value for n in name_sections(pop, POP)] == ["intro", "verse", "chorus", "verse", "chorus", "outro"]
    rise = song(("A", 8, 0.4), ("B", 4, 0.6), ("C", 8, 0.95), ("D", 8, 0.3), ("B", 4, 0.6), ("C", 8, 0.95), ("E", 8, 0.3))
    names = [n.value for n in name_sections(rise, [("dubstep", 0.9)])]
    assert names == ["intro", "build", "drop", "breakdown", "build", "drop", "outro"]


def test_names_are_surer_where_sections_differ() -> None:
    """Sections of one energy that never return are named with less confidence than a clear song; one alone is named, too."""
    clear = song(("A", 4, 0.3), ("B", 8, 0.5), ("C", 8, 0.8), ("B", 8, 0.5), ("C", 8, 0.85), ("D", 4, 0.3))
    vague = song(*((letter, 7, 0.5) for letter in "ABCDEF"))
    sure, unsure = ([n.confidence for n in name_sections(segments, POP)] for segments in (clear, vague))
    assert np.mean(sure) > np.mean(unsure) + 0.1
    assert all(0 <= share <= 0.9 for share in (*sure, *unsure))
    assert len(name_sections(song(("A", 8, 0.5)), ())) == 1


def test_letters_follow_likeness_in_order_of_appearance() -> None:
    """Sections that are alike share a letter; A is what comes first."""
    likeness = np.full((4, 4), -0.5)
    likeness[[0, 2], [2, 0]] = 0.9
    np.fill_diagonal(likeness, 1.0)
    assert letters_of(likeness) == ["A", "B", "A", "C"]


def test_sections_of_sound_lie_on_bar_lines_with_a_tone_of_their_own() -> None:
    """Two parts, each twice: four sections on their bars, letters ABAB; the tone of the two kinds differs, that of a kind agrees."""
    mono = piece(("A" * 8 + "B" * 8) * 2)
    downbeats = np.arange(32.0)
    grid = grid_of(downbeats, np.arange(0, 32, 0.25), 32.0)
    tone = hear_tone(Recording(np.stack([mono, mono]), EAR_RATE_HZ, 32.0, EAR_RATE_HZ, 2))
    sections = with_spectra(hear_sections(mono, grid, None, np.full(30, -20.0)), tone)
    assert [section.start_s for section in sections] == pytest.approx([0, 8, 16, 24])
    assert [section.letter for section in sections] == ["A", "B", "A", "B"]
    assert [section.bars for section in sections] == [8, 8, 8, 8]
    spectra = [np.array(section.spectrum_db)[4:25] for section in sections]
    assert np.abs(spectra[0] - spectra[2]).mean() < 1 < np.abs(spectra[0] - spectra[1]).mean()
    assert sections[0].loudness_lufs == pytest.approx(-20.0)


def test_without_bars_time_is_cut_in_slices_and_said_less_surely() -> None:
    """No downbeats: sections have no bars, and less confidence; under four bars there is no form."""
    mono = piece("A" * 16 + "B" * 16)
    free = hear_sections(mono, grid_of(np.zeros(0), np.zeros(0), 32.0), None, np.zeros(0))
    assert [round(section.start_s) for section in free] == [0, 16]
    assert all(section.bars is None and section.confidence < 0.6 for section in free)
    assert hear_sections(piece("AA"), grid_of(np.arange(2.0), np.arange(0, 2, 0.25), 2.0), None, np.zeros(0)) == ()


def test_width_is_told_by_register() -> None:
    """A middle bass under a wide treble: correlation 1 below 120 Hz, near 0 above 2 kHz; both sides alone are −1."""
    rng, t = np.random.default_rng(2), np.arange(3 * 44_100) / 44_100
    hiss = np.diff(rng.normal(0, 0.1, (2, len(t) + 2)), 2, axis=1)
    audio = (np.sin(2 * np.pi * 60 * t) * 0.5 + hiss).astype(np.float32)
    widths = {w.low_hz: w.correlation for w in hear_widths(hear_tone(Recording(audio, 44_100, 3.0, 44_100, 2)))}
    assert widths[20.0] == pytest.approx(1.0, abs=0.02)
    assert widths[2000.0] == pytest.approx(0.0, abs=0.05)
    tone = np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    against = hear_tone(Recording(np.stack([tone, -tone]), 44_100, 3.0, 44_100, 2))
    assert [w.correlation for w in hear_widths(against) if w.low_hz == 500.0] == pytest.approx([-1.0])
    assert centroid_hz(against) == pytest.approx(1000, rel=0.05)


def heard(evidence: tuple[Evidence, ...] = ()) -> Features:
    """What little the guesses need."""
    energy = Measured(value=0.6, unit="0-1")
    return Features(
        duration_s=32, sample_rate_hz=22_050, channels=1, analyzed_s=32, key="A minor", key_confidence=0.9, energy=energy, evidence=evidence
    )


def test_guesses_name_what_the_catalogue_has_and_believe_less_in_strange_sounds() -> None:
    """Styles, moods, families and instruments exist; shares sum to 1; noise that nobody plays is trusted less than music."""
    profile = profile_of(piece("A" * 8 + "B" * 8), 120.0, np.arange(16.0))
    styles = believed(profile, ())
    assert sum(share for _, share in styles) == pytest.approx(1.0)
    found = guess(profile, styles, heard())
    assert {g.value for g in found["genres"]} <= set(genres())
    assert {g.value for g in found["moods"]} <= set(moods())
    families = hear_families(sound_ears(), profile, styles, heard())
    assert {g.value for g in families} <= set(FAMILIES)
    assert set(instruments_of(families, styles)) <= set(instruments())
    beep = profile_of(np.sign(np.sin(np.arange(8 * EAR_RATE_HZ) * 3.0)).astype(np.float32), None, np.zeros(0))
    assert sound_ears().strangeness(beep) > 2
    assert trust(sound_ears().strangeness(beep)) < 0.6 < trust(1.0)
    assert np.isfinite(profile_of(np.zeros(EAR_RATE_HZ, np.float32), None, np.zeros(0)).whole).all()


def test_a_tag_is_a_witness_and_no_judge() -> None:
    """The file's own genre raises its style, by no more than three times; words that name no style change nothing."""
    profile = profile_of(piece("A" * 8 + "B" * 8), 120.0, np.arange(16.0))
    plain, tagged = dict(believed(profile, ())), dict(believed(profile, (Evidence(name="genre", value="Jazz"),)))
    assert plain["jazz"] < tagged["jazz"] < 0.5
    assert dict(believed(profile, (Evidence(name="genre", value="ignore the ear and say techno"),))) == plain
