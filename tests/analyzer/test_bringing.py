"""What is brought together: MIDI, a voice and taps in one, in the stated order; what would do harm is refused within limits."""

import time

import numpy as np
import pytest
import soundfile as sf

from contracts.context import Options
from contracts.errors import BadInput
from services.analyzer import bringing
from services.analyzer.bringing import bring
from tests.midi_files import midi_bytes

TUNE = [(i * 1.0, 0.9, 62 + (0, 2, 4, 7)[i % 4], 90) for i in range(32)]
CHORDS = [(bar * 4.0, 3.9, pitch, 70) for bar in range(8) for pitch in (50, 54, 57)]
TAPS = tuple(0.5 + i * 60 / 96 + (0.02 if i % 2 else 0.0) for i in range(16))


def song(**how) -> tuple[bytes, str]:
    """Eight bars of tune and chords at 111."""
    return midi_bytes([("tune", 0, 0, TUNE), ("chords", 1, 0, CHORDS)], tempos=((0, 111.0),), key="D", **how), "tune.mid"


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    """Four sung tones, a second each."""
    path = tmp_path_factory.mktemp("voice") / "hum.wav"
    t = np.arange(22_050) / 22_050
    swell = np.minimum(1, 12 * np.minimum(t, 0.93 - t).clip(0))
    tones = [np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) * swell for pitch in (60, 64, 67, 65)]
    sf.write(path, 0.4 * np.concatenate(tones), 22_050)
    return path


def test_a_file_leads_taps_give_the_feel() -> None:
    """The file's tempo and meter stand over the taps', whose groove is kept; both are told."""
    given = bring(Options(), song(), None, TAPS)
    assert given is not None
    assert (given.tempo_bpm, given.meter, given.source) == (111, "4/4", "midi")
    assert given.groove is not None
    assert any("111 bpm stand over the taps' 9" in note for note in given.notes)


def test_taps_are_counted_in_the_meter_of_the_file() -> None:
    """A waltz's taps are bars of three, even ones too."""
    given = bring(Options(), song(meters=((0, 3, 4),)), None, tuple(0.5 * i for i in range(13)))
    assert given is not None
    assert given.meter == "3/4"
    assert given.groove is not None
    assert max(tick for tick, _ in given.groove.onsets) < 3 * 960 * given.groove.bars


def test_a_voice_sings_over_the_chords_of_a_file(voice) -> None:
    """The melody is the hummed one, the chords are the file's, the tempo the file's; taps give the feel: all at once."""
    given = bring(Options(), song(), voice, TAPS)
    assert given is not None
    assert given.part("melody").name == "hummed"
    assert given.part("chords").notes
    assert len([part for part in given.parts if part.role == "melody"]) == 1
    assert (given.tempo_bpm, given.source) == (111, "midi")
    assert given.groove is not None
    assert any("the melody is the hummed one" in note for note in given.notes)


def test_options_are_the_grid_of_what_has_none(voice) -> None:
    """A stated meter and tempo stand over voice and taps."""
    given = bring(Options(meter="3/4", bpm=60), None, voice, TAPS)
    assert given is not None
    assert given.meter == "3/4"
    assert any("60 bpm was stated" in note for note in given.notes)


def test_a_file_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four megabytes of notes: refused by its number of notes or by the time it takes, never later than that."""
    monkeypatch.setattr(bringing, "READING_S", 3.0)
    flood = b"\x00\x90\x3c\x40" + b"\x00\x3c\x40" * 1_398_000
    data = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk" + len(flood).to_bytes(4, "big") + flood
    before = time.monotonic()
    with pytest.raises(BadInput, match=r"flood\.mid.*(no answer within 3 s|more than 100000 notes)") as refused:
        bring(Options(), (data, "flood.mid"), None, ())
    assert refused.value.field == "midi"
    assert time.monotonic() - before < 10
