"""Files of a form go straight to disk: each into a file of its own in the spool folder, digested on the way, moved and never copied."""

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser

from services.gateway.problems import Refused
from services.gateway.settings import GatewaySettings

PREFIX = "houseband-upload-"
_STALE_S = 86_400.0
_SPARED_BYTES = 64 * 2**20


class SpoolFile:
    """A named file that knows the digest of what was written to it; gone when it is closed, unless it was taken."""

    def __init__(self, folder: Path) -> None:
        handle, name = tempfile.mkstemp(prefix=PREFIX, dir=folder)
        self.path = Path(name)
        self._file = os.fdopen(handle, "w+b")
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of everything written."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Append."""
        self._digest.update(data)
        return self._file.write(data)

    def read(self, size: int = -1) -> bytes:
        """Bytes from where the last read ended."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def take(self, target: Path) -> None:
        """Give the file another name in the same folder or below: nothing is copied."""
        self._file.flush()
        os.link(self.path, target)

    def close(self) -> None:
        """Close and remove."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class _ToDisk(MultiPartParser):
    """Starlette's parser with spool files in place of its own."""

    folder: Path

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        upload = self._current_part.file
        if upload is not None:
            spooled: Any = SpoolFile(self.folder)
            upload.file.close()
            upload.file = spooled
            self._files_to_close_on_error.append(spooled)


def spool_folder(settings: GatewaySettings) -> Path:
    """Where uploads are written, on the disk of the store where that can be, so that they are linked and not copied."""
    folder = settings.spool_dir or settings.scratch_dir / "uploads"
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


async def form_on_disk(http: Request, folder: Path, *, max_files: int, max_fields: int) -> FormData:
    """The form of a request. Raises Refused (507) where what it says to hold has no room; what Starlette's parser raises."""
    announced = http.headers.get("content-length", "")
    free = shutil.disk_usage(folder).free
    if announced.isdigit() and int(announced) + _SPARED_BYTES > free:
        raise Refused(
            507, "There is no room left for the upload.", field="body", value=f"{announced} bytes", allowed=f"{free} bytes are free"
        )
    parser = _ToDisk(http.headers, http.stream(), max_files=max_files, max_fields=max_fields)
    parser.folder = folder
    return await parser.parse()


def spool_file(upload: UploadFile) -> SpoolFile | None:
    """The file of an upload that went straight to disk."""
    file: object = upload.file
    return file if isinstance(file, SpoolFile) else None


def remove_stale(folder: Path) -> int:
    """Remove what killed gateways left of uploads more than a day ago; how many."""
    stale = [path for path in folder.glob(f"{PREFIX}*") if time.time() - path.stat().st_mtime > _STALE_S]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return len(stale)
