"""What is seen in a picture, and what it stands for in music: colour, brightness, contrast, texture; measured, no machine learning.

Colour is measured in CIELAB (D65; IEC 61966-2-1 for sRGB), colourfulness as in Hasler & Süsstrunk, Measuring colourfulness in
natural images (SPIE 5007, 2003), warmth as in Ou et al., A study of colour emotion and colour preference I (Color Research &
Application 29, 2004).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contracts.features import PictureFeatures
from services.analyzer.picture_feeling import Look, feel
from services.analyzer.picture_pixels import ALLOWED, LARGEST_BYTES, Pixels, Seen, pixels, refused
from services.analyzer.reading import opened
from services.runtime.isolation import PluginFailed, isolated

Plane = npt.NDArray[np.float64]
LOOKING_S = 20.0
LOOKING_BYTES = 1 << 30
_MOST_COLOURFUL = 109.0
"""Where Hasler & Süsstrunk put "extremely colourful"."""
_EDGE = 0.06
_COLOURS = 5
_FROM_RGB = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])


def see(data: bytes, name: str = "the picture") -> PictureFeatures:
    """Look at a picture: PNG, JPEG, WebP or GIF.

    Raises:
        BadInput: on field "image" for what is none of these, too large, damaged, or shows nothing.
    """
    if len(data) > LARGEST_BYTES:
        raise refused(name, f"it has {len(data) / 2**20:.1f} MiB")
    if not data:
        raise refused(name, "it is empty")
    try:
        seen = isolated(pixels, data, name, timeout_s=LOOKING_S, what="what looks at pictures", memory_bytes=LOOKING_BYTES)
    except PluginFailed as error:
        raise refused(name, f"it breaks what looks at it, which {error.how}") from error
    return features_of(seen)


def see_file(path: Path) -> PictureFeatures:
    """`see` of a file. Raises BadInput on field "image", for what is no file, too."""
    with opened(path, "image", ALLOWED, LARGEST_BYTES) as handle, os.fdopen(handle, "rb", closefd=False) as file:
        data = file.read(LARGEST_BYTES + 1)
    return see(data, path.name)


def features_of(seen: Seen) -> PictureFeatures:
    """The features of pixels that were seen."""
    look = look_of(seen.pixels)
    feeling = feel(look)
    notes = [*seen.notes, *([] if look.contrast > 0.01 or look.colourfulness > 0.01 else ["it is one even grey: it says little"])]
    return PictureFeatures(
        width_px=seen.width,
        height_px=seen.height,
        brightness=round(look.brightness, 3),
        contrast=round(look.contrast, 3),
        colourfulness=round(look.colourfulness, 3),
        warmth=round(look.warmth, 3),
        texture=round(look.texture, 3),
        colours=main_colours(seen.pixels),
        valence=round(feeling.valence, 2),
        energy=round(feeling.energy, 2),
        tempo_bpm=float(round(feeling.tempo_bpm)),
        mode="minor" if feeling.is_minor else "major",
        timbre=feeling.timbre,
        moods=feeling.moods,
        genres=feeling.genres,
        text=feeling.text,
        confidence=round(feeling.confidence, 2),
        notes=tuple(notes),
    )


def look_of(rgb: Pixels) -> Look:
    """What is measured in pixels [height, width, 3]."""
    colour = rgb.astype(np.float64)
    lab = to_lab(colour)
    light, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    heat = np.tanh(0.02 * chroma**1.07 * np.cos(hue - np.deg2rad(50)))
    return Look(
        brightness=float(light.mean() / 100),
        contrast=min(1.0, float(light.std() / 50)),
        colourfulness=_colourfulness(colour),
        warmth=float(heat.mean()),
        texture=_texture(light / 100),
        vivid=float(((chroma > 50) & (light > 45)).mean()),
        dark=float((light < 25).mean()),
        hue_deg=float(np.rad2deg(np.arctan2((b * chroma).mean(), (a * chroma).mean()))) % 360,
    )


def to_lab(rgb: Plane) -> Plane:
    """From sRGB 0–255 [..., 3] to CIELAB under D65 [..., 3]."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _FROM_RGB.T / _WHITE_D65
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def _colourfulness(rgb: Plane) -> float:
    """Hasler & Süsstrunk's M3 over its upper end, 0–1."""
    red_green = rgb[..., 0] - rgb[..., 1]
    yellow_blue = (rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2]
    spread, mean = np.hypot(red_green.std(), yellow_blue.std()), np.hypot(red_green.mean(), yellow_blue.mean())
    return min(1.0, float(spread + 0.3 * mean) / _MOST_COLOURFUL)


def _texture(light: Plane) -> float:
    """Share of neighbouring pixels between which the lightness steps by more than _EDGE, 0–1; grain of single pixels is smoothed."""
    light = (light[1:, 1:] + light[:-1, 1:] + light[1:, :-1] + light[:-1, :-1]) / 4
    if min(light.shape) < 2:
        return 0.0
    across, down = np.abs(np.diff(light, axis=1)), np.abs(np.diff(light, axis=0))
    return float(min(1.0, ((across > _EDGE).mean() + (down > _EDGE).mean())))


@dataclass(eq=False)
class _Box:
    """A box of colours to be cut in two (median cut, Heckbert 1982)."""

    colours: Plane

    @property
    def spread(self) -> float:
        return float(np.ptp(self.colours, axis=0).max(initial=0.0) * len(self.colours) ** 0.5)

    def cut(self) -> "tuple[_Box, _Box]":
        axis = int(np.ptp(self.colours, axis=0).argmax())
        ordered = self.colours[np.argsort(self.colours[:, axis], kind="stable")]
        middle = (ordered[0, axis] + ordered[-1, axis]) / 2
        at = int(np.clip(np.searchsorted(ordered[:, axis], middle, "right"), 1, len(ordered) - 1))
        return _Box(ordered[:at]), _Box(ordered[at:])


def main_colours(rgb: Pixels) -> tuple[str, ...]:
    """Up to five colours as #rrggbb, the one with the largest area first."""
    boxes = [_Box(rgb.reshape(-1, 3)[:: max(1, rgb.size // 3 // 8192)].astype(np.float64))]
    while len(boxes) < _COLOURS:
        widest = max(boxes, key=lambda box: box.spread)
        if np.ptp(widest.colours, axis=0).max(initial=0.0) < 24:
            break
        boxes.remove(widest)
        boxes += widest.cut()
    boxes.sort(key=lambda box: -len(box.colours))
    return tuple("#{:02x}{:02x}{:02x}".format(*np.round(box.colours.mean(axis=0)).astype(int)) for box in boxes)
