"""Options are stated facts: they win over the prompt, and what cannot be is refused with field, value and what is allowed."""

from typing import Any

import pytest

from contracts.context import Options
from contracts.errors import BadInput
from services.enhancer.reading import read_prompt
from services.music.packs.instruments import instruments


def test_options_win_over_the_prompt() -> None:
    """Every option overrules the prompt's words for its field."""
    options = Options(
        bpm=100, key="D dorian", meter="3/4", genre="jazz", moods=("sad",), duration_s=24, instruments=("flute",), without=("drums",),
        energy=0.1, valence=0.9, chords="I IV V I", structure="intro:4,head:8",
    )  # fmt: skip
    brief = read_prompt("happy house, 124 bpm, F minor, 4/4, 2:00, with drums and piano, verse: Am F", options)
    assert (brief.tempo_bpm.value, brief.key.value, brief.meter.value, brief.duration_s.value) == (100, "D dorian", "3/4", 24)
    assert (brief.genres.value, brief.moods.value, brief.instruments_with.value) == (("jazz",), ("sad",), ("flute",))
    assert (brief.energy.value, brief.valence.value) == (0.1, 0.9)
    assert brief.chords.value == {"all": ("D", "G", "A", "D")}
    assert [(s.label, s.bars) for s in brief.structure.value] == [("intro", 4), ("head", 8)]
    assert set(brief.instruments_without.value) == {"drum_kit", "percussion"}


def test_options_are_marked_as_stated() -> None:
    """The evidence names the option."""
    brief = read_prompt("pop", Options(bpm=100, genre="deep house"))
    assert (brief.tempo_bpm.evidence, brief.genres.evidence, brief.genres.value) == ("bpm=100", "genre=house", ("house",))


@pytest.mark.parametrize(
    ("given", "field", "hint"),
    [
        ({"key": "H major"}, "key", "A–G"),
        ({"key": "in a minute"}, "key", "A–G"),
        ({"meter": "4/5"}, "meter", "6/8"),
        ({"genre": "hous"}, "genre", "Did you mean house"),
        ({"genre": "nonesuch"}, "genre", "lofi_hip_hop"),
        ({"moods": ("hapy",)}, "moods", "happy"),
        ({"instruments": ("hurdy gurdy",)}, "instruments", "acoustic_guitar"),
        ({"without": ("xylofoon",)}, "without", "violin"),
        ({"chords": "Am Fx C"}, "chords", "Fx"),
        ({"chords": "verse: ; chorus: C"}, "chords", "verse"),
        ({"structure": "intro:4,verse:x"}, "structure", "verse:x"),
        ({"structure": "intro:0"}, "structure", "intro:0"),
        ({"structure": "intro:129"}, "structure", "1 to 128"),
        ({"instruments": ("piano",), "without": ("piano",)}, "without", "acoustic_piano"),
        ({"without": tuple(instruments())}, "without", "at least one"),
        ({"structure": "verse:128,chorus:128,bridge:128,outro:128"}, "structure", "600 seconds"),
    ],
)
def test_bad_options_name_field_value_and_what_is_allowed(given: dict[str, Any], field: str, hint: str) -> None:
    """BadInput bears the option's field and says what is possible."""
    with pytest.raises(BadInput) as error:
        read_prompt("pop", Options.model_validate(given))
    assert error.value.field == field
    assert hint in str(error.value)


@pytest.mark.parametrize(
    ("prompt", "field"),
    [
        ("", "prompt"), ("  \n ", "prompt"), ("x" * 10_001, "prompt"), ("house at 5000 bpm", "bpm"), ("rock, 20 bpm", "bpm"), ("a two hour mix", "duration_s"),  # noqa: E501  a table of words or one pattern
        ("a 5 second sting", "duration_s"), ("rock in 4/5 time", "meter"), ("intro 400 bars, verse 8 bars", "structure"),
    ],
)  # fmt: skip
def test_impossible_prompts_are_refused(prompt: str, field: str) -> None:
    """A prompt that states the impossible is refused, with the field."""
    with pytest.raises(BadInput) as error:
        read_prompt(prompt, Options())
    assert error.value.field == field


def test_prompt_of_ten_thousand_characters_is_read() -> None:
    """The limit itself is allowed."""
    assert read_prompt("happy house ".ljust(10_000, "."), Options()).genres.value == ("house",)


def test_enhancement_off_reads_no_words() -> None:
    """With enhance=off only options and the defaults of the style count."""
    brief = read_prompt("sad jazz in F minor at 90 bpm, no drums", Options(enhance="off", genre="house"))
    assert (brief.genres.value, brief.moods.value, brief.instruments_without.value) == (("house",), (), ())
    assert not brief.tempo_bpm.is_stated
    assert 115 <= brief.tempo_bpm.value <= 130


def test_a_structure_with_bars_sets_the_length() -> None:
    """Twenty bars of 4/4 at 120 take 40 s and a tail."""
    assert read_prompt("pop at 120 bpm", Options(structure="intro:4,verse:8,chorus:8")).duration_s.value == pytest.approx(42)


def test_minor_numerals_use_the_keys_own_degrees() -> None:
    """In C minor VI is Ab and bVI too; in D dorian VII is C; a lower-case i alone makes the key minor."""
    assert read_prompt("pop", Options(key="C minor", chords="i VI bVI VII V7")).chords.value["all"] == ("Cm", "Ab", "Ab", "Bb", "G7")
    assert read_prompt("pop", Options(key="D dorian", chords="i VII IV")).chords.value["all"] == ("Dm", "C", "G")
    assert read_prompt("pop, i iv v", Options()).key.value.endswith("minor")


def test_half_diminished_and_shared_bars() -> None:
    """Qualities survive, brackets and bar lines share a bar, % repeats it."""
    brief = read_prompt("jazz in C minor", Options(chords="verse: iiø7 V7 i; chorus: [Fm7 Bb7] Ebmaj7 % G7#9/B"))
    assert brief.chords.value == {"verse": ("Dm7b5", "G7", "Cm"), "chorus": ("Fm7 Bb7", "Ebmaj7", "Ebmaj7", "G7#9/B")}


@pytest.mark.parametrize(
    ("chords", "key", "bars"),
    [
        ("I V7/V V/3 I/3", "C", ("C", "D7", "G/B", "C/E")),
        ("[I V7/vi] vi subV7/I I6/9", "C", ("C E7", "Am", "Db7", "C69")),
        ("i V7/VI VI viio7", "A minor", ("Am", "C7", "F", "G#dim7")),
        ("V7/III III V7/3/iv iv", "A minor", ("G7", "C", "A7/C#", "Dm")),
    ],
)
def test_numerals_with_members_and_targets(chords, key, bars):
    """A member in the bass, an applied dominant, its tritone substitute; targets in minor are the key's own degrees."""
    assert read_prompt("song", Options(chords=chords, key=key)).chords.value == {"all": bars}


@pytest.mark.parametrize(
    ("chords", "at_fault"), [("Iadd V I", "Iadd"), ("I V/V/V I", "V/V/V"), ("I/13", "I/13"), ("verse: C; verse: G", "verse")]
)
def test_what_is_no_numeral_is_named_as_it_was_written(chords, at_fault):
    """The refusal names the field and the token itself, not what it was turned into."""
    with pytest.raises(BadInput) as error:
        read_prompt("song", Options(chords=chords))
    assert (error.value.field, error.value.value) == ("chords", repr(at_fault))


def test_sections_of_ones_own_are_told():
    """A label that nobody knows is kept and told, with the likely meaning; chords without a section are told too."""
    brief = read_prompt("pop", Options(chords="verze: Am F; bridge: C", structure="verze:8,chorus:8"))
    notes = " ".join(brief.notes)
    assert "'verze' is no usual name" in notes
    assert "write verse" in notes
    assert "Chords were given for bridge" in notes
    assert not read_prompt("pop", Options(chords="verse: Am F", structure="verse:8,chorus:8")).notes


def test_a_form_beyond_ten_minutes_is_refused_whatever_the_duration():
    """128 bars at 30 BPM are seventeen minutes: a stated minute does not make them fit."""
    with pytest.raises(BadInput) as error:
        read_prompt("pop", Options(structure="verse:128", bpm=30, duration_s=60))
    assert error.value.field == "structure"


@pytest.mark.parametrize("prompt", ["with a big drop", "start with a bridge and a solo"])
def test_wishes_leave_a_short_song_short(prompt):
    """Three bars hold three sections, the wished ones first."""
    brief = read_prompt(prompt, Options(bpm=61, meter="7/8", duration_s=12))
    assert len(brief.structure.value) <= 3
    assert {s.label for s in brief.structure.value} & {"drop", "bridge"}


def test_effects_alone_are_no_band():
    """A riser alone would be silence: refused, with what is needed."""
    with pytest.raises(BadInput) as error:
        read_prompt("riser only", Options())
    assert error.value.field == "instruments"


def test_structure_and_duration_that_contradict_each_other():
    """Twelve bars do not last twelve seconds: options are refused, an option wins over words, and else the structure is obeyed."""
    with pytest.raises(BadInput) as error:
        read_prompt("pop at 118 bpm", Options(structure="intro:4,verse:8", duration_s=12))
    assert error.value.field == "duration_s"
    assert "about 26 s" in str(error.value)
    words = read_prompt("pop at 118 bpm, intro 4 bars, verse 8 bars", Options(duration_s=12))
    assert (words.duration_s.value, [s.bars for s in words.structure.value]) == (12, [None, None])
    both = read_prompt("pop at 118 bpm, intro 4 bars, verse 8 bars, 12 seconds", Options())
    assert both.duration_s.value == pytest.approx(26.41, abs=0.1)
    assert "the structure is obeyed" in " ".join(both.notes)
    fits = read_prompt("pop at 120 bpm", Options(structure="intro:4,verse:8", duration_s=26))
    assert [s.bars for s in fits.structure.value] == [4, 8]
