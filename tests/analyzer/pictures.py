"""Pictures with known truth, drawn here: what they are to the eye is beyond doubt."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
SIDE = 240


def _plane(*rgb: float) -> npt.NDArray[np.float64]:
    return np.broadcast_to(np.array(rgb, np.float64), (SIDE, SIDE, 3)).copy()


def _noise(seed: int, deviation: float) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, deviation, (SIDE, SIDE, 1))


def night() -> Pixels:
    """Dark blue, a paler moon, a few stars."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    picture = _plane(10, 16, 48) + (y / SIDE)[..., None] * np.array([4, 8, 28])
    picture[(x - 180) ** 2 + (y - 50) ** 2 < 18**2] = (170, 180, 205)
    stars = np.random.default_rng(1).integers(0, SIDE, (30, 2))
    picture[stars[:, 0], stars[:, 1]] = (150, 160, 190)
    return _clipped(picture)


def sun() -> Pixels:
    """Bright yellow and orange, a little green below."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    picture = _plane(255, 214, 60)
    picture[(x - 120) ** 2 + (y - 90) ** 2 < 60**2] = (255, 240, 120)
    picture[200:] = (150, 205, 60)
    return _clipped(picture + _noise(2, 4))


def fog() -> Pixels:
    """Pale grey from edge to edge, hardly a shape."""
    y = np.mgrid[0:SIDE, 0:SIDE][0]
    return _clipped(_plane(168, 170, 173) + (y / SIDE)[..., None] * 22 + _noise(3, 1.5))


def neon() -> Pixels:
    """Signs in magenta, cyan and lime on black."""
    picture = _plane(8, 4, 14)
    for index, colour in enumerate(((255, 0, 170), (0, 240, 255), (150, 255, 0), (255, 40, 90), (90, 60, 255))):
        at = 12 + index * 46
        picture[20:220, at : at + 18] = colour
        picture[at : at + 8, 10:230] = colour
    return _clipped(picture)


def checkerboard() -> Pixels:
    """Black and white squares of four pixels."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return _clipped(np.where((((x // 4) + (y // 4)) % 2)[..., None] > 0, _plane(245, 245, 245), _plane(12, 12, 12)))


def candle() -> Pixels:
    """Dim, brown and orange."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    glow = np.exp(-((x - 120) ** 2 + (y - 130) ** 2) / (2 * 70**2))[..., None]
    return _clipped(_plane(52, 30, 18) + glow * np.array([170, 95, 30]) + _noise(4, 2))


def even(*rgb: int) -> Pixels:
    """One colour."""
    return _clipped(_plane(*rgb))


def _clipped(picture: npt.NDArray[np.float64]) -> Pixels:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def coded(pixels: Pixels, kind: str = "PNG", **how: object) -> bytes:
    """As a file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **how)
    return out.getvalue()
