"""Further versions of the song, from the mastered stems: each sounds as the record does."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.music.key import Key
from contracts.music.meter import PPQ
from services.mixer.delivery import cutting, splicing
from services.mixer.delivery.bars import Bars, Piece
from services.mixer.delivery.formats import RESAMPLED_MARGIN_DB
from services.mixer.delivery.record import Record
from services.mixer.delivery.resampling import highest_peak
from services.mixer.delivery.riff import acid, sampler_loop
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import integrated_lufs

Audio = NDArray[np.float32]
Louder = Callable[[Audio, float, float], Audio]

EDITS_S = {"edit_30": 30.0, "edit_60": 60.0}
VERSIONS = {
    "instrumental": "instrumental",
    "lead": "lead only",
    "edit_30": "30-second edit",
    "edit_60": "60-second edit",
    "loop": "loop",
}
FADE_S = 4.5  # a fade takes the last bar, and the one before where both are no longer than this
TARGET_LU = 0.1


@dataclass(frozen=True)
class Asked:
    """Loudness in LUFS and true peak in dBTP that were asked for, and how a sum is limited that cannot be raised by gain alone."""

    target_lufs: float
    ceiling_dbtp: float
    louder: Louder


@dataclass(frozen=True)
class Version:
    """A version of the song: [2, samples], what is said of it, and chunks for a WAV."""

    audio: Audio
    facts: dict[str, Any]
    chunks: bytes = b""


@dataclass(frozen=True)
class NotMade:
    """Why there is no such version of this song."""

    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


def make(name: str, record: Record, asked: Asked) -> Version | NotMade:
    """A version by its name in contracts.sound.EDITIONS, without `stems_zip`."""
    makers: dict[str, Callable[[Record, Asked], Version | NotMade]] = {
        "instrumental": partial(_by_lead, lead=False),
        "lead": partial(_by_lead, lead=True),
        "edit_30": partial(_edit, name="edit_30"),
        "edit_60": partial(_edit, name="edit_60"),
        "loop": _loop,
    }
    made = makers[name](record, asked)
    if isinstance(made, NotMade):
        return made
    loudness, peak = integrated_lufs(made.audio, record.rate), decibels(highest_peak(made.audio, record.rate))
    measured = {"loudness_lufs": round(loudness, 3) if math.isfinite(loudness) else None, "true_peak_dbtp": round(max(peak, -150.0), 3)}
    return Version(made.audio, {"seconds": round(made.audio.shape[1] / record.rate, 4), **measured, **made.facts}, made.chunks)


def _under_ceiling(audio: Audio, rate: int, ceiling_dbtp: float) -> tuple[Audio, float]:
    """The audio, as much quieter as its peaks ask for, and that gain in dB."""
    peak_db = decibels(highest_peak(audio, rate))
    if peak_db <= ceiling_dbtp:
        return audio, 0.0
    gain_db = ceiling_dbtp - RESAMPLED_MARGIN_DB - peak_db
    return audio * np.float32(linear(gain_db)), round(gain_db, 6)


def _by_lead(record: Record, asked: Asked, *, lead: bool) -> Version | NotMade:
    """The lead with its own space, or everything else. Together they are the record, but for the gain that a ceiling asks for."""
    if not record.leads:
        alone = "the record itself is the instrumental" if not lead else "there is nothing to bring out"
        return NotMade(f"nobody sings or plays a lead in this song: {alone}")
    others = [name for name in record.score.parts if name in record.stems and name not in record.leads]
    if not lead and not others:
        return NotMade(f"{', '.join(record.leads)} is all there is in this song: nothing would be left")
    audio = record.sum(record.leads) + record.lead_share(record.leads)
    if not lead:
        audio = record.audio - audio
    audio, gain_db = _under_ceiling(audio, record.rate, asked.ceiling_dbtp)
    who = {"parts" if lead else "without": record.leads}
    return Version(audio, {**who, "returns": "with its share" if lead else "without the lead's share", "gain_db": gain_db})


def _edit(record: Record, asked: Asked, *, name: str) -> Version:
    """Bars put together to a length in seconds, at the song's own loudness; a song that is no longer is given whole."""
    bars, wanted_s = record.bars, EDITS_S[name]
    cut = cutting.edit(bars, wanted_s)
    if cut is None:
        reason = f"the song is {record.score.duration_s:.1f} s long: the whole of it is given"
        return Version(record.audio, {"asked_s": wanted_s, "whole": True, "gain_db": 0.0, "note": reason})
    spans = [splicing.span(bars, piece, record.rate) for piece in cut.pieces]
    early = splicing.lead_in(bars, cut.pieces[0], record.rate)
    spans[0] = (spans[0][0] - early, spans[0][1])
    if cut.rings:
        spans[-1] = (spans[-1][0], record.master.frames)
    audio = splicing.faded_in(splicing.spliced(record.dry, record.wet, spans, record.rate), early)
    if not cut.rings:
        splicing.faded_out(audio, round(_fade_s(bars, cut.pieces[-1]) * record.rate))
    audio, gain_db, limited = _to_target(audio, record.rate, asked)
    facts = {
        "asked_s": wanted_s,
        "bars": [[piece.first, piece.end - 1] for piece in cut.pieces],
        "sections": [_sections(bars, piece) for piece in cut.pieces],
        "ends": "as the song does" if cut.rings else "with a fade on a bar line",
        "lead_in_samples": early,
        "gain_db": gain_db,
        "limiter": limited,
        "limited_by_ceiling": limited and integrated_lufs(audio, record.rate) < asked.target_lufs - TARGET_LU,
    }
    return Version(audio, facts)


def _fade_s(bars: Bars, last: Piece) -> float:
    two = Piece(max(last.first, last.end - 2), last.end)
    return bars.seconds(two) if bars.seconds(two) <= FADE_S else bars.seconds(Piece(last.end - 1, last.end))


def _sections(bars: Bars, piece: Piece) -> list[str]:
    return list(dict.fromkeys(bars.labels[piece.first - 1 : piece.end - 1]))


def _to_target(audio: Audio, rate: int, asked: Asked) -> tuple[Audio, float, bool]:
    """At the loudness asked for, under the ceiling: by one gain, and limited where that gain alone would pass it."""
    loudness = integrated_lufs(audio, rate)
    if not math.isfinite(loudness):
        return audio, 0.0, False
    gain_db = asked.target_lufs - loudness
    out = audio * np.float32(linear(gain_db))
    if decibels(highest_peak(out, rate)) <= asked.ceiling_dbtp:
        return out, round(gain_db, 6), False
    out = asked.louder(audio, asked.target_lufs, asked.ceiling_dbtp)
    return out, round(gain_db, 6), True


def _loop(record: Record, asked: Asked) -> Version | NotMade:
    """Bars that go round without a seam; a song whose end runs into its beginning is one as a whole."""
    bars, rate = record.bars, record.rate
    if record.score.ending == "loop":
        piece, audio, alike, gain_db = Piece(1, bars.count + 1), record.audio, 1.0, 0.0
    else:
        turn = cutting.loop(bars) if bars.count else None
        if turn is None:
            low, high = cutting.LOOP_S
            return NotMade(f"no 2, 4, 8 or 16 bars of one tempo last {low:g} to {high:g} s in this song: a loop needs bars that go round")
        piece, alike = turn.piece, turn.likeness
        audio = splicing.turned(record.dry, record.wet, splicing.span(bars, piece, rate), rate)
        audio, gain_db = _under_ceiling(audio, rate, asked.ceiling_dbtp)
    quarters = piece.bars * record.score.meter_value.ticks_per_bar / PPQ
    tempo = quarters * 60 * rate / audio.shape[1]
    facts = {
        "bars": [[piece.first, piece.end - 1]],
        "sections": [_sections(bars, piece)],
        "bpm": round(tempo, 4),
        "quarters": quarters,
        "likeness": round(alike, 3),
        "gain_db": gain_db,
    }
    chunks = sampler_loop(audio.shape[1], rate)
    if quarters == int(quarters):
        chunks += acid(Key.parse(record.score.key), int(quarters), record.score.meter_value, tempo)
    return Version(audio, facts, chunks)
