"""Small copies of the finished master and stems for quick listening: MP3, made when first asked for, kept by digest.

All have the same coder and so the same delay: a client that plays several at once hears them in step.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator

import structlog

from contracts.artifacts import Artifact
from contracts.errors import Unavailable
from services.gateway.database.models import Version
from services.gateway.early.coding import MEDIA_TYPES, coder
from services.gateway.early.feed import Feed
from services.gateway.early.sound import Sound
from services.gateway.jobs.versions import MASTER
from services.gateway.ports import Desk
from services.gateway.problems import Refused

CODER = "128k-1"
"""Raised with every change that changes bytes."""
log = structlog.get_logger(__name__)


def copy_key(sha256: str) -> str:
    """Key of the small copy of a sound, by the digest of what it is a copy of."""
    return f"previews/{CODER}/{sha256}.mp3"


def source_of(version: Version, name: str) -> Artifact:
    """The delivered sound that `master`, a part's id or `stems/<part>` names. Raises Refused (404)."""
    names = {"master": MASTER} | {file.removesuffix(".wav"): file for file in version.artifacts if _is_stem(file)}
    names |= {file.removeprefix("stems/").removesuffix(".wav"): file for file in version.artifacts if _is_stem(file)}
    file = names.get(name)
    if file is None or file not in version.artifacts:
        there = sorted(short for short, long in names.items() if "/" not in short and long in version.artifacts)
        raise Refused(404, "This version has no such sound.", field="name", value=name, allowed=", ".join(there) or "nothing yet")
    return Artifact.model_validate(version.artifacts[file])


def _is_stem(file: str) -> bool:
    return file.startswith("stems/") and file.endswith(".wav")


async def find_copy(desk: Desk, source: Artifact) -> Artifact | None:
    """The copy, where it was made before."""
    return await asyncio.to_thread(desk.objects.find, copy_key(source.sha256))


def copy_stream(desk: Desk, source: Artifact) -> AsyncIterator[bytes]:
    """The copy while it is made; at its end it is stored. Who asks at the same time shares it. Memory: a block at a time."""

    async def make(feed: Feed) -> None:
        sound = await asyncio.to_thread(Sound, await asyncio.to_thread(desk.objects.local_path, source))
        with sound:
            by = coder("mp3", sound.rate_hz)
            while (block := await asyncio.to_thread(sound.read)).size:
                async with desk.coding:
                    data = await asyncio.to_thread(by.code, block)
                await feed.append(data)
            await feed.append(await asyncio.to_thread(by.end))
        await _keep(desk, source, feed)

    return desk.listening.read(f"copy:{source.sha256}", desk.settings.scratch_dir, make)


async def _keep(desk: Desk, source: Artifact, feed: Feed) -> None:
    """Store a whole copy; where there is no room, it is made again next time."""
    given = feed.path.with_suffix(".mp3")
    try:
        await asyncio.to_thread(shutil.copyfile, feed.path, given)  # the store may keep the very file that it is given
        await asyncio.to_thread(desk.objects.put_file, copy_key(source.sha256), given, MEDIA_TYPES["mp3"])
    except (Unavailable, OSError) as error:
        log.warning("copy_not_kept", key=copy_key(source.sha256), reason=str(error))
    finally:
        given.unlink(missing_ok=True)
