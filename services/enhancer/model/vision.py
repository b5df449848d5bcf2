"""A second look at a picture, by a model that sees: what was measured stays, what it stands for in music may be said better."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.errors import BadInput
from contracts.features import PictureFeatures
from services.enhancer.model.account import Account, Meter
from services.enhancer.model.asking import Failed, ask
from services.enhancer.model.cache import Answers, digest_of
from services.enhancer.model.instructions import picture_question
from services.enhancer.model.schema import picture_schema
from services.enhancer.model.settings import LlmSettings
from services.enhancer.reading.tables import table
from services.enhancer.reading.values import check_value, clean, share_or_none
from services.music.packs.instruments import instruments
from services.runtime.isolation import PluginFailed, isolated

MOST_PX = 768
_MOST_PIXELS = 100_000_000
_SHRINK_S = 10.0
_MEMORY_BYTES = 1 << 30
_QUALITY = 85
_MOST_WORDS = 6
_TEXT_CHARS = 240


@dataclass(frozen=True)
class Look:
    """What a look brought: the features to go on with, what it took, and a note where it failed."""

    picture: PictureFeatures
    account: Account | None = None
    note: str = ""


def look(data: bytes, measured: PictureFeatures, settings: LlmSettings, answers: Answers) -> Look:
    """What the model sees, in place of what was only measured; the measured features and a note where it fails. Never raises.

    Args:
        data: the picture's file; a small copy of its pixels alone is sent.
        measured: what the analyzer measured.
        settings: where the model is; without a vision model nothing is sent.
        answers: those that were given before.
    """
    if not (settings.base_url and settings.vision_model):
        return Look(measured)
    try:
        small: bytes = isolated(shrunk, data, timeout_s=_SHRINK_S, what="the picture", memory_bytes=_MEMORY_BYTES)
    except (PluginFailed, BadInput):
        return Look(measured, note="The picture could not be made small for the vision model; it is only measured.")
    messages, schema = picture_question("data:image/jpeg;base64," + base64.b64encode(small).decode()), picture_schema()
    digest = digest_of(settings.vision_model, messages, schema)
    answer = answers.find(digest)
    account = Meter(settings, settings.vision_model).account(from_cache=True)
    if answer is None:
        try:
            answer, account = ask(settings, settings.vision_model, messages, schema)
        except Failed as failed:
            return Look(measured, failed.account, f"The vision model gave no usable answer ({failed.why}); the picture is only measured.")
        answers.keep(digest, answer)
    return Look(_seen(answer, measured, settings.vision_model), account)


def shrunk(data: bytes) -> bytes:
    """A JPEG of at most 768 pixels a side: the pixels of the first frame, upright, without any metadata. Raises BadInput."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise BadInput("image", f"{opened.width} x {opened.height}", f"at most {_MOST_PIXELS:,} pixels")
            opened.draft("RGB", (MOST_PX, MOST_PX))  # a JPEG is decoded at a fraction of its size
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((MOST_PX, MOST_PX))
            rgba = upright.convert("RGBA")
            plain = Image.new("RGB", rgba.size, "white")
            plain.paste(rgba, mask=rgba.getchannel("A"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput("image", type(error).__name__, "a picture that can be read") from None
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _seen(answer: Mapping[str, Any], measured: PictureFeatures, model: str) -> PictureFeatures:
    """The measured features with each of the model's values that can be."""
    changes: dict[str, Any] = {"seen_by": model}
    for name in ("tempo_bpm", "valence", "energy"):
        value = _checked(name, answer.get(name))
        if value is not None:
            changes[name] = value
    for name in ("moods", "genres"):
        named = answer.get(name)
        found = [value[0] for one in (named if isinstance(named, list) else [])[:50] if (value := _checked(name, [one]))]
        if found:
            changes[name] = tuple(dict.fromkeys(found))[:3]
    timbre, known = answer.get("timbre"), {*table("production"), *instruments()}
    words = [one for one in (timbre if isinstance(timbre, list) else [])[:50] if isinstance(one, str) and one in known]
    if words:
        changes["timbre"] = tuple(dict.fromkeys(words))[:_MOST_WORDS]
    if answer.get("mode") in ("major", "minor"):
        changes["mode"] = answer["mode"]
    if isinstance(answer.get("text"), str):
        changes["text"] = clean(answer["text"], _TEXT_CHARS)
    sure = share_or_none(answer.get("confidence"))
    if sure is not None:
        changes["confidence"] = min(max(sure, 0.05), 0.9)
    return measured.model_copy(update=changes)


def _checked(name: str, value: Any) -> Any:
    try:
        return None if value is None else check_value(name, value)
    except BadInput:
        return None
