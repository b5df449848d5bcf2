"""Drawing without a plotting library: SVG shapes that take their colours from the page, and a small PNG encoder."""

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WIDTH = 1000.0
# Anchors of a dark-to-bright palette whose lightness rises evenly, so that it also reads in grey print (after "magma").
_ANCHORS = (
    (0, 0, 4),
    (28, 16, 68),
    (79, 18, 123),
    (129, 37, 129),
    (181, 54, 122),
    (229, 80, 100),
    (251, 135, 97),
    (254, 194, 135),
    (252, 253, 191),
)


def _points(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def line(x: Sequence[float] | Floats, y: Sequence[float] | Floats, style: str) -> str:
    """A polyline of the class `style`."""
    return f'<polyline class="{style}" points="{_points(x, y)}"/>'


def area(x: Floats, upper: Floats, lower: Floats, style: str) -> str:
    """The surface between two curves over the same x."""
    return f'<polygon class="{style}" points="{_points(np.concatenate([x, x[::-1]]), np.concatenate([upper, lower[::-1]]))}"/>'


def rule(x1: float, y1: float, x2: float, y2: float, style: str = "grid") -> str:
    """A straight line."""
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def box(x: float, y: float, width: float, height: float, style: str, opacity: float = 1.0) -> str:
    """A rectangle."""
    return f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" opacity="{opacity:.2f}"/>'


def label(x: float, y: float, text: str, anchor: str = "start", style: str = "label") -> str:
    """Text, escaped, with its anchor at a point."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def strokes(segments: Iterable[tuple[float, float, float]], style: str, thickness: float) -> str:
    """Many horizontal strokes (x, y, length) as one path."""
    path = "".join(f"M{x:.1f} {y:.1f}h{max(length, 1.0):.1f}" for x, y, length in segments)
    return f'<path class="{style}" stroke-width="{thickness:.1f}" d="{path}"/>'


def picture(height: float, title: str, shapes: Iterable[str]) -> str:
    """A whole SVG, as wide as its column; `title` is what a screen reader says."""
    head = f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(title, quote=True)}"><title>{escape(title)}</title>'
    return head + "".join(shapes) + "</svg>"


def palette_rgb() -> npt.NDArray[np.uint8]:
    """256 colours [256, 3] from dark to bright."""
    anchors = np.asarray(_ANCHORS, np.float64)
    at = np.linspace(0, len(anchors) - 1, 256)
    return np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)], axis=1).round().astype(np.uint8)


def png(values: Floats) -> bytes:
    """A palette PNG (RFC 2083) of values 0–1, [rows, columns], row 0 at the top."""
    pixels = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    rows, columns = pixels.shape
    raw = np.concatenate([np.zeros((rows, 1), np.uint8), pixels], axis=1).tobytes()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"PLTE", palette_rgb().tobytes()) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def image(x: float, y: float, width: float, height: float, data: bytes) -> str:
    """A PNG inside an SVG."""
    encoded = base64.b64encode(data).decode()
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{encoded}"/>'
    )
