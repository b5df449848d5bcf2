"""Any inputs together: the one that stands higher in the stated order settles each field, and the losers are told.

The order: an edited brief, options, words, what was brought as notes, a recording, a picture, taste and what is usual.
"""

from itertools import combinations
from typing import Any

import pytest

from contracts.brief import Brief
from contracts.context import Options
from contracts.features import Features, Guess, Measured, PictureFeatures
from contracts.given import Given, GivenPart
from contracts.music import Note
from services.enhancer.enhancing import Brought, enhanced

ORDER = ("edited", "options", "words", "brought", "reference", "picture")
REFERENCE = Features(
    duration_s=100, sample_rate_hz=44_100, channels=2, analyzed_s=100, tempo_bpm=Measured(value=96, unit="bpm", confidence=0.9),
    key="E major", key_confidence=0.8, meter="3/4", meter_confidence=0.8, energy=Measured(value=0.9, unit="0-1"),
    valence=Measured(value=0.9, unit="0-1", confidence=0.7), genres=(Guess(value="rock", confidence=0.7),),
    moods=(Guess(value="happy", confidence=0.7),),
)  # fmt: skip
MIDI = Given(
    source="midi", name="tune.mid", tempo_bpm=111, meter="5/4", key="D major", bars=8,
    parts=(GivenPart(role="melody", notes=(Note(0, 960, 62, 90),)),),
)  # fmt: skip
NIGHT = PictureFeatures(
    width_px=240, height_px=240, brightness=0.1, contrast=0.2, colourfulness=0.2, warmth=-0.3, texture=0.0, valence=0.1, energy=0.2,
    tempo_bpm=70, mode="minor", timbre=("dark mix",), moods=("lonely",), genres=("ambient",), text="dark and blue",
)  # fmt: skip
SAYS: dict[str, dict[str, Any]] = {
    "edited": {"tempo_bpm": 131.0, "key": "B minor", "meter": "7/8", "genres": ("funk",), "moods": ("epic",)},
    "options": {"tempo_bpm": 77.0, "key": "G minor", "meter": "6/8", "genres": ("jazz",), "moods": ("tender",)},
    "words": {"tempo_bpm": 120.0, "key": "F minor", "meter": "4/4", "genres": ("house",), "moods": ("sad",)},
    "brought": {"tempo_bpm": 111.0, "key": "D major", "meter": "5/4"},
    "reference": {"tempo_bpm": 96.0, "key": "E major", "meter": "3/4", "genres": ("rock",), "moods": ("happy",)},
    "picture": {"genres": ("ambient",), "moods": ("lonely",)},
}
TOLD = {
    "edited": "the edited brief",
    "options": "the options",
    "words": "the words",
    "brought": "the MIDI file tune.mid",
    "reference": "the reference",
}


def read(*sources: str) -> Brief:
    """The brief of a request that holds these."""
    said = SAYS["options"]
    options: dict[str, Any] = {}
    if "options" in sources:
        options = {"bpm": 77, "key": said["key"], "meter": said["meter"], "genre": "jazz", "moods": ["tender"]}
    if "edited" in sources:
        options["brief"] = {name: list(value) if isinstance(value, tuple) else value for name, value in SAYS["edited"].items()}
    brought = Brought(
        features=REFERENCE if "reference" in sources else None,
        given=MIDI if "brought" in sources else None,
        picture=NIGHT if "picture" in sources else None,
    )
    prompt = "sad house in F minor, 4/4, 120 bpm" if "words" in sources else "a song"
    return enhanced(prompt, Options.model_validate(options), brought, seed=3).brief


@pytest.mark.parametrize("pair", list(combinations(ORDER, 2)), ids="+".join)
def test_of_two_the_higher_settles_what_it_speaks_of(pair: tuple[str, str]) -> None:
    """Every pair of sources: the higher one's values stand, and what it leaves open is the lower one's."""
    high, low = pair
    brief = read(high, low)
    for name, value in SAYS[high].items():
        assert getattr(brief, name).value == value, name
    for name in SAYS[low].keys() - SAYS[high].keys():
        assert getattr(brief, name).value == SAYS[low][name], name
    if low in ("reference", "picture") and high in TOLD:
        assert any(TOLD[high] in note and "settled by" in note for note in brief.notes), brief.notes


def test_all_at_once() -> None:
    """Six sources: the edited brief alone decides, and both that were only heard or seen are told to have lost to it."""
    brief = read(*ORDER)
    for name, value in SAYS["edited"].items():
        assert getattr(brief, name).value == value
        assert getattr(brief, name).is_stated
    assert any(note.startswith("The reference has 96.0 BPM, E major") and "the edited brief" in note for note in brief.notes)
    assert any(note.startswith("The picture is dark and blue") for note in brief.notes)
    assert any("tune.mid has 111 BPM; 131 was asked for" in note for note in brief.notes)


def test_each_gives_what_those_above_leave_open() -> None:
    """Words name the style, the MIDI file tempo and key, the recording the mood and energy, the picture the sound."""
    options = Options(meter="4/4")
    brief = enhanced("house", options, Brought(REFERENCE, MIDI.model_copy(update={"meter": None}), picture=NIGHT), seed=3).brief
    assert brief.genres.value == ("house",)
    assert (brief.tempo_bpm.value, brief.key.value, brief.meter.value) == (111, "D major", "4/4")
    assert brief.moods.value == ("happy",)
    assert brief.production.value == ("dark mix",)
    assert [note for note in brief.notes if note.startswith("The picture")] == [
        (
            "The picture is dark and blue; it gives sound; tempo and key are settled by the MIDI file tune.mid, style by the words, "
            "mood, energy and valence by the reference."
        )
    ]


def test_a_picture_alone_is_a_guess_with_its_reason() -> None:
    """Inferred, never stated, each with the picture in words; low valence and energy, slow in the style's range, minor."""
    brief = read("picture")
    for name in ("tempo_bpm", "key", "genres", "moods", "energy", "valence", "production"):
        field = getattr(brief, name)
        assert not field.is_stated
        assert "the picture is dark and blue" in (field.reason or "")
        assert field.confidence < 0.6
    assert brief.energy.value < 0.3
    assert brief.valence.value < 0.35
    assert brief.tempo_bpm.value < 65
    assert "minor" in brief.key.value


def test_words_of_feeling_and_pace_leave_a_picture_the_sound_alone() -> None:
    """Asked for happy, not sad or fast: a dark picture does not darken what is asked to be bright."""
    for prompt in ("a happy song", "a song, not sad"):
        with_picture, without = (enhanced(prompt, Options(), Brought(picture=p), seed=3).brief for p in (NIGHT, None))
        assert with_picture.moods.value == without.moods.value
    happy = enhanced("a happy fast pop song", Options(), Brought(picture=NIGHT), seed=3).brief
    plain = enhanced("a happy fast pop song", Options(), Brought(), seed=3).brief
    same = ("tempo_bpm", "key", "energy", "valence", "genres", "moods")
    assert {name: getattr(happy, name) for name in same} == {name: getattr(plain, name) for name in same}


def test_what_the_ear_said_against_a_recording_is_told_with_the_brief() -> None:
    """A silent reference gives nothing, and the brief says why."""
    silent = Features(
        duration_s=8, sample_rate_hz=44_100, channels=1, analyzed_s=8, notes=("The file is silent: nothing could be heard in it.",)
    )
    notes = enhanced("a song", Options(), Brought(silent), seed=1).brief.notes
    assert "The reference: The file is silent: nothing could be heard in it." in notes
