"""What a listener hears who does not know the score. These numbers inform and never judge."""

from typing import Any

from services.music.audio.chroma import estimate_key
from services.music.audio.structure import find_boundaries
from services.music.audio.tempo import find_pulse
from services.qa.listening import Heard


def blind_estimates(heard: Heard) -> dict[str, Any]:
    """Tempo, key, tuning and section borders by ear alone; what cannot be heard is left out."""
    found: dict[str, Any] = {}
    pulse = find_pulse(heard.envelope)
    if pulse is not None:
        found |= {"blind_tempo_bpm": round(pulse.bpm, 2), "blind_tempo_confidence": round(pulse.confidence, 2)}
        found["blind_section_borders_s"] = [round(time, 1) for time in find_boundaries(heard.mono, pulse.beats_s)]
    estimate = estimate_key(heard.harmony) if heard.harmony is not None else None
    if estimate is not None:
        found |= {"blind_key": str(estimate[0]), "blind_key_confidence": round(estimate[1], 2)}
        found["tuning_cents"] = round(100 * heard.tuning, 1)
    return found
