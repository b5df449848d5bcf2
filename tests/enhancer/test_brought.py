"""What was brought states facts in the brief, with its name as evidence; words win; lyrics make a form."""

from contracts.context import Options
from contracts.given import Given, GivenPart
from contracts.music import Note, Section
from services.enhancer.reading import read_prompt

TUNE = GivenPart(role="melody", notes=(Note(0, 900, 60, 90), Note(960, 900, 64, 90)))
IDEA = Given(source="midi", name="idea.mid", tempo_bpm=96, meter="6/8", key="Eb major", bars=4, parts=(TUNE,), notes=("read as melody",))
SONG = IDEA.model_copy(update={"bars": 40, "sections": {"verse": Section(label="verse", start_bar=1, bars=40, energy=0.5, key="Eb major")}})
LYRICS = (
    "[Verse]\none more day\nand one more night\n\n[Chorus]\nsing it out\nsing it loud\n\n[Verse]\nlast of all\nwe go home\n\n[Chorus]\n"
)


def test_the_facts_of_a_file_are_stated() -> None:
    """Tempo, key and meter; what it said while it was read is in the notes."""
    brief = read_prompt("a folk song", Options(), given=IDEA)
    assert (brief.tempo_bpm.value, brief.key.value, brief.meter.value) == (96, "Eb major", "6/8")
    assert {f.evidence for f in (brief.tempo_bpm, brief.key, brief.meter)} == {"the MIDI file idea.mid"}
    assert any("read as melody" in note for note in brief.notes)


def test_an_idea_does_not_say_how_long_the_song_is_but_a_song_does() -> None:
    """Forty bars of 6/8 at 96 are fifty seconds and a tail."""
    assert not read_prompt("a folk song", Options(), given=IDEA).duration_s.is_stated
    brief = read_prompt("a folk song", Options(), given=SONG)
    assert brief.duration_s.is_stated
    assert brief.duration_s.value == 52.0


def test_words_and_options_win_and_it_is_said() -> None:
    """An option for the tempo, words for the key."""
    brief = read_prompt("a folk song in A minor", Options(bpm=120), given=SONG)
    assert (brief.tempo_bpm.value, brief.key.value) == (120, "A minor")
    assert any("96 BPM" in note for note in brief.notes)
    assert any("Eb major" in note for note in brief.notes)


def test_lyrics_make_the_form() -> None:
    """Sections in the order of the headings, framed; a heading without lines repeats its words."""
    brief = read_prompt("a pop song", Options(), lyrics=LYRICS)
    assert [s.label for s in brief.structure.value] == ["intro", "verse", "chorus", "verse", "chorus", "outro"]
    assert brief.lyrics is not None
    assert brief.lyrics.value["chorus_1"] == brief.lyrics.value["chorus_2"] == ("sing it out", "sing it loud")


def test_a_stated_form_is_not_touched_by_lyrics() -> None:
    """The user's structure stands; the words find their places in it."""
    brief = read_prompt("a pop song", Options(structure="verse:8,chorus:8,bridge:4,chorus:8"), lyrics=LYRICS)
    assert [(s.label, s.bars) for s in brief.structure.value] == [("verse", 8), ("chorus", 8), ("bridge", 4), ("chorus", 8)]


def test_a_long_song_on_a_short_text_repeats_its_hook() -> None:
    """Three minutes from four stanzas: an instrumental, and the hook again, and no bar too many."""
    brief = read_prompt("a pop song", Options(duration_s=180), lyrics=LYRICS)
    labels = [s.label for s in brief.structure.value]
    assert labels.count("chorus") > 2
    assert brief.duration_s.value == 180
