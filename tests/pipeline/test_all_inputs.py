"""A reference, MIDI, a voice, taps, a picture, words and options in one request: heard, seen, read, and settled in the stated order."""

import re

import numpy as np
import pytest
import soundfile as sf

from contracts.context import Context, Options, Request
from services.analyzer.work import analyze
from services.enhancer.work import ideate
from services.runtime.workbench import Workbench
from tests.analyzer import pictures
from tests.analyzer.test_hearing import music
from tests.midi_files import midi_bytes

TAPS = tuple(0.4 + i * 60 / 96 for i in range(12))


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """Files: a recording of 10 s at 100 in C, a tune with chords at 111 in D, four hummed tones, a night."""
    folder = tmp_path_factory.mktemp("brought")
    sf.write(folder / "reference.wav", music(10), 44_100)
    tune = [(i * 1.0, 0.9, 62 + (0, 2, 4, 7)[i % 4], 90) for i in range(32)]
    chords = [(bar * 4.0, 3.9, pitch, 70) for bar in range(8) for pitch in (50, 54, 57)]
    (folder / "tune.mid").write_bytes(midi_bytes([("tune", 0, 0, tune), ("chords", 1, 0, chords)], tempos=((0, 111.0),), key="D"))
    t = np.arange(22_050) / 22_050
    swell = np.minimum(1, 12 * np.minimum(t, 0.93 - t).clip(0))
    sf.write(folder / "hum.wav", 0.4 * np.concatenate([np.sin(2 * np.pi * hz * t) * swell for hz in (293.7, 329.6, 370.0, 440.0)]), 22_050)
    (folder / "night.png").write_bytes(pictures.coded(pictures.night()))
    return folder


def test_seven_inputs_are_one_brief(store, brought, tmp_path) -> None:
    """Options give the meter, words the style, the file tempo and key, the voice the melody, taps the feel; the rest is heard and seen."""
    kept = {
        name: store.put_file(f"uploads/{file}", brought / file, media)
        for name, file, media in (
            ("reference", "reference.wav", "audio/wav"), ("midi", "tune.mid", "audio/midi"), ("hum", "hum.wav", "audio/wav"),
            ("image", "night.png", "image/png"),
        )
    }  # fmt: skip
    request = Request(prompt="house", seed=1, options=Options(meter="4/4", separate="none"), taps=TAPS, **kept)
    bench = Workbench(store, tmp_path, lambda *_: None)
    made = ideate(analyze(Context(composition_id="c", job_id="j", seq=0, created_at=0, request=request), bench), bench)
    analysis, brief = made.analysis, made.ideation.brief
    assert analysis.features.tempo_bpm.value == pytest.approx(100, abs=1)
    assert analysis.picture.text == "dark and blue"
    assert (brief.meter.evidence, brief.genres.evidence) == ("meter=4/4", "house")
    assert (brief.tempo_bpm.value, brief.key.value) == (111, "D major")
    assert brief.tempo_bpm.evidence == brief.key.evidence == "the MIDI file tune.mid"
    told = "\n".join(brief.notes)
    assert "the melody is the hummed one, chords and rhythm are the file's" in told
    assert "111 bpm stand over the taps' 96" in told
    assert re.search(r"The reference has (99|100)\.\d BPM.*settled by the MIDI file tune\.mid", told)
    assert "The picture is dark and blue" in told
    topics = {decision.topic for decision in made.ai_decisions}
    assert {"reference", "picture", "brought", "note"} <= topics
