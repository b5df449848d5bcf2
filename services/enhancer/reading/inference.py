"""What follows where nothing was stated: style, tempo, key, energy and valence, as a musician would guess them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.music import Key
from services.enhancer.reading.tables import table
from services.music.packs.genres import genres
from services.music.packs.moods import moods
from services.music.rng import rng

DEFAULT_GENRE = "pop"


@dataclass(frozen=True)
class Range:
    """A tempo range in BPM of the felt beat, and whose it is."""

    low: float
    typical: float
    high: float
    owner: str

    def text(self) -> str:
        """Such as "house's 115–130"."""
        return f"{self.owner}'s {self.low:g}–{self.high:g}"


@dataclass(frozen=True)
class Guess:
    """A tempo that was inferred, why, and the disagreement that had to be settled."""

    bpm: float
    reason: str
    conflict: str | None = None


def lean(said: Mapping[str, Sequence[str]], liked: Mapping[str, float]) -> tuple[str, str | None]:
    """The genre that what was said and taste lean to, and the strongest reason; pop where nothing leans.

    `said`: names by kind, the kinds of leanings.toml. `liked`: points of taste by genre; a dislike takes away, and alone picks nothing.
    """
    leanings = table("leanings")
    points: dict[str, float] = {}
    reasons: dict[str, tuple[float, str]] = {}
    for kind, names in said.items():
        for name in names:
            for genre_id, weight in leanings[kind].get(name, {}).items():
                if genre_id in genres():
                    points[genre_id] = points.get(genre_id, 0) + weight
                    reasons[genre_id] = max(reasons.get(genre_id, (0.0, "")), (float(weight), name.replace("_", " ")))
    for genre_id, weight in liked.items():
        if genre_id in genres() and (weight > 0 or genre_id in points):
            points[genre_id] = points.get(genre_id, 0) + weight
            reasons[genre_id] = max(reasons.get(genre_id, (0.0, "")), (float(weight), "your taste"))
    if not points:
        return DEFAULT_GENRE, None
    best = max(sorted(points), key=lambda name: points[name])
    return best, reasons[best][1]


_SLOW, _SLOW_BPM, _LIVELY_BPM = 0.2, 88.0, 112.0


def mood_range(mood_ids: Sequence[str]) -> Range | None:
    """Where the tempo ranges of all moods meet; those of the first one where they do not."""
    found = [moods()[name] for name in mood_ids]
    if not found:
        return None
    low, high = max(m.tempo_bpm[0] for m in found), min(m.tempo_bpm[1] for m in found)
    if low > high:
        low, high = found[0].tempo_bpm
        found = found[:1]
    return Range(low, (low + high) / 2, high, " and ".join(m.name.lower() for m in found))


def guess_tempo(style: Range, feeling: Range | None, share: float | None, word: str | None, seed: int) -> Guess:
    """A tempo in the style's range: at the share that a word such as "slow" asks for, else where the mood meets the style."""
    draw = rng(seed, "ideation", "tempo")
    span = style.high - style.low
    if share is not None:
        if share < 0:
            bpm = _whole(max(style.low * (1 + share + float(draw.uniform(-0.06, 0.06))), 44.0))
            return Guess(bpm, f"'{word}': slower than {style.text()} BPM")
        bpm = _whole(style.low + (min(max(share + float(draw.uniform(-0.06, 0.06)), 0), 1)) * span)
        if share < _SLOW and style.low < _LIVELY_BPM:
            bpm = min(bpm, _whole(_SLOW_BPM + float(draw.uniform(-6, 0))))  # nobody calls 105 slow; what is always fast stays itself
        return Guess(bpm, f"'{word}' within {style.text()} BPM")
    if feeling is None:
        return Guess(_near(style.low, style.typical, style.high, draw), f"{style.owner} usually moves at {style.low:g}–{style.high:g} BPM")
    low, high = max(style.low, feeling.low), min(style.high, feeling.high)
    if low <= high:
        bpm = _near(low, min(max(style.typical, low), high), high, draw)
        return Guess(bpm, f"where {feeling.text()} meets {style.text()} BPM")
    slow_mood = feeling.high < style.low
    bpm = _whole(style.low if slow_mood else style.high)
    conflict = (
        f"{feeling.owner} would ask for {feeling.low:g}–{feeling.high:g} BPM, {style.owner} lives at {style.low:g}–{style.high:g}: "
        f"the genre's tempo wins, at its {'slow' if slow_mood else 'fast'} end; the mood speaks through key, chords and touch."
    )
    return Guess(bpm, f"the {'slowest' if slow_mood else 'fastest'} that {style.owner} goes, for the mood", conflict)


def _near(low: float, mode: float, high: float, draw: np.random.Generator) -> float:
    """A whole tempo near `mode`, at most halfway to either end."""
    if high - low < 1:
        return _whole(mode)
    left, right = mode - (mode - low) * 0.5, mode + (high - mode) * 0.5
    return _whole(float(draw.triangular(left, mode, right)) if right > left else mode)


def _whole(bpm: float) -> float:
    return float(round(bpm))


def guess_mode(minor_share: float, mood_ids: Sequence[str], valence: float, seed: int) -> tuple[str, str]:
    """Major or minor, and why: the genre's habit first where it is strong, then the mood, then a seeded chance."""
    modes = {Key.parse(key).is_minor for name in mood_ids for key in moods()[name].keys}
    if minor_share >= 0.85:
        return "minor", "the style lives in minor"
    if modes == {True}:
        return "minor", "the mood asks for minor"
    if modes == {False}:
        return "major", "the mood asks for major"
    share = 0.6 * minor_share + 0.4 * (1 - valence)
    minor = float(rng(seed, "ideation", "mode").random()) < share
    return ("minor" if minor else "major"), f"{'minor' if minor else 'major'} suits the style and the feeling"


def guess_key(genre_id: str, mood_ids: Sequence[str], mode: str, forced_mode: str | None, seed: int) -> str:
    """A tonic for the mode: one of the mood's keys where it has some of that mode, else one that lies well for the style."""
    draw = rng(seed, "ideation", "key")
    named = [Key.parse(key) for name in mood_ids[:1] for key in moods()[name].keys]
    if forced_mode:
        fitting = [str(Key(key.tonic, forced_mode)) for key in named if key.is_minor == Key("C", forced_mode).is_minor]
    else:
        fitting = [str(key) for key in named if key.is_minor == (mode == "minor")]
    if not fitting:
        tonics: Mapping[str, list[str]] = table("leanings")["keys"]
        fitting = [spelled(tonic, forced_mode or mode) for tonic in tonics.get(genre_id, tonics["default"])]
    weights = np.array([1.0 / (i + 2) for i in range(len(fitting))])
    return fitting[int(draw.choice(len(fitting), p=weights / weights.sum()))]


def spelled(tonic: str, mode: str) -> str:
    """The key on this pitch, spelled by the usual signature: "G# major" becomes "Ab major"."""
    return str(Key(tonic, mode).transpose(0))


def blend(base: float, feelings: Sequence[float], intensity: float, nudge: float) -> float:
    """0–1: the style's value, drawn two thirds of the way to the moods', pushed by intensity and by words."""
    value = base
    if feelings:
        value = base + (float(np.mean(feelings)) - base) * min(0.66 * intensity, 0.95)
        value = 0.5 + (value - 0.5) * (0.85 + 0.15 * intensity)
    return round(min(max(value + nudge, 0.0), 1.0), 2)
