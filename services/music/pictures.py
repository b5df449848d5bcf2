"""Reading a picture that goes into a record's tags: PNG or JPEG, whole, and of a size that players show.

Nothing is drawn: a PNG is unpacked in pieces and never held, so that one that says little and holds much does no harm.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.errors import BadInput

MOST_BYTES = 8 * 2**20
LEAST_SIDE, MOST_SIDE = 64, 5000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # per pixel, by PNG's colour type (W3C PNG 11.2.1)
_DEPTHS = (1, 2, 4, 8, 16)
_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # T.81 table B.1
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Picture:
    """A picture as it was brought, with what its header says; `depth` in bits per pixel."""

    data: bytes
    media_type: str
    width: int
    height: int
    depth: int

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, as hex."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def suffix(self) -> str:
        """How a file of it ends."""
        return ".png" if self.media_type == "image/png" else ".jpg"


def read_picture(data: bytes, field: str = "cover") -> Picture:
    """The picture in `data`.

    Raises BadInput naming `field` for what is no PNG and no JPEG, is damaged or cut off, holds more than 8 MiB, or has a side of
    under 64 or over 5000 pixels.
    """
    if len(data) > MOST_BYTES:
        raise BadInput(field, f"{len(data)} bytes", f"a picture of at most {MOST_BYTES // 2**20} MiB")
    if data.startswith(_PNG):
        picture = _read_png(data, field)
    elif data.startswith(_JPEG):
        picture = _read_jpeg(data, field)
    else:
        raise BadInput(field, data[:8], "a PNG or JPEG picture")
    return picture


def _check_sides(width: int, height: int, field: str) -> None:
    if not (LEAST_SIDE <= width <= MOST_SIDE and LEAST_SIDE <= height <= MOST_SIDE):
        raise BadInput(field, f"{width} x {height} pixels", f"{LEAST_SIDE} to {MOST_SIDE} pixels a side")


def _damaged(field: str, kind: str, what: str) -> BadInput:
    return BadInput(field, f"a {kind} {what}", f"a whole {kind}")


def _read_png(data: bytes, field: str) -> Picture:
    header: tuple[int, ...] | None = None
    wanted = 0
    inflating, ended = zlib.decompressobj(), False
    unpacked = 0
    for kind, body in _png_chunks(data, field):
        if header is None:
            if kind != b"IHDR" or len(body) != 13:
                raise _damaged(field, "PNG", "without a header")
            header = struct.unpack(">IIBBBBB", body)
            wanted = _png_bytes(header, field)
        elif kind == b"IDAT":
            try:
                unpacked += sum(len(piece) for piece in _inflated(inflating, body, wanted - unpacked))
            except zlib.error as error:
                raise _damaged(field, "PNG", f"that cannot be unpacked ({error})") from error
            if unpacked > wanted:
                raise BadInput(field, "a PNG that holds more pixels than it says", "a PNG as the standard has it")
        elif kind == b"IEND":
            ended = True
    if header is None or not ended or unpacked < wanted:
        raise _damaged(field, "PNG", "that is cut off")
    return Picture(data, "image/png", header[0], header[1], header[2] * _SAMPLES[header[3]])


def _png_bytes(header: tuple[int, ...], field: str) -> int:
    """How many bytes the unpacked rows take at most (interlaced ones a little more than plain ones)."""
    width, height, depth, colour, _, _, interlaced = header
    _check_sides(width, height, field)
    if colour not in _SAMPLES or depth not in _DEPTHS:
        raise _damaged(field, "PNG", f"of colour type {colour} with {depth} bits")
    bits = depth * _SAMPLES[colour]
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        across, down = max(0, -(-(width - x) // dx)), max(0, -(-(height - y) // dy))
        total += down * (1 + (across * bits + 7) // 8) if across else 0
    return total


def _inflated(inflating: "zlib._Decompress", body: bytes, room: int) -> Iterator[bytes]:
    """What `body` unpacks to, piece by piece, until it passes `room`."""
    rest = body
    while rest and room >= 0:
        piece = inflating.decompress(rest, _CHUNK)
        room -= len(piece)
        yield piece
        rest = inflating.unconsumed_tail
        if not piece and not rest:
            return


def _png_chunks(data: bytes, field: str) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of each chunk whose check sum fits."""
    at = len(_PNG)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if at + 12 + size > len(data):
            raise _damaged(field, "PNG", "that is cut off")
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, at + 8 + size)[0]:
            raise _damaged(field, "PNG", f"whose chunk {kind.decode('latin-1')} is altered")
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + size


def _read_jpeg(data: bytes, field: str) -> Picture:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise _damaged(field, "JPEG", "with a broken marker")
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (size,) = struct.unpack_from(">H", data, at + 2)
        if marker in _STARTS_OF_FRAME:
            if size < 8 or at + 10 > len(data):
                break
            bits, height, width, parts = struct.unpack_from(">BHHB", data, at + 4)
            _check_sides(width, height, field)
            if b"\xff\xd9" not in data[-1024:]:
                raise _damaged(field, "JPEG", "that is cut off")
            return Picture(data, "image/jpeg", width, height, bits * parts)
        if marker in (0xD9, 0xDA) or size < 2:
            break
        at += 2 + size
    raise _damaged(field, "JPEG", "without a frame")
