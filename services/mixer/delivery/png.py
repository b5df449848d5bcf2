"""Writing PNG: eight bits of red, green and blue, the same bytes for the same picture."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_LEVEL = 6


def png(pixels: Pixels) -> bytes:
    """A picture [height, width, 3] as PNG. Each row is filtered by what leaves the smallest numbers (PNG 12.8's heuristic)."""
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = _filtered(pixels)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", _packed(rows)) + _chunk(b"IEND", b"")


def _packed(rows: bytes) -> bytes:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return packing.compress(rows) + packing.flush()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _filtered(pixels: Pixels) -> bytes:
    """Rows with their filter's number before each: Sub (1), Up (2) or Paeth (4), whichever is smallest."""
    height, width, _ = pixels.shape
    here = pixels.astype(np.int16)
    left = np.pad(here, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    above = np.pad(here, ((1, 0), (0, 0), (0, 0)))[:-1]
    corner = np.pad(here, ((1, 0), (1, 0), (0, 0)))[:-1, :-1]
    candidates = [(1, here - left), (2, here - above), (4, here - _paeth(left, above, corner))]
    numbers = np.array([number for number, _ in candidates], dtype=np.uint8)
    residues = np.stack([(residue & 255).astype(np.uint8) for _, residue in candidates])
    sizes = np.abs(residues.view(np.int8).astype(np.int16)).sum(axis=(2, 3))
    best = sizes.argmin(axis=0)
    rows = np.empty((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 0] = numbers[best]
    rows[:, 1:] = residues[best, np.arange(height)].reshape(height, 3 * width)
    return rows.tobytes()


def _paeth(left: NDArray[np.int16], above: NDArray[np.int16], corner: NDArray[np.int16]) -> NDArray[np.int16]:
    """The neighbour that is nearest to left + above - corner (PNG 9.4)."""
    to_left, to_above = np.abs(above - corner), np.abs(left - corner)
    to_corner = np.abs(left + above - 2 * corner)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner))
