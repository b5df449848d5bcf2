"""What a reference says about the sound: who plays, and the words of production that its measures stand for."""

import numpy as np

from contracts.brief import Stated
from contracts.features import Features
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import inferred
from services.enhancer.reading.heard_fields import HEARD, heard_genre
from services.music.audio.spectrum import EMPTY_DB, REACH, released_music_db
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments

Names = Stated[tuple[str, ...]]
LEAST_FAMILY = 0.5
LEAST_SURE_OF_ABSENCE = 0.6
MOST_BAND = 8
_ALWAYS = frozenset({"fx"})
_CALLED = {"woodwinds": "winds", "vocals": "vocal", "voice": "vocal"}

WIDE_DB, NARROW_DB = -4.5, -18.0
"""Side over middle from 200 Hz to 8 kHz."""
BRIGHT_DB, DARK_DB = 4.0, -6.0
"""Level above 3 kHz against that of 200 Hz to 2 kHz, as far as released music's curve is left."""
BASS_DB = 5.0
PUNCHY_DB, SQUASHED_DB = 17.0, 9.0
"""Peak over loudness."""
DYNAMIC_LU = 12.0
DULL_HZ, DULL_DB = 9_000.0, -18.0
"""A record that has next to nothing up there, and still a beat: lo-fi."""


def heard_band(case: Case, genre_ids: tuple[str, ...], unwanted: set[str]) -> Names | None:
    """The reference's players: of each family that was heard the style's own, else the catalogue's; None where nothing was heard."""
    features = case.features
    if features is None or not features.families:
        return None
    entries = instruments()
    heard = [g for g in features.families if g.confidence >= LEAST_FAMILY]
    usual = [name for genre_id in genre_ids for name in genres()[genre_id].identity.band if name in entries]
    known = bool(case.given.genres or case.words.styles.genres or heard_genre(case))
    band: list[str] = []
    for guess in heard:
        family = _CALLED.get(guess.value, guess.value)
        own = [name for name in usual if entries[name].family == family]
        near = [name for name in features.instruments if name in entries and entries[name].family == family][:1]
        band += (own or near) if known else (near or own)
    band += [name for name in usual if name not in band and _kept(entries[name].family, features)]
    left = tuple(name for name in dict.fromkeys(band) if name not in unwanted)[:MOST_BAND]
    if not left or not any(entries[name].family not in ("fx", "drums") for name in left):
        return None
    said = ", ".join(f"{g.value} {g.confidence:.2f}" for g in heard) or "nobody surely"
    whose = "the style's own player" if known else "the nearest player"
    confidence = sum(g.confidence for g in heard) / len(heard) if heard else 0.4
    return inferred(left, f"{HEARD}: {said}; of each family {whose}", round(confidence, 2)).stated()


def _kept(family: str, features: Features) -> bool:
    """Whether a family of the style stays that was not surely heard: what colours, and what may have been missed."""
    if family in _ALWAYS:
        return True
    guess = next((g for g in features.families if _CALLED.get(g.value, g.value) == family), None)
    return guess is not None and guess.confidence >= 1 - LEAST_SURE_OF_ABSENCE


def heard_production(features: Features | None) -> dict[str, str]:
    """Words of production by the measures that say them, such as {"wide": "side over middle -4.8 dB"}."""
    if features is None:
        return {}
    return {**_tone_words(features), **_width_words(features), **_peak_words(features)}


def production_reason(found: dict[str, str]) -> str:
    """The measures in one line."""
    return f"{HEARD}: " + ", ".join(f"{word} ({measure})" for word, measure in found.items())


def _tone_words(features: Features) -> dict[str, str]:
    centres, level = np.asarray(features.spectrum_hz), np.asarray(features.spectrum_db)
    if centres.size < 8 or centres.size != level.size:
        return {}
    away = level - released_music_db(np.maximum(centres, 94.0))
    reach = REACH * features.sample_rate_hz
    middle = away[(centres >= 200) & (centres <= 2000)].mean()
    high = away[(centres >= 3000) & (centres <= min(12_000.0, reach))]
    low = away[(centres >= 40) & (centres <= 120)]
    top = away[(centres >= DULL_HZ) & (centres <= 16_000)]
    out: dict[str, str] = {}
    if high.size and high.mean() - middle >= BRIGHT_DB:
        out["bright"] = f"above 3 kHz {high.mean() - middle:+.1f} dB against released music"
    if high.size and high.mean() - middle <= DARK_DB:
        out["dark mix"] = f"above 3 kHz {high.mean() - middle:+.1f} dB against released music"
    if low.size and low.mean() - middle >= BASS_DB:
        out["heavy bass"] = f"below 120 Hz {low.mean() - middle:+.1f} dB against released music"
    dull = reach < DULL_HZ or (top.size and (top.mean() - middle <= DULL_DB or level[centres >= DULL_HZ].max() <= EMPTY_DB))
    if dull and features.drums is not None:
        out["lo-fi"] = f"next to nothing above {DULL_HZ / 1000:.0f} kHz"
    return out


def _width_words(features: Features) -> dict[str, str]:
    centres, level, side = (np.asarray(x) for x in (features.spectrum_hz, features.spectrum_db, features.side_db))
    if features.channels < 2 or side.size != centres.size or side.size == 0:
        return {}
    inside = (centres >= 200) & (centres <= 8000)
    power, ratio = 10 ** (level[inside] / 10), 10 ** (side[inside] / 10)
    sides = float(10 * np.log10(max((power * ratio / (1 + ratio)).sum(), 1e-12) / max((power / (1 + ratio)).sum(), 1e-12)))
    if sides >= WIDE_DB:
        return {"wide": f"side over middle {sides:.1f} dB"}
    return {"narrow": f"side over middle {sides:.1f} dB"} if sides <= NARROW_DB else {}


def _peak_words(features: Features) -> dict[str, str]:
    out: dict[str, str] = {}
    if features.true_peak_dbtp and features.loudness_lufs:
        crest = features.true_peak_dbtp.value - features.loudness_lufs.value
        if crest >= PUNCHY_DB and features.drums is not None:
            out["punchy"] = f"peaks {crest:.1f} dB over the loudness"
        if crest <= SQUASHED_DB:
            out["compressed"] = f"peaks only {crest:.1f} dB over the loudness"
    if features.loudness_range_lu and features.loudness_range_lu.value >= DYNAMIC_LU:
        out["dynamic range"] = f"loudness range {features.loudness_range_lu.value:.1f} LU"
    return out
