"""The child's side of looking at a picture: what Pillow does with a hostile file happens in a process that can die alone.

Only `services.analyzer.picture` calls it, by `services.runtime.isolation`.
"""

import io
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from contracts.errors import BadInput

Pixels = npt.NDArray[np.uint8]
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
ALLOWED = "a PNG, JPEG, WebP or GIF picture of 2 by 2 to 64 million pixels, at most 16 MiB"
LARGEST_BYTES = 16 * 2**20
MOST_PIXELS = 64_000_000
SIDE_PX = 256
"""Longest side of what is looked at: colours and edges of a picture are the same at the size of a thumbnail."""
_WHITE = (255, 255, 255)
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_LEAST_SEEN = 0.02
_OTHERS = {
    b"<svg": "an SVG drawing", b"<?xm": "an XML document", b"%PDF": "a PDF document",
    b"8BPS": "a Photoshop file", b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture", b"BM": "a BMP picture", b"<htm": "a web page", b"<!DO": "a web page", b"ftyphe": "a HEIC picture",
    b"ftypmi": "a HEIC picture", b"ftypav": "an AVIF picture", b"\x1f\x8b": "a packed file", b"PK": "a ZIP archive",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Pixels [height, width, 3], sRGB, upright, at most SIDE_PX a side; the size of the file's picture; remarks."""

    pixels: Pixels
    width: int
    height: int
    notes: tuple[str, ...] = ()


def refused(name: str, why: str) -> BadInput:
    """What is said of a picture that cannot be looked at."""
    return BadInput("image", name, ALLOWED, hint=why[0].upper() + why[1:])


def pixels(data: bytes, name: str) -> Seen:
    """The picture in `data`. Raises BadInput on field "image"; whatever else Pillow raises or does, the parent tells."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its limit of pixels is kept below, as an error; what else it remarks is no concern of the user
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _seen(image, name)
        except UnidentifiedImageError as error:
            raise refused(name, _kind(data)) from error
        except Image.DecompressionBombError as error:
            raise refused(name, f"it has more than {MOST_PIXELS // 10**6} million pixels") from error
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, ZeroDivisionError, OverflowError) as error:
            # Pillow raises whatever its parsers trip over.
            raise refused(name, f"it is damaged: {str(error)[:120] or type(error).__name__}") from error


def _kind(data: bytes) -> str:
    head = data[:32].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not data:
        return "it is empty"
    found = next((kind for magic, kind in _OTHERS.items() if head.startswith(magic) or magic == head[4 : 4 + len(magic)]), None)
    return f"it is {found}" if found else "it is none of these, whatever its name says"


def _seen(image: Image.Image, name: str) -> Seen:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise refused(name, f"it has {width} by {height} pixels")
    if width < 2 or height < 2:
        raise refused(name, f"it has {width} by {height} pixels: there is nothing to see in it")
    notes: list[str] = []
    frames = int(getattr(image, "n_frames", 1))
    if frames > 1:
        image.seek(0)
        notes.append(f"it moves: the first of its {frames} pictures was looked at")
    image.draft("RGB", (SIDE_PX, SIDE_PX))
    image.load()
    upright = _upright(image, notes)
    if upright.size != image.size:
        width, height = height, width
    return Seen(np.asarray(_flat(_small(upright), notes, name), np.uint8), width, height, tuple(notes))


def _upright(image: Image.Image, notes: list[str]) -> Image.Image:
    """Turned as its EXIF orientation says."""
    try:
        turned = ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, ZeroDivisionError):
        notes.append("its EXIF data are damaged and were left aside")
        return image
    return turned or image


def _small(image: Image.Image) -> Image.Image:
    """At most SIDE_PX a side, in 8 bits: palettes looked up, 16 bits and floats scaled, premultiplied where it is transparent."""
    if image.mode in _DEEP:
        deep = np.asarray(image, np.float32)
        deep = np.where(np.isfinite(deep), deep, 0.0)
        full = 65535.0 if image.mode != "F" or float(deep.max(initial=0.0)) > 1 else 1.0
        image = Image.fromarray(np.clip(deep / full * 255, 0, 255).astype(np.uint8))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("1", "LA", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert({"LA": "RGBA", "1": "L"}.get(image.mode, "RGB"))
    factor = max(1, max(image.size) // (2 * SIDE_PX))
    if factor > 1:
        image = image.reduce((min(factor, image.width), min(factor, image.height)))
    image.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    return image


def _flat(image: Image.Image, notes: list[str], name: str) -> Image.Image:
    """Without transparency: on white, as a viewer shows it. Raises BadInput where nothing can be seen."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    if float(alpha.mean()) < _LEAST_SEEN:
        raise refused(name, "all of it is transparent: there is nothing to see in it")
    if float(alpha.mean()) < 1:
        notes.append(f"{1 - float(alpha.mean()):.0%} of it is transparent and was taken as white")
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground
