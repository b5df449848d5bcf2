"""Covers at the door: what is no picture, cut off, altered, huge or a bomb is refused by name."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from contracts.errors import BadInput
from services.music.pictures import MOST_BYTES, read_picture


def saved(kind, mode="RGB", size=(120, 90), **options):
    """A noisy picture as a file's bytes."""
    pixels = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **options)
    return out.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def packed_png(width, height, rows):
    """A PNG of that size whose rows are these bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_pngs_of_all_kinds_are_read(mode):
    """Size and depth by the header."""
    picture = read_picture(saved("PNG", mode))
    assert (picture.width, picture.height, picture.media_type, picture.suffix) == (120, 90, "image/png", ".png")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
def test_jpegs_of_all_kinds_are_read(options):
    """Baseline and progressive."""
    picture = read_picture(saved("JPEG", **options))
    assert (picture.width, picture.height, picture.depth, picture.suffix) == (120, 90, 24, ".jpg")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        saved("GIF"),
        saved("PNG")[:-20],
        saved("PNG")[:200],
        saved("PNG")[:60] + b"??" + saved("PNG")[62:],
        saved("JPEG")[:400],
        b"\xff\xd8\xff",
        packed_png(60_000, 60_000, b""),
        packed_png(20, 20, bytes(20 * 61)),
        packed_png(100, 100, bytes(1000)),
        bytes(MOST_BYTES + 1),
    ],
)
def test_what_is_no_whole_picture_of_a_fit_size_is_refused(data):
    """BadInput names the cover and what is allowed."""
    with pytest.raises(BadInput, match="cover"):
        read_picture(data)


def test_a_bomb_is_refused_before_it_goes_off():
    """100 MB of rows behind a header of 100 x 100: refused after the first surplus piece."""
    bomb = packed_png(100, 100, bytes(100_000_000))
    began = time.process_time()
    with pytest.raises(BadInput, match="more pixels"):
        read_picture(bomb)
    assert time.process_time() - began < 0.2
