"""Objects as files. Writers fsync a temporary file and link it into place, so that an object is whole or absent.

The first writer of a key wins (`link` refuses an existing name). The reference of an object lies in `.meta/` as a cache
of what hashing it again would say: it names the inode, size and mtime that it describes, and is ignored when they differ.
"""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from contracts.artifacts import Artifact, AudioArtifact
from contracts.errors import Unavailable
from services.runtime.stores.describing import CHUNK_BYTES, SOUNDS, audio_artifact, checked_key, file_digest, likely_type, read_artifact

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class FileStore:
    """`Objects` in a directory."""

    def __init__(self, root: Path, *, sync: bool = True) -> None:
        self.root, self._sync = root, sync
        self._temporary, self._meta = root / ".tmp", root / ".meta"
        try:
            self._temporary.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._told(error) from error

    def __repr__(self) -> str:
        return f"FileStore({str(self.root)!r})"

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def find(self, key: str) -> Artifact | None:
        path = self._path(key)
        if not path.is_file():
            return None
        known = self._known(key, path)
        if known is None:  # its writer died before it could say, or somebody else put it there
            plain = self._described(key, path, likely_type(key))
            known = self._remember(path, audio_artifact(plain, path) if path.suffix in SOUNDS else plain)
        return known

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise Unavailable(f"object {key}", f"it is not in {self.root}") from error

    def create(self, key: str, data: bytes, media_type: str = "application/json") -> bool:  # noqa: ARG002 - S3 needs it
        with self._writing() as file:
            file.write(data)
            return self._install(file, key)

    def put_bytes(self, key: str, data: bytes, media_type: str) -> Artifact:
        self.create(key, data, media_type)
        return self._reference(key, media_type)

    def put_file(self, key: str, path: Path, media_type: str) -> Artifact:
        self._take(key, path)
        return self._reference(key, media_type)

    def put_audio(self, key: str, path: Path, media_type: str = "audio/wav") -> AudioArtifact:
        self._take(key, path)
        plain = self._reference(key, media_type)
        if isinstance(plain, AudioArtifact):
            return plain
        sound = audio_artifact(plain, self._path(key))
        self._remember(self._path(key), sound)
        return sound

    def local_path(self, artifact: Artifact) -> Path:
        path = self._path(artifact.key)
        if not path.is_file():
            raise Unavailable(f"object {artifact.key}", f"it is not in {self.root}")
        return path

    def chunks(self, artifact: Artifact) -> Iterator[bytes]:
        return _pieces(self.local_path(artifact).open("rb"))

    def signed_url(self, artifact: Artifact, seconds: int, disposition: str) -> str | None:  # noqa: ARG002 - S3 has addresses
        return None

    def list(self, prefix: str) -> list[str]:
        folder = self.root / prefix.rpartition("/")[0]
        found = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(key for key in found if key.startswith(prefix) and not key.startswith("."))

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)
        self._meta_path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _meta_path(self, key: str) -> Path:
        return self._meta / f"{key}.json"

    @contextlib.contextmanager
    def _writing(self) -> Iterator[IO[bytes]]:
        """A temporary file that is gone afterwards, whatever happens. Raises Unavailable where the disk is full."""
        name = None
        try:
            with tempfile.NamedTemporaryFile(dir=self._temporary, delete=False) as file:
                name = file.name
                yield file
        except OSError as error:
            raise self._told(error) from error
        finally:
            if name:
                Path(name).unlink(missing_ok=True)

    def _told(self, error: OSError) -> Exception:
        if error.errno in FULL:
            return Unavailable("space in the object store", f"the disk of {self.root} is full: free some space")
        return Unavailable(f"object store {self.root}", f"{error.strerror or error}")

    def _install(self, file: IO[bytes], key: str) -> bool:
        """Link the written temporary file to its key: True for the one who did."""
        file.flush()
        if self._sync:
            os.fsync(file.fileno())
        return self._link(Path(file.name), key)

    def _link(self, source: Path, key: str) -> bool:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except FileExistsError:
            return False
        if self._sync:
            _sync_directory(target.parent)
        return True

    def _take(self, key: str, path: Path) -> None:
        """Link the caller's file where it lies on the same disk, else copy it; nothing where the key is taken."""
        if self.exists(key):
            return
        try:
            if self._sync:
                _sync_file(path)
            self._link(path, key)
            self._path(key).chmod(0o444)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}:
                raise self._told(error) from error
            with self._writing() as file, path.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
                self._install(file, key)

    def _reference(self, key: str, media_type: str) -> Artifact:
        path = self._path(key)
        return self._known(key, path) or self._remember(path, self._described(key, path, media_type))

    def _described(self, key: str, path: Path, media_type: str) -> Artifact:
        return Artifact(key=key, sha256=file_digest(path), bytes=path.stat().st_size, media_type=media_type)

    def _known(self, key: str, path: Path) -> Artifact | None:
        try:
            record = json.loads(self._meta_path(key).read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return read_artifact(record["artifact"]) if record.get("of") == _identity(path) else None

    def _remember(self, path: Path, artifact: Artifact) -> Artifact:
        target = self._meta_path(artifact.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        record = {"of": _identity(path), "artifact": artifact.model_dump()}
        with self._writing() as file:
            file.write(json.dumps(record).encode())
            file.flush()
            Path(file.name).replace(target)
        return artifact


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _identity(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
