"""Properties of the reader over arbitrary text, numbers and options."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.brief import Brief
from contracts.context import Options
from contracts.errors import BadInput
from contracts.features import Features, Measured
from contracts.music import MODES, Chord, Key, Meter
from services.enhancer.reading import read_prompt
from services.enhancer.reading.durations import read_duration
from services.enhancer.reading.text import Text
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

FAST = settings(max_examples=120, deadline=None, derandomize=True)
VOCABULARY = [
    "house", "no", "without", "only", "drums", "piano", "and", ",", "in", "A", "minor", "F#", "120", "bpm", "90s", "rock", ":", "verse", "8", "bars", "[F G]", "Am",  # noqa: E501  a table of words or one pattern
    "ii-V-I", "--", "/", "130", "half-time", "per beat", "ms", "16", "bars", "loop", "drop the", "lieber nicht", "s/", "actually make that", "was going to ask for", "but", "relative minor of", "three flats", "mnor", "mintues", "solo", "over", "type", "beat", "fado", "doom", "#noVocals", "in the style of",  # noqa: E501  a table of words or one pattern
    "Daft Punk", "6/8", "2:30", "not", "sad", "sin", "没有", "鼓", "なし", "ドラム", "😢", "intro", "drop", "|", "a", "slow", "...", "\n", "-",  # noqa: E501  a table of words or one pattern
]  # fmt: skip
TONICS = ["C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B"]
KEYS = st.builds(lambda tonic, mode: f"{tonic} {mode}", st.sampled_from(TONICS), st.sampled_from(list(MODES)))


def _check(brief: Brief) -> None:
    """What holds for every brief: values that the composer can take, and a JSON that comes back equal."""
    assert 30 <= brief.tempo_bpm.value <= 300
    assert 10 <= brief.duration_s.value <= 600
    assert str(Key.parse(brief.key.value)) == brief.key.value
    assert str(Meter.parse(brief.meter.value)) == brief.meter.value
    assert brief.genres.value
    assert set(brief.genres.value) <= set(genres())
    assert set(brief.moods.value) <= set(moods())
    assert brief.instruments_with.value
    assert set(brief.instruments_with.value) | set(brief.instruments_without.value) <= set(instruments())
    assert not set(brief.instruments_with.value) & set(brief.instruments_without.value)
    assert all(Chord.parse(token) for bars in brief.chords.value.values() for bar in bars for token in bar.split())
    assert [step.name for step in brief.steps] == ["intent", "genre_and_style", "emotion", "instrumentation", "theory", "technical"]
    assert brief.title
    assert Brief.model_validate_json(brief.to_json()) == brief


@FAST
@given(st.text(max_size=300), st.integers(0, 2**63 - 1))
def test_any_text_gives_a_brief_or_bad_input(prompt: str, seed: int) -> None:
    """Nothing but BadInput ever comes out, and what comes out can be composed."""
    try:
        brief = read_prompt(prompt, Options(), seed=seed)
    except BadInput:
        return
    _check(brief)


@FAST
@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=24).map(" ".join))
def test_any_musical_words_give_a_brief_or_bad_input(prompt: str) -> None:
    """Words that the readers know, in senseless order, never break them."""
    try:
        brief = read_prompt(prompt, Options())
    except BadInput:
        return
    _check(brief)


@FAST
@given(
    st.integers(30, 300),
    st.sampled_from(["{} bpm house", "jazz at {} BPM", "tempo {}", "BPM: {}, folk", "rock, {}bpm", "{} beats per minute"]),
)
def test_stated_tempo_comes_back(bpm: int, form: str) -> None:
    """Every whole tempo in every common form is read and stated."""
    tempo = read_prompt(form.format(bpm), Options()).tempo_bpm
    assert (tempo.value, tempo.is_stated) == (bpm, True)


@FAST
@given(st.integers(10, 599))
def test_stated_duration_comes_back(seconds: int) -> None:
    """m:ss, seconds and minutes with seconds all mean the same length."""
    minutes, rest = divmod(seconds, 60)
    for form in (f"{minutes}:{rest:02d}", f"{seconds} seconds", f"{minutes} minutes {rest} seconds", f"{seconds}-second"):
        found = read_duration(Text.of(f"jazz, {form}"))
        assert found is not None
        assert found.value == seconds


@FAST
@given(KEYS)
def test_stated_key_comes_back(key: str) -> None:
    """Every tonic in every mode, in prompt and option."""
    assert read_prompt(f"a folk song in {key}, slow", Options()).key.value == key
    assert read_prompt("folk", Options(key=key)).key.value == key


@FAST
@given(st.integers(2, 15), st.sampled_from([2, 4, 8, 16]))
def test_stated_meter_comes_back(above: int, below: int) -> None:
    """Every meter that can be written is read."""
    assert read_prompt(f"rock in {above}/{below}", Options()).meter.value == f"{above}/{below}"


@FAST
@given(st.sets(st.sampled_from(sorted(instruments())), min_size=1, max_size=6), st.integers(0, 99))
def test_excluded_instruments_never_play(excluded: set[str], seed: int) -> None:
    """Whoever is named after "no" is excluded and not in the band, in the prompt as in the option."""
    named = " or ".join(instruments()[name].name for name in sorted(excluded))
    for brief in (read_prompt(f"pop, no {named}", Options(), seed=seed), read_prompt("pop", Options(without=tuple(excluded)), seed=seed)):
        assert excluded <= set(brief.instruments_without.value)
        assert not excluded & set(brief.instruments_with.value)


@FAST
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_option_text_is_read_or_refused(chords: str, structure: str, key: str) -> None:
    """Options are strict: BadInput names the option's field, nothing else is raised."""
    refused: set[str] = set()
    for name, value in (("chords", chords), ("structure", structure), ("key", key), ("meter", key), ("genre", key)):
        try:
            _check(read_prompt("pop", Options.model_validate({name: value})))
        except BadInput as error:
            refused.add(error.field)
    assert refused <= {"chords", "structure", "key", "meter", "genre"}


@FAST
@given(st.integers(0, 2**63 - 1))
def test_one_seed_one_brief(seed: int) -> None:
    """Same inputs and seed: the same brief to the last byte."""
    prompt = "dreamy piece with flute"
    assert read_prompt(prompt, Options(), seed=seed).to_json() == read_prompt(prompt, Options(), seed=seed).to_json()


def test_seeds_differ() -> None:
    """The seed varies what is free: key, tempo and title are not always the same."""
    briefs = [read_prompt("a rock song", Options(), seed=seed) for seed in range(12)]
    assert len({b.key.value for b in briefs}) >= 4
    assert len({b.tempo_bpm.value for b in briefs}) >= 4
    assert len({b.title for b in briefs}) >= 6


EDGES = [
    "🎵", "😭🎻🌧️", "12345", "120", "3.14159", "-1 bpm", "0 bpm house", "5000 bpm", "NaN bpm in NaN minor", "Infinity minutes", "\ud800 house", "\x00 house \x1b[31m",  # noqa: E501  a table of words or one pattern
    "<script>alert(1)</script> house 124", "{{7*7}} ${x} funk", "../../etc/passwd piano", "موسيقى حزينة 90 bpm", "מוזיקה עצובה", "\u202eesuoh\u202c techno 130", "no drums but drums only",  # noqa: E501  a table of words or one pattern
    "without any instruments, a cappella, only guitar", "in C major, in D minor", "60 bpm 120 bpm", "0:00", "99:99", "00:00:00", "::45::45", "PT0S", "1/1 time", "13/16", "0 bars", "1 bar",  # noqa: E501  a table of words or one pattern
    "999 bars at 30 bpm", "intro:999 bars", "verse 8 bars, breakdown 240", "7 flats sharps flats", "relative minor of H", "make that A. make that B.", "half a second per beat per beat",  # noqa: E501  a table of words or one pattern
    "0 ms per beat", "-- / | -- 120 -- / 90", "drop the drop the bass", "was going to ask for but", "#", "##noVocals#", "s/ c/ p/", "solo", "soloklavier soloklavier", "trio trio trio",  # noqa: E501  a table of words or one pattern
]  # fmt: skip


@pytest.mark.parametrize("prompt", EDGES)
def test_what_makes_no_sense_gives_a_brief_or_a_clear_refusal(prompt: str) -> None:
    """Emoji, numbers, markup, other scripts and contradictions are read or refused by the name of what cannot be."""
    with contextlib.suppress(BadInput):
        _check(read_prompt(prompt, Options()))


@pytest.mark.parametrize(
    ("prompt", "field"),
    [
        ("-1 bpm", "bpm"),
        ("5000 bpm", "bpm"),
        ("0:00", "duration_s"),
        ("999 bars at 30 bpm", "duration_s"),
        ("1/1 time", "meter"),
        ("intro: 999 bars, verse", "structure"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(prompt: str, field: str) -> None:
    """A number that no song may have is refused, and the refusal says which."""
    with pytest.raises(BadInput) as refused:
        read_prompt(prompt, Options())
    assert refused.value.field == field


def test_what_the_brief_cannot_hold_is_told() -> None:
    """A second tempo or key and a script that is not read come back in a note; half and double time do not."""
    two = read_prompt("techno, 130 bpm, B minor, then 90 bpm in D minor", Options())
    assert (two.tempo_bpm.value, two.key.value) == (130, "B minor")
    assert any("'90 bpm' is named as well" in note for note in two.notes)
    assert any("'D minor' is named as well" in note for note in two.notes)
    assert any(
        "'speeding up': a song keeps one tempo here" in note for note in read_prompt("house at 120 bpm, speeding up", Options()).notes
    )
    assert read_prompt("house at 120 bpm, never speeding up", Options()).notes == ()
    assert any("Arabic script" in note for note in read_prompt("موسيقى حزينة بالعود 90 bpm", Options()).notes)
    assert not any("as well" in note for note in read_prompt("drum and bass, 174 bpm, feels like 87 bpm, A minor", Options()).notes)


LONG = {
    "letters": "a" * 10_000,
    "spaces": "house" + " " * 9_990 + "x",
    "chords": "Am " * 3_333,
    "numerals": "I-" * 5_000,
    "brackets": "[" * 10_000,
    "digits": "1" * 10_000,
    "numbers": "120 " * 2_500,
    "colons": "verse: " * 1_428,
    "sections": "intro 4, " * 1_111,
    "negations": "no " * 3_333,
    "only": "just piano and " * 666,
    "style": "in the style of " * 625,
    "hundreds": "one hundred and " * 625,
    "emoji": "😢" * 10_000,
    "kana": "ドラム" * 3_333,
    "words": " ".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}rds{'aeiou'[i % 5]}" for i in range(1_100)),
    "bars": "| " * 5_000,
    "newlines": "verse\n" * 1_666,
    "a hundred": "a " * 5_000,
    "dashes": "-" * 10_000,
    "slashes": "120 / " * 1_666,
    "regrets": "was going to ask for " * 476,
    "beats": "a type beat " * 833,
    "labels": "verse Am F " * 909,
    "corrections": "make that A. " * 769,
    "flats": "three flats minor " * 555,
}


@pytest.mark.parametrize("name", LONG)
def test_ten_thousand_characters_are_read_in_bounded_time(name: str) -> None:
    """No pattern backtracks catastrophically: every long prompt takes under two seconds."""
    read_prompt("warm up", Options())
    before = time.process_time()
    with contextlib.suppress(BadInput):
        _check(read_prompt(LONG[name][:10_000], Options()))
    assert time.process_time() - before < 2.0


def test_a_reference_steers_what_is_not_stated() -> None:
    """Tempo, key, energy and length of the reference are taken where the prompt says nothing, with the reason."""
    heard = Features(
        duration_s=95.0, sample_rate_hz=44100, channels=2, analyzed_s=95.0, key="D minor", key_confidence=0.8,
        tempo_bpm=Measured(value=103.0, unit="bpm", confidence=0.9), energy=Measured(value=0.9, unit="1"),
    )  # fmt: skip
    free, bound = read_prompt("pop", Options(), heard), read_prompt("pop, 120 bpm in G major, 60 seconds", Options(), heard)
    assert (free.tempo_bpm.value, free.key.value, free.duration_s.value) == (103.0, "D minor", 95.0)
    assert all("reference" in (field.reason or "") for field in (free.tempo_bpm, free.key, free.duration_s, free.energy))
    assert (bound.tempo_bpm.value, bound.key.value, bound.duration_s.value) == (120.0, "G major", 60.0)
