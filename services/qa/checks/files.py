"""Checks between the delivered files: stems against the master, the FLAC, the MP3, and whether every part is heard."""

from pathlib import Path

import numpy as np
import soundfile as sf

from contracts.music.score import Score
from contracts.report import Check, Relation
from services.qa.checks.levels import NULL_DBFS, floored_db, true_peak_linear
from services.qa.listening import Heard
from services.qa.reading import read_audio

MP3_PEAK_DBTP = 0.0
MP3_PADDING_S = 0.1
SILENT_STEM_DBFS = -80.0


def check_null(heard: Heard) -> Check | None:
    """The stems sum to the master: the largest difference at most −80 dBFS, and all of one length."""
    if heard.null_peak is None:
        return None
    measured = floored_db(heard.null_peak)
    return Check(
        name="stems_null",
        asked=NULL_DBFS,
        measured=measured,
        unit="dBFS",
        relation=Relation.AT_MOST,
        passed=measured <= NULL_DBFS and heard.lengths_match,
        how=f"largest sample of master.wav minus the sum of its {len(heard.stems)} stems, from the 24-bit files",
        note=None if heard.lengths_match else "a stem differs from the master in length",
    )


def check_stems_heard(heard: Heard, score: Score) -> Check | None:
    """Every part that has notes has a stem that sounds."""
    playing = [name for name, part in score.parts.items() if part.notes]
    if not heard.stems or not playing:
        return None
    missing = [name for name in playing if name not in heard.stems or floored_db(heard.stems[name].peak) <= SILENT_STEM_DBFS]
    return Check(
        name="stems_heard",
        asked=len(playing),
        measured=len(playing) - len(missing),
        unit="parts",
        relation=Relation.AT_LEAST,
        passed=not missing,
        how=f"stems of parts with notes whose peak passes {SILENT_STEM_DBFS:.0f} dBFS",
        note=f"silent: {', '.join(missing)}" if missing else None,
    )


def check_flac(heard: Heard, path: Path | None) -> Check | None:
    """The FLAC holds the very samples of the WAV."""
    if path is None:
        return None
    largest, start = 0.0, 0
    with sf.SoundFile(path) as file:
        same = file.frames == heard.audio.shape[1] and file.samplerate == heard.rate_hz and file.channels == heard.audio.shape[0]
        while same and start < file.frames:
            block = file.read(1 << 19, dtype="float32", always_2d=True).T
            largest = max(largest, float(np.abs(block - heard.audio[:, start : start + block.shape[1]]).max(initial=0.0)))
            start += block.shape[1]
    return Check(
        name="flac",
        asked=0.0,
        measured=largest if same else None,
        unit="full scale",
        relation=Relation.AT_MOST,
        passed=same and largest == 0.0,
        how="largest difference between master.flac and master.wav",
        note=None if same else "length, rate or channels differ",
    )


def check_mp3(heard: Heard, path: Path | None) -> Check | None:
    """The decoded MP3 does not pass full scale between samples, and is as long as the master."""
    if path is None:
        return None
    audio, rate_hz = read_audio(path)
    measured = floored_db(true_peak_linear(audio, rate_hz))
    same_length = abs(audio.shape[1] / rate_hz - heard.duration_s) <= MP3_PADDING_S
    return Check(
        name="mp3_peak",
        asked=MP3_PEAK_DBTP,
        measured=measured,
        unit="dBTP",
        relation=Relation.AT_MOST,
        passed=measured <= MP3_PEAK_DBTP and same_length,
        how="true peak of master.mp3, decoded and oversampled 4×",
        note=None if same_length else f"{audio.shape[1] / rate_hz:.2f} s long, the master {heard.duration_s:.2f} s",
    )
