"""The further versions of the song: loudness and peaks, bars, the seam of a loop, and what is in the archive."""

import hashlib
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf

from contracts.report import Check, Relation
from contracts.sound import edition_file
from services.qa.asked import Asked
from services.qa.checks.levels import (
    LOUDNESS_TOLERANCE_LU,
    NULL_DBFS,
    TRUE_PEAK_TOLERANCE_DB,
    floored_db,
    integrated_lufs,
    true_peak_linear,
)
from services.qa.delivered import Delivered, file_digest
from services.qa.listening import Heard
from services.qa.reading import read_audio

Array = npt.NDArray[np.float32]

EDITS = ("edit_30", "edit_60")
BY_LEAD = ("instrumental", "lead")
NOT_MADE = "not_made"
MOST_STEP, MOST_FLUX = 1.0, 1.25
SHORT_S, SHORT_TOLERANCE_LU = 10.0, 0.3
"""Two meters place their windows differently: of four seconds of drums they read 0.11 LU apart, of a song 0.04."""
_FRAME, _HOP = 512, 64
_ROUNDING = 0.001


def check_editions(heard: Heard, delivered: Delivered, asked: Asked) -> tuple[Check, ...]:
    """Every edition that was asked for is there, or the reason is told; each is what it says."""
    if not asked.editions:
        return ()
    sounds = {name: _read(delivered, name) for name in asked.editions if name != "stems_zip"}
    there = {name: audio for name, audio in sounds.items() if audio is not None}
    found = (
        _check_all(heard, delivered, asked, there),
        _check_bars(heard, delivered, asked, there),
        _check_lead(heard, asked, there),
        _check_seam(heard, asked, there),
        _check_zip(delivered, asked),
    )
    return tuple(check for check in found if check is not None)


def _read(delivered: Delivered, name: str) -> Array | None:
    path = delivered.further.get(edition_file(name))
    return read_audio(path)[0] if path else None


def _facts(asked: Asked, name: str) -> dict[str, Any]:
    return asked.told.get(name, {})


def _check_all(heard: Heard, delivered: Delivered, asked: Asked, there: dict[str, Array]) -> Check:
    """There, 24 bits at the master's rate, under the ceiling, edits on target."""
    wrong, said = [], []
    for name in asked.editions:
        if NOT_MADE in _facts(asked, name):
            said.append(f"{name} not made: {_facts(asked, name)[NOT_MADE]}")
        elif edition_file(name) not in delivered.further:
            wrong.append(f"{name} missing")
        elif name in there:
            words, bad = _measured(heard, delivered.further[edition_file(name)], there[name], name, asked)
            said.append(words)
            wrong += bad
    return Check(
        name="editions",
        asked=len(asked.editions),
        measured=len(asked.editions) - len({one.split()[0] for one in wrong}),
        unit="editions",
        relation=Relation.AT_LEAST,
        passed=not wrong,
        how="each is there or its absence has a reason; 24 bits, loudness by pyloudnorm, true peak by soxr",
        note="; ".join(wrong or said) or None,
    )


def _measured(heard: Heard, path: Path, audio: Array, name: str, asked: Asked) -> tuple[str, list[str]]:
    shape, facts = sf.info(path), _facts(asked, name)
    loudness = integrated_lufs(audio, heard.rate_hz)
    peak = floored_db(true_peak_linear(audio, heard.rate_hz))
    wrong = []
    if (shape.samplerate, shape.subtype, shape.channels) != (heard.rate_hz, "PCM_24", 2):
        wrong.append(f"{name} is {shape.subtype} at {shape.samplerate} Hz")
    if not facts.get("whole") and peak > asked.ceiling_dbtp + TRUE_PEAK_TOLERANCE_DB:
        wrong.append(f"{name} has a true peak of {peak} dBTP")
    told = facts.get("loudness_lufs")
    room = LOUDNESS_TOLERANCE_LU if audio.shape[1] >= SHORT_S * heard.rate_hz else SHORT_TOLERANCE_LU
    if told is not None and math.isfinite(loudness) and abs(loudness - float(told)) > room:
        wrong.append(f"{name} has {loudness:.2f} LUFS and says {told}")
    free = facts.get("whole") or facts.get("limited_by_ceiling") or not math.isfinite(loudness)
    if name in EDITS and not free and abs(loudness - asked.target_lufs) > LOUDNESS_TOLERANCE_LU:
        wrong.append(f"{name} has {loudness:.2f} LUFS")
    return f"{name} {audio.shape[1] / heard.rate_hz:.2f} s, {loudness:.2f} LUFS, {peak:.2f} dBTP", wrong


def _check_bars(heard: Heard, delivered: Delivered, asked: Asked, there: dict[str, Array]) -> Check | None:
    """Edits are within a bar of their length, and each piece of theirs is the master's between two bar lines."""
    score, off, said = delivered.score, 0.0, []
    edits = [name for name in EDITS if name in there]
    if not edits:
        return None
    bad: list[str] = []
    for name in edits:
        facts, audio = _facts(asked, name), there[name]
        if facts.get("whole"):
            said.append(f"{name}: {facts.get('note', 'the whole song')}")
            if audio.shape != heard.audio.shape:
                bad.append(f"{name} is not the whole song")
            continue
        off = max(off, abs(audio.shape[1] / heard.rate_hz - float(facts["asked_s"])))
        said.append(f"{name}: bars " + ", ".join(f"{first} to {last}" for first, last in facts["bars"]))
        bad += _pieces_off(heard, audio, facts, name, [score.seconds_at(score.bar_tick(bar)) for bar in range(1, score.bars + 2)])
    return Check(
        name="edits_on_bars",
        asked=round(asked.bar_s, 3),
        measured=round(off, 3),
        unit="s",
        relation=Relation.AT_MOST,
        passed=not bad and off <= asked.bar_s + _ROUNDING,
        how="largest distance of an edit from its length, at most a bar; each piece equals master.wav between its bar lines",
        note="; ".join(bad or said),
    )


def _pieces_off(heard: Heard, audio: Array, facts: dict[str, Any], name: str, lines_s: list[float]) -> list[str]:
    """Pieces whose middle is not the master's, at the place where their bars say."""
    rate, bad = heard.rate_hz, []
    at = int(facts["lead_in_samples"])
    for first, last in facts["bars"]:
        start, end = round(lines_s[first - 1] * rate), round(lines_s[last] * rate)
        middle, width = (end - start) // 3, min(rate // 4, (end - start) // 4)
        one = audio[0, at + middle : at + middle + width].astype(np.float64)
        other = heard.audio[0, start + middle : start + middle + width].astype(np.float64)
        size = float(np.linalg.norm(one) * np.linalg.norm(other))
        if size > 1e-9 and float(one @ other) / size < 0.98:
            bad.append(f"{name}: bars {first} to {last} are not there")
        at += end - start
    return bad


def _check_lead(heard: Heard, asked: Asked, there: dict[str, Array]) -> Check | None:
    """Instrumental and lead sum to the record, once the gain that a ceiling took from one of them is given back."""
    if any(name not in there for name in BY_LEAD):
        return None
    rest = heard.audio.astype(np.float64)
    for name in BY_LEAD:
        if there[name].shape != heard.audio.shape:
            return _lead_check(None)
        rest -= there[name] * 10 ** (-float(_facts(asked, name).get("gain_db", 0.0)) / 20)
    return _lead_check(floored_db(float(np.abs(rest).max(initial=0.0))))


def _lead_check(measured: float | None) -> Check:
    return Check(
        name="lead_null",
        asked=NULL_DBFS,
        measured=measured,
        unit="dBFS",
        relation=Relation.AT_MOST,
        passed=measured is not None and measured <= NULL_DBFS,
        how="largest sample of master.wav minus instrumental and lead",
        note=None if measured is not None else "their lengths differ from the master's",
    )


def _check_seam(heard: Heard, asked: Asked, there: dict[str, Array]) -> Check | None:
    """The loop's wrap is no louder a step, and no stronger an attack, than the loop itself has."""
    if "loop" not in there:
        return None
    loop = there["loop"]
    step = seam_step(loop)
    flux = seam_flux(loop, heard.rate_hz, float(_facts(asked, "loop").get("quarters", 0.0)))
    return Check(
        name="loop_seam",
        asked=MOST_STEP,
        measured=round(step, 3),
        relation=Relation.AT_MOST,
        passed=step <= MOST_STEP and flux <= MOST_FLUX,
        how="step from the loop's last sample to its first over the largest step inside; its attack there beside those on its beats",
        note=f"spectral flux at the seam {flux:.2f} of the strongest beat's",
    )


def seam_step(loop: Array) -> float:
    """Step over the wrap relative to the largest step between neighbours inside; 0 for silence."""
    largest = np.abs(np.diff(loop, axis=1)).max(axis=1)
    steps = np.abs(loop[:, 0] - loop[:, -1])
    return float(np.max(steps / np.maximum(largest, 1e-9))) if loop.any() else 0.0


def seam_flux(loop: Array, rate_hz: int, quarters: float) -> float:
    """Rise of the spectrum around the wrap relative to the strongest rise around a beat inside; 0 for silence."""
    mono = loop.mean(axis=0)
    count = round(quarters) if quarters >= 2 else 8
    around = rate_hz // 25
    turned = np.concatenate([mono[-2 * around :], mono, mono[: 2 * around]])
    places = [2 * around + round(k * mono.size / count) for k in range(count)]
    rises = [_rise(turned[place - around : place + around]) for place in places]
    strongest = max(rises[1:], default=0.0)
    return rises[0] / strongest if strongest > 0 else 0.0


def _rise(part: Array) -> float:
    """Largest half-wave rectified difference of magnitudes from one short window to the next."""
    window = np.hanning(_FRAME)
    frames = np.lib.stride_tricks.sliding_window_view(part, _FRAME)[::_HOP] * window
    magnitudes = np.sqrt(np.abs(np.fft.rfft(frames, axis=1)))
    return float(np.maximum(np.diff(magnitudes, axis=0), 0).sum(axis=1).max(initial=0.0))


def _check_zip(delivered: Delivered, asked: Asked) -> Check | None:
    """The archive holds the very stems, and says tempo and key."""
    name = edition_file("stems_zip")
    if "stems_zip" not in asked.editions or name not in delivered.further:
        return None
    wrong: list[str] = []
    same = 0
    try:
        with zipfile.ZipFile(delivered.further[name]) as archive:
            facts = (delivered.score.key, f"{delivered.score.tempo_bpm:g}")
            readme = archive.read("README.txt").decode() if "README.txt" in archive.namelist() else ""
            wrong += [f"README.txt does not say {text}" for text in facts if text not in readme]
            wrong += [f"{one.filename} is packed" for one in archive.infolist() if one.compress_type != zipfile.ZIP_STORED]
            for stem, path in delivered.stems.items():
                member = f"stems/{stem}.wav"
                if member in archive.namelist() and _digest_of(archive, member) == file_digest(path):
                    same += 1
                else:
                    wrong.append(f"{member} is missing or another one")
    except (zipfile.BadZipFile, OSError) as error:
        wrong.append(str(error))
    return Check(
        name="stems_zip",
        asked=len(delivered.stems),
        measured=same,
        unit="stems",
        relation=Relation.AT_LEAST,
        passed=not wrong,
        how="sha256 of each member of stems.zip against the file in stems/; README.txt",
        note="; ".join(wrong) or None,
    )


def _digest_of(archive: zipfile.ZipFile, member: str) -> str:
    with archive.open(member) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # reads like a file
