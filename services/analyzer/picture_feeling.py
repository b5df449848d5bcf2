"""From what is seen to what is felt, and from that to music.

Sources: Valdez & Mehrabian, Effects of color on emotions (J. Exp. Psychology: General 123, 1994): pleasure .69 brightness + .22
saturation, arousal -.31 brightness + .60 saturation, in standard deviations. Wilms & Oberfeld, Color and emotion (Psychological
Research 82, 2018): arousal rises with saturation and from blue over green to red; bright colours do not calm. The two disagree
about brightness and arousal, so it has no part in energy. Palmer, Schloss, Xu & Prado-León, Music-color associations are mediated
by emotion (PNAS 110, 2013): faster and major go with saturated, lighter and yellower, slower and minor with desaturated, darker and
bluer colours. Jonauskaite et al., Universal patterns in color-emotion associations (Psychological Science 31, 2020): grey is sad.
Contrast and fine detail as arousal are our own estimate, and the whole is told as a guess.
"""

from dataclasses import dataclass

from services.music.packs.moods import moods

_USUAL_BRIGHTNESS, _BRIGHTNESS_SPREAD = 0.5, 0.22
_USUAL_COLOUR, _COLOUR_SPREAD = 0.38, 0.22
"""Hasler & Süsstrunk call .30 slightly and .41 averagely colourful."""
_COLD = frozenset(("dark", "ethereal", "focused", "futuristic", "hypnotic", "lonely", "mysterious", "scary", "tense", "wintry"))
_WARM = frozenset(("cozy", "festive", "happy", "nostalgic", "romantic", "sensual", "soulful", "summery"))
_CLEARLY = 0.2
_SLOWEST_BPM, _FASTEST_BPM = 56.0, 150.0
_HUES = (
    (20, "pink"),
    (55, "red"),
    (80, "orange"),
    (115, "yellow"),
    (175, "green"),
    (235, "turquoise"),
    (310, "blue"),
    (345, "purple"),
    (361, "pink"),
)


@dataclass(frozen=True)
class Look:
    """What is measured: all 0–1 but warmth (-1 to 1) and hue (degrees in CIELAB). `vivid`, `dark`: shares of the area."""

    brightness: float
    contrast: float
    colourfulness: float
    warmth: float
    texture: float
    vivid: float
    dark: float
    hue_deg: float

    @property
    def words(self) -> str:
        """Such as "dark and blue"."""
        light = "dark" if self.brightness < 0.35 else "bright" if self.brightness > 0.68 else "of middle brightness"
        if self.colourfulness < 0.07:
            colour = "grey"
        else:
            hue = next(name for end, name in _HUES if self.hue_deg < end)
            colour = "many-coloured" if self.colourfulness > 0.75 and self.contrast > 0.25 else hue
            colour = f"pale {colour}" if self.colourfulness < 0.15 else colour
        detail = ["full of detail"] if self.texture > 0.35 else []
        detail += ["of strong contrast"] if self.contrast > 0.6 else ["of little contrast"] if self.contrast < 0.1 else []
        return " and ".join([", ".join([light, colour, *detail[:-1]]), detail[-1]] if detail else [light, colour])


@dataclass(frozen=True)
class Feeling:
    """What it stands for."""

    valence: float
    energy: float
    tempo_bpm: float
    is_minor: bool
    moods: tuple[str, ...]
    genres: tuple[str, ...]
    timbre: tuple[str, ...]
    text: str
    confidence: float


def feel(look: Look) -> Feeling:
    """Valence, energy, tempo and mode of a look, with moods, sound and a leaning of style that fit."""
    bright = (look.brightness - _USUAL_BRIGHTNESS) / _BRIGHTNESS_SPREAD
    strong = max((look.colourfulness - _USUAL_COLOUR) / _COLOUR_SPREAD, -1.2)
    grey = max(0.0, 1 - look.colourfulness / 0.15) * min(1.0, (1 - look.brightness) / 0.15)
    busy = 1.1 * (look.contrast - 0.3) + 0.9 * (look.texture - 0.15)
    valence = _share(0.69 * bright + 0.22 * strong + 0.35 * look.warmth - 0.45 * grey)
    lit = min(1.0, look.brightness / 0.6) ** 2 if strong > 0 else 1.0  # colours excite where they are lit (Wilms & Oberfeld)
    energy = _share(lit * (0.50 * strong + 0.25 * look.warmth) + busy + 0.5 * look.vivid)
    quick = 0.55 * energy + 0.15 * _share(0.8 * strong) + 0.3 * valence
    tempo = _SLOWEST_BPM + quick * (_FASTEST_BPM - _SLOWEST_BPM)
    named = nearest_moods(valence, energy, look.warmth)
    clear = abs(valence - 0.5) + abs(energy - 0.5)
    return Feeling(valence, energy, tempo, valence < 0.47, named, _genres(look), _timbre(look), look.words, min(0.55, 0.25 + 0.4 * clear))


def _share(z: float) -> float:
    """A weighed sum of standard deviations to 0–1, never quite reaching the ends."""
    return float(0.5 + 0.48 * z / (1.2 + z * z) ** 0.5)


def nearest_moods(valence: float, energy: float, warmth: float) -> tuple[str, ...]:
    """The two moods of the packs that lie nearest in valence and energy; none that speaks of cold where it is warm, or the other way."""
    against = _COLD if warmth > _CLEARLY else _WARM if warmth < -_CLEARLY else frozenset()
    fitting = {name: mood for name, mood in moods().items() if name not in against}
    apart = {name: (mood.valence - valence) ** 2 + (mood.energy - energy) ** 2 for name, mood in fitting.items()}
    return tuple(sorted(apart, key=lambda name: (apart[name], name))[:2])


def _timbre(look: Look) -> tuple[str, ...]:
    """Words of production that fit: dark or bright, warm, punchy, far away, and wide where little is to be seen."""
    words = ["dark mix"] if look.brightness < 0.35 else ["bright"] if look.brightness > 0.68 and look.colourfulness > 0.2 else []
    words += ["warm"] if look.warmth > 0.25 else []
    words += ["punchy"] if look.contrast > 0.6 and look.colourfulness > 0.35 else ["reverberant"] if look.contrast < 0.1 else []
    words += ["wide"] if look.texture < 0.04 and look.colourfulness < 0.3 else []
    return tuple(words)


def _genres(look: Look) -> tuple[str, ...]:
    """Where a look is one that a style is known by; most lean nowhere."""
    if look.dark > 0.4 and look.vivid > 0.08 and look.colourfulness > 0.45:
        return ("synthwave", "electronic")
    if look.colourfulness < 0.12 and look.texture < 0.06 and look.contrast < 0.35:
        return ("ambient",)
    if look.brightness < 0.25 and look.warmth < -0.05 and look.vivid < 0.02:
        return ("ambient", "cinematic")
    if look.warmth > 0.2 and 0.25 < look.brightness < 0.6 and look.vivid < 0.3 and look.contrast < 0.5:
        return ("folk", "lofi_hip_hop")
    return ("pop",) if look.brightness > 0.65 and look.vivid > 0.4 else ()
