"""A song is built on what was brought: its notes and chords are in the score, exactly, in their bars."""

import pytest

from contracts.brief import Brief
from contracts.context import Options
from contracts.given import Given, GivenPart
from contracts.music import ChordEvent, Key, Meter, Note, Section
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.composition.building import verbatim_in
from services.generator.composition.harmonising import Harmoniser
from services.generator.composition.retiming import key_shift, moved_to
from services.music.packs.genres import genres
from tests.midi_files import FOLK_TUNE

SEED = 5


def notes_of(pitches, start=0, length=960) -> tuple[Note, ...]:
    return tuple(Note(start + i * length, length - 120, pitch, 96) for i, pitch in enumerate(pitches))


def theme(bars: int = 8) -> Given:
    """Eight bars of a tune in D, or its first ones."""
    tune = GivenPart(role="melody", notes=notes_of(FOLK_TUNE[: 4 * bars]))
    return Given(source="midi", name="t.mid", tempo_bpm=100, meter="4/4", key="D major", bars=bars, parts=(tune,))


def song(bars: int = 32) -> Given:
    """A song with chords and sections of its own."""
    labels = ("intro", "verse", "chorus", "verse")
    sections = {
        f"s{i}": Section(label=label, start_bar=1 + 8 * i, bars=8, energy=0.4 + 0.1 * i, key="D major") for i, label in enumerate(labels)
    }
    chords = tuple(
        ChordEvent(bar=b + 1, beat=beat, symbol=s) for b in range(bars) for beat, s in ((1, "D"), (3, ("G", "A", "Bm", "Em7")[b % 4]))
    )
    tune = GivenPart(role="melody", notes=notes_of(FOLK_TUNE * 3, 8 * 3840))
    return Given(
        source="midi", name="s.mid", tempo_bpm=120, meter="4/4", key="D major", bars=bars, parts=(tune,), chords=chords, sections=sections
    )


def brief_for(given: Given, prompt: str = "a folk song", lyrics: str = "", **options) -> Brief:
    return read_prompt(prompt, Options(**options), seed=SEED, given=given, lyrics=lyrics)


def in_bars(notes, first: int, bars: int) -> list[tuple[int, int, int]]:
    """(start from the first bar, duration, pitch) of the notes of some bars."""
    return [(n.start - first * 3840, n.duration, n.pitch) for n in notes if first <= n.start // 3840 < first + bars]


@pytest.mark.parametrize("prompt", ["a folk song", "jazz trio", "techno", "drum and bass", "a classical piece", "ambient", "bossa nova"])
@pytest.mark.parametrize("bars", [2, 8])
def test_a_theme_is_in_every_hook_note_for_note(prompt: str, bars: int) -> None:
    """Score and performance hold the tune at its ticks wherever a hook begins; the lead may sit octaves away."""
    given = theme(bars)
    brief = brief_for(given, prompt)
    composed = compose(brief, SEED, given=given).score
    played = arrange(composed, brief, SEED, given=given).score
    kept = verbatim_in(composed, given)
    tune = given.parts[0].notes
    first = min(n.start for n in kept)
    shift = sorted(kept)[0].pitch - tune[0].pitch
    assert shift % 12 == 0
    assert {n._replace(start=n.start + first, pitch=n.pitch + shift) for n in tune} <= kept
    assert kept <= set(composed.parts["melody"].notes)
    assert kept <= set(played.parts["melody"].notes)


def test_facts_are_those_of_the_file() -> None:
    """Tempo, meter and key of what was brought are stated facts, with the file as evidence."""
    brief = brief_for(theme())
    assert (brief.tempo_bpm.value, brief.key.value, brief.meter.value) == (100, "D major", "4/4")
    assert all(field.is_stated and "t.mid" in str(field.evidence) for field in (brief.tempo_bpm, brief.key, brief.meter))


def test_words_win_and_the_tune_is_moved() -> None:
    """Another key is asked for: every note moves by the same interval, and a note says so."""
    given = theme()
    brief = brief_for(given, "a folk song in F major at 90 bpm")
    assert (brief.tempo_bpm.value, brief.key.value) == (90, "F major")
    assert any("transposed" in note for note in brief.notes)
    kept = sorted(verbatim_in(compose(brief, SEED, given=given).score, given))
    assert [n.pitch - kept[0].pitch for n in kept[:32]] == [p - FOLK_TUNE[0] for p in FOLK_TUNE]
    assert kept[0].pitch % 12 == 5


def test_chords_of_a_song_are_obeyed_to_the_beat() -> None:
    """Each bar of the song has the brought chords, on their beats, and the form is the song's own."""
    given = song()
    score = compose(brief_for(given), SEED, given=given).score
    assert [(s.label, s.bars) for s in score.sections.values()] == [("intro", 8), ("verse", 8), ("chorus", 8), ("verse", 8)]
    assert [(e.bar, e.beat, e.symbol) for e in score.chord_events()] == [(e.bar, e.beat, e.symbol) for e in given.chords]
    assert in_bars(score.parts["melody"].notes, 8, 24) == in_bars(given.parts[0].notes, 8, 24)


def test_a_longer_song_takes_up_its_sections_again() -> None:
    """Twice the time: the brought bars come first, then returns with the same chords."""
    given = song()
    score = compose(brief_for(given, duration_s=128), SEED, given=given).score
    assert score.bars >= 60
    assert [e.symbol for e in score.chord_events()][:64] == [e.symbol for e in given.chords]
    later = [s for s in score.sections.values() if s.start_bar > 32]
    assert {s.label for s in later} <= {"verse", "chorus"}


def test_a_shorter_song_keeps_verse_and_chorus() -> None:
    """Half the time: the first verse and the chorus stay whole, with their own chords and notes."""
    given = song()
    score = compose(brief_for(given, duration_s=34), SEED, given=given).score
    assert [(s.label, s.bars) for s in score.sections.values()] == [("verse", 8), ("chorus", 8)]
    assert in_bars(score.parts["melody"].notes, 0, 16) == in_bars(given.parts[0].notes, 8, 16)
    assert [e.symbol for e in score.chord_events()] == [e.symbol for e in given.chords if 8 < e.bar <= 24]


def test_a_loop_of_chords_is_under_every_section() -> None:
    """Four bars of chords without a tune: each section plays them from its first bar on."""
    chords = tuple(ChordEvent(bar=i + 1, beat=1, symbol=s) for i, s in enumerate(("Dm", "Bb", "F", "C")))
    part = GivenPart(role="chords", notes=notes_of([62, 65, 69, 62], length=3840))
    given = Given(source="midi", name="c.mid", tempo_bpm=110, meter="4/4", key="D minor", bars=4, parts=(part,), chords=chords)
    score = compose(brief_for(given, "synth pop"), SEED, given=given).score
    for section in score.sections.values():
        assert [e.symbol for e in section.chords] == [("Dm", "Bb", "F", "C")[i % 4] for i in range(section.bars)]


def test_stated_chords_win_over_found_ones() -> None:
    """Chords in words are kept where a tune would have others."""
    given = theme()
    score = compose(brief_for(given, chords="Bm G D A"), SEED, given=given).score
    assert {e.symbol for e in score.chord_events()} <= {"Bm", "G", "D", "A"}


def test_found_chords_carry_the_tune() -> None:
    """A scale-wise tune of known harmony gets chords that hold its strong notes, and ends on the tonic."""
    tune = [Note(i * 960, 900, p, 90) for i, p in enumerate([60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60])]
    chords = Harmoniser(Key.parse("C major"), Meter.parse("4/4"), genres()["pop"].harmony).find(tune, 4)
    assert [e.symbol for e in chords] == ["C", "F", "G", "C"]


def test_the_same_is_the_same_and_another_seed_is_not() -> None:
    """Pure: same arguments, same bytes."""
    given = theme()
    brief = brief_for(given)
    assert compose(brief, 1, given=given).score.to_json() == compose(brief, 1, given=given).score.to_json()
    assert compose(brief, 1, given=given).score.to_json() != compose(brief, 2, given=given).score.to_json()


@pytest.mark.parametrize(
    ("found", "wanted", "shift"),
    [("C major", "D major", 2), ("C major", "A minor", 0), ("A minor", "C minor", 3), ("G major", "C major", 5)],
)
def test_a_key_is_reached_the_shorter_way(found: str, wanted: str, shift: int) -> None:
    """Tonic on tonic in one mode, signature on signature between major and minor."""
    assert key_shift(Key.parse(found), Key.parse(wanted)) == shift


def test_bars_of_another_meter_keep_their_notes() -> None:
    """Four beats in three, and in six eighths: every note is there, in its bar, in order."""
    given = theme()
    for meter in ("3/4", "6/8", "5/4"):
        wanted = Meter.parse(meter)
        notes = moved_to(given, Key.parse("D major"), wanted).parts[0].notes
        assert [n.pitch for n in notes] == list(FOLK_TUNE)
        assert [n.start // wanted.ticks_per_bar for n in notes] == [i // 4 for i in range(32)]
        assert all(n.duration > 0 for n in notes)
