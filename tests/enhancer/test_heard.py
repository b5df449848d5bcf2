"""A reference says what the words leave open: tempo, key, meter, style, form, players, sound; nothing stated is overruled."""

import pytest

from contracts.context import Options
from contracts.features import DrumVoice, Features, Guess, HeardChord, HeardDrums, HeardSection, Measured
from contracts.music import Meter
from services.enhancer.reading import read_prompt
from services.enhancer.reading.pointing import beside_reference
from services.enhancer.reading.steps import fields

BAR_S = 2.0
ROWS = (
    ("intro", "A", 4, 0.3),
    ("verse", "B", 8, 0.5),
    ("chorus", "C", 8, 0.9),
    ("verse", "B", 8, 0.5),
    ("chorus", "C", 8, 0.95),
    ("outro", "D", 4, 0.2),
)


def sections(rows=ROWS):
    at, out = 0.0, []
    for label, letter, bars, energy in rows:
        out.append(HeardSection(start_s=at, end_s=at + bars * BAR_S, label=label, letter=letter, bars=bars, energy=energy, confidence=0.7))
        at += bars * BAR_S
    return tuple(out)


def heard(**changes) -> Features:
    """A house record of forty bars at 120, in D minor."""
    known = {
        "duration_s": 82.0, "sample_rate_hz": 44_100, "channels": 2, "analyzed_s": 82.0,
        "tempo_bpm": Measured(value=120.02, unit="bpm", confidence=0.9), "key": "D minor", "key_confidence": 0.8,
        "meter": "4/4", "meter_confidence": 0.8, "sections": sections(), "genres": (Guess(value="house", confidence=0.7),),
        "families": (Guess(value="drums", confidence=0.95), Guess(value="bass", confidence=0.9), Guess(value="synth", confidence=0.8)),
        "instruments": ("drum_kit", "synth_bass", "synthesizer"), "downbeats_s": tuple(BAR_S * i for i in range(41)),
    }  # fmt: skip
    return Features(**{**known, **changes})


def test_a_reference_fills_the_brief_with_its_reasons() -> None:
    """All that was heard is inferred, with "heard in the reference" and the ear's own confidence; 120.02 BPM are a machine's 120."""
    brief = read_prompt("make something like this", Options(), heard())
    assert (brief.tempo_bpm.value, brief.key.value, brief.meter.value, brief.genres.value) == (120, "D minor", "4/4", ("house",))
    assert brief.key.confidence == 0.8
    assert not any(field.is_stated for field in fields(brief).values())
    for field in (brief.tempo_bpm, brief.key, brief.meter, brief.genres, brief.structure, brief.instruments_with):
        assert "heard in the reference" in (field.reason or "")
    assert [s.bars for s in brief.structure.value] == [bars for _, _, bars, _ in ROWS]
    played = [s.energy or 0 for s in brief.structure.value]
    assert played[5] <= played[0] < played[1] == played[3] < played[2] < played[4]
    assert max(played) == 0.9
    assert brief.duration_s.value == pytest.approx(40 * BAR_S + 2, abs=0.01)
    assert set(brief.instruments_with.value) >= {"drum_kit", "synth_bass", "synthesizer"}


def test_words_and_options_win_over_the_reference() -> None:
    """Each stated fact stands, whatever was heard."""
    options = Options(key="A major", structure="intro:4,verse:8,chorus:8")
    brief = read_prompt("like this, but jazz in 3/4 at 90 bpm with a piano, happy", options, heard())
    assert (brief.tempo_bpm.value, brief.meter.value, brief.key.value, brief.genres.value) == (90, "3/4", "A major", ("jazz",))
    assert [s.label for s in brief.structure.value] == ["intro", "verse", "chorus"]
    assert brief.instruments_with.value == ("acoustic_piano",)
    assert all(f.is_stated for f in (brief.tempo_bpm, brief.meter, brief.key, brief.genres, brief.structure, brief.instruments_with))


@pytest.mark.parametrize(("bpm", "sure", "prompt", "expected"), [
    (87.0, 0.5, "drum and bass like this", 174.0),
    (87.0, 0.95, "drum and bass like this", 87.0),
    (160.0, 0.5, "boom bap like this", 80.0),
    (100.0, 0.3, "like this", 100.0),
])  # fmt: skip
def test_an_unsure_octave_is_counted_as_the_style_counts(bpm, sure, prompt, expected) -> None:
    """Only where a style is known and the ear is not sure, and only by an octave."""
    features = heard(tempo_bpm=Measured(value=bpm, unit="bpm", confidence=sure), genres=())
    assert read_prompt(prompt, Options(), features).tempo_bpm.value == pytest.approx(expected, rel=0.02)


def test_slower_and_in_minor_are_meant_against_the_reference() -> None:
    """A word of tempo moves the heard tempo by at most 15 %; a mode keeps the heard tonic."""
    slower = read_prompt("something like this but slower", Options(), heard())
    assert 102 <= slower.tempo_bpm.value < 120
    assert slower.tempo_bpm.evidence == "slower"
    assert read_prompt("like this, in a major key", Options(), heard()).key.value == "D major"


@pytest.mark.parametrize("seconds", [20, 34, 50, 62, 75, 90, 120, 180, 300])
def test_a_form_is_scaled_to_the_asked_length(seconds) -> None:
    """The bars fill the duration to the bar; the highest section and, from a minute on, verse and chorus stay; pairs of bars inside."""
    brief = read_prompt("like this", Options(duration_s=seconds), heard())
    plan = brief.structure.value
    bar_s = Meter.parse(brief.meter.value).bar_seconds(brief.tempo_bpm.value)
    assert sum(s.bars or 0 for s in plan) == round((seconds - min(2.0, 0.15 * seconds)) / bar_s)
    assert max(s.energy or 0 for s in plan) == pytest.approx(0.9, abs=0.08)
    labels = [s.label for s in plan]
    assert seconds < 60 or {"intro", "outro"} <= set(labels)
    odd = [s for s in plan if (s.bars or 0) % 2 and s.label not in ("intro", "outro")]
    assert len(odd) <= (2 if seconds < 40 else 1)


POINTING = (
    "make something like this", "Something like this one, please", "a song in the same style", "similar to the attached reference track",
    "hazme algo así", "algo como esta canción", "so etwas wie das hier", "im gleichen Stil", "quelque chose comme ça", "dans le même style",
    "faz algo parecido com isso", "algo assim", "qualcosa del genere", "做一首像这样的歌", "类似这首歌", "こんな感じの曲", "これみたいな曲",
)  # fmt: skip


@pytest.mark.parametrize("prompt", POINTING)
def test_words_that_only_point_carry_nothing_else(prompt) -> None:
    """In seven languages: nothing is stated, no instrument and no mood is read out of them."""
    brief = read_prompt(prompt, Options(), heard())
    assert [name for name, field in fields(brief).items() if field.is_stated] == []
    assert brief.genres.value == ("house",)


def test_what_stands_beside_the_pointing_words_is_read() -> None:
    """Of the same length, so that evidence keeps its place."""
    prompt = "make something like this, but with a trumpet and no drums"
    assert len(beside_reference(prompt)) == len(prompt)
    brief = read_prompt(prompt, Options(), heard())
    assert brief.instruments_with.value == ("trumpet",)
    assert "drum_kit" in brief.instruments_without.value


def chords():
    """Dm for two bars, then Bb and C for a bar each, again and again."""
    out, at = [], 0.0
    while at < 80:
        for symbol, bars in (("Dm", 2), ("Bb", 1), ("C", 1)):
            out.append(HeardChord(start_s=at, end_s=at + bars * BAR_S, symbol=symbol, confidence=0.9))
            at += bars * BAR_S
    return tuple(out)


def test_chords_are_taken_only_when_asked_for() -> None:
    """Never by themselves; asked for they come section by section, moved to the song's key."""
    assert read_prompt("make something like this", Options(), heard(chords=chords())).chords.value == {}
    asked = read_prompt("like this with the same chords", Options(), heard(chords=chords())).chords
    assert asked.value["verse"][:4] == ("Dm", "Dm", "Bb", "C")
    assert asked.evidence == "the same chords"
    moved = read_prompt("like this with the same chords", Options(key="E minor"), heard(chords=chords())).chords
    assert moved.value["verse"][:4] == ("Em", "Em", "C", "D")
    assert read_prompt("like this, but not the same chords", Options(), heard(chords=chords())).chords.value == {}


def test_measures_become_words_of_production() -> None:
    """A dark, wide record without a top and with a beat is heard as such; words of the user's stand alone."""
    hz = tuple(1000 * 2 ** (i / 3) for i in range(-16, 13))
    level = tuple(-14.0 - (45.0 if f > 7000 else 0.0) - 4.5 * max(f - 400, 0) ** 0.0 * (f > 2500) * 3 for f in hz)
    drums = HeardDrums(steps_per_bar=16, bars=40, voices={"kick": DrumVoice(per_bar=4)}, confidence=0.8)
    features = heard(spectrum_hz=hz, spectrum_db=level, side_db=(-3.0,) * len(hz), drums=drums)
    found = read_prompt("like this", Options(), features).production
    assert {"dark mix", "lo-fi", "wide"} <= set(found.value)
    assert "dB" in (found.reason or "")
    assert read_prompt("like this, but bright", Options(), features).production.value == ("bright",)
