"""An edited brief: what was changed stands over prompt and options, what was left stays as it was read, what cannot be is named."""

import json
from typing import Any

import pytest

from contracts.brief import Source
from contracts.context import Options
from contracts.errors import BadInput
from services.enhancer.enhancing import Brought, enhanced
from services.enhancer.reading.steps import fields
from services.generator.composition.composer import compose

PROMPTS = (
    "sad house in F minor, no vocals, 90 seconds",
    "intro 4 bars, verse 8 bars: ii V I vi, chorus 8 bars, in D dorian, 96 bpm, jazz trio",
    "Bossa in the style of Jobim, dreamy, lo-fi, for a café, 3 minutes, fade out",
    "house with a dubstep bass, drumless, loopable, 6/8",
)
LYRICS = "[Verse]\nThe rain is on the window\nThe night is on the hill\n[Chorus]\nHold on to me"


def _read(prompt: str = "", edited: Any = None, lyrics: str = "", **options: Any) -> Any:
    return enhanced(prompt, Options(brief=edited, **options), Brought(lyrics=lyrics), seed=5).brief


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_brief_that_was_not_edited_is_the_readers(prompt: str) -> None:
    """The whole document given back, with its prompt beside it or without, is the same brief to the last field."""
    read = _read(prompt, lyrics=LYRICS)
    document = json.loads(read.to_json())
    assert _read(prompt, document, lyrics=LYRICS) == read
    assert _read("", document, lyrics=LYRICS) == read


def test_it_gives_the_very_same_song() -> None:
    """The score of an unedited brief is that of the prompt, byte by byte."""
    read = _read(PROMPTS[0])
    again = _read("", json.loads(read.to_json()))
    assert compose(again, 5).score.to_json() == compose(read, 5).score.to_json()


def test_what_was_changed_stands_over_prompt_and_options() -> None:
    """Changed values are stated facts with `edited brief` as their evidence; every other field stays as it was read."""
    read = _read(PROMPTS[0], bpm=124)
    document = json.loads(read.to_json())
    document["tempo_bpm"]["value"] = 100
    document["instruments_without"]["value"] = []
    document["title"] = "My own"
    edited = _read(PROMPTS[0], document, bpm=124)
    assert (edited.tempo_bpm.value, edited.tempo_bpm.source, edited.tempo_bpm.evidence) == (100, Source.STATED, "edited brief")
    assert (edited.instruments_without.value, edited.title) == ((), "My own")
    assert "at 100 BPM" in edited.text
    same = set(fields(read)) - {"tempo_bpm", "instruments_without"}
    assert {name: getattr(edited, name) for name in same} == {name: getattr(read, name) for name in same}


def test_some_fields_alone_lead_the_rest() -> None:
    """Bare values of some fields suffice: the prompt says the others, and what neither says follows the edited ones."""
    edited = _read("sad house in F minor, no drums", {"genres": ["jazz"], "instruments_without": []})
    assert (edited.genres.value, edited.key.value, edited.moods.value) == (("jazz",), "F minor", ("sad",))
    assert "drum_kit" in edited.instruments_with.value
    assert edited.tempo_bpm.value <= 90
    alone = _read("", {"genres": ["jazz"], "tempo_bpm": {"value": 150}})
    assert (alone.genres.value, alone.tempo_bpm.value, alone.tempo_bpm.is_stated) == (("jazz",), 150, True)
    stated = _read("jazz", {"tempo_bpm": _read("jazz").tempo_bpm.value})
    assert stated.tempo_bpm.is_stated, "a bare value is said by the user, even where it was guessed"


def test_a_guess_yields_to_a_flag_beside_it() -> None:
    """What the document itself calls inferred yields to an option that states the field; what it calls stated stands over it."""
    document = json.loads(_read("house, 126 bpm").to_json())
    edited = _read("", document, duration_s=30, bpm=100)
    assert (edited.duration_s.value, edited.duration_s.evidence) == (30, "duration_s=30")
    assert (edited.tempo_bpm.value, edited.tempo_bpm.evidence) == (126, "edited brief")


def test_a_length_that_followed_the_form_follows_the_edited_one() -> None:
    """Where the length came from the bars, it comes from the edited bars and tempo."""
    prompt = "rock at 96 bpm: intro 4 bars, verse 8 bars, chorus 8 bars"
    document = json.loads(_read(prompt).to_json())
    document["tempo_bpm"]["value"] = 192
    assert _read(prompt, document).duration_s.value == pytest.approx(20 * 4 * 60 / 192 + 2, abs=0.01)


@pytest.mark.parametrize(
    ("edited", "field", "allowed"),
    [
        ({"tempo": 100}, "brief.tempo", "tempo_bpm, key"),
        ({"tempo_bpm": -3}, "brief.tempo_bpm", "30 to 300"),
        ({"tempo_bpm": "fast"}, "brief.tempo_bpm", "30 to 300"),
        ({"tempo_bpm": None}, "brief.tempo_bpm", "30 to 300"),
        ({"tempo_bpm": {"value": 100, "sure": 1}}, "brief.tempo_bpm.sure", "confidence, evidence"),
        ({"tempo_bpm": {"value": 100, "source": "god"}}, "brief.tempo_bpm.source", "stated, inferred"),
        ({"key": "H sharp"}, "brief.key", "F minor"),
        ({"meter": "5/3"}, "brief.meter", "4/4"),
        ({"duration_s": 5}, "brief.duration_s", "10 to 600"),
        ({"genres": ["polka-metal"]}, "brief.genres", "house"),
        ({"genres": []}, "brief.genres", "a list of 1 to 8"),
        ({"moods": ["hangry"]}, "brief.moods", "happy"),
        ({"instruments_with": ["kazoo orchestra"]}, "brief.instruments_with", "cello"),
        ({"instruments_with": ["cello"], "instruments_without": ["cello"]}, "brief.instruments_without", "does not ask for"),
        ({"structure": [{"label": "verse", "bars": -4}]}, "brief.structure.0.bars", "1 to 128"),
        ({"structure": "intro:4,verse:8", "duration_s": 300}, "brief.duration_s", "beside this structure"),
        ({"chords": {"verse": ["H7"]}}, "brief.chords", "chord symbols"),
        ({"energy": 1.5}, "brief.energy", "0 to 1"),
        ({"energy": True}, "brief.energy", "0 to 1"),
        ({"use": "war"}, "brief.use", "game"),
        ({"lent": {"triangle": "house"}}, "brief.lent", "bass"),
        ({"ending": "boom"}, "brief.ending", "natural, loop"),
        ({"title": ["x"]}, "brief.title", "a text"),
        ({"lyrics": {"verse": "la"}}, "brief.lyrics.verse", "a list of lines"),
        ({"production": ["<script>"]}, "brief.production", "plain words"),
    ],
)
def test_what_cannot_be_is_refused_by_name(edited: dict[str, Any], field: str, allowed: str) -> None:
    """Unknown fields, impossible values and contradictions raise BadInput with the field, the value and what is allowed."""
    with pytest.raises(BadInput) as refused:
        _read("house, 120 bpm", edited)
    assert refused.value.field == field
    assert allowed in refused.value.allowed
    assert str(refused.value).startswith(f"{field}: ")
