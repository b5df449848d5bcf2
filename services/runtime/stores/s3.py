"""Objects in an S3-compatible service. Creation is `If-None-Match: *`; digests and shapes travel as object metadata."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contracts.artifacts import Artifact, AudioArtifact
from contracts.errors import Unavailable
from services.runtime.stores.describing import CHUNK_BYTES, audio_artifact, checked_key, file_digest, read_artifact

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})
SHAPE = ("sample_rate_hz", "channels", "frames")
CACHE_LIMIT_BYTES = 4 << 30


class S3Store:
    """`Objects` in a bucket, under a prefix."""

    def __init__(
        self, bucket: str, prefix: str = "", *, endpoint: str | None = None, region: str = "us-east-1", cache_dir: Path | None = None
    ) -> None:
        self.bucket, self.prefix = bucket, f"{prefix}/" if prefix else ""
        self._cache = cache_dir or Path(tempfile.gettempdir()) / f"houseband-cache-{os.getuid()}"
        # Checksums only where required: other S3 servers refuse or slow down on the default trailer (measured: 222 -> 135 ms per 30 MB).
        config = Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=5,
            read_timeout=60,
            s3={"addressing_style": "path"},
            signature_version="s3v4",  # addresses signed the old way are refused by newer servers
        )
        self._client = boto3.session.Session().client("s3", endpoint_url=endpoint, region_name=region, config=config)

    def __repr__(self) -> str:
        return f"S3Store({self.bucket!r}, {self.prefix!r})"

    def exists(self, key: str) -> bool:
        return self._head(key) is not None

    def find(self, key: str) -> Artifact | None:
        head = self._head(key)
        if head is None:
            return None
        known = head["Metadata"]
        if "sha256" not in known:  # stored by somebody else: the digest costs a read
            known = {"sha256": hashlib.sha256(self.read(key)).hexdigest()}
        shape = {name: int(known[name]) for name in SHAPE if name in known}
        return read_artifact(
            {"key": key, "sha256": known["sha256"], "bytes": head["ContentLength"], "media_type": head["ContentType"], **shape}
        )

    def read(self, key: str) -> bytes:
        with _told(f"object {key}"):
            data: bytes = self._client.get_object(Bucket=self.bucket, Key=self._name(key))["Body"].read()
            return data

    def create(self, key: str, data: bytes, media_type: str = "application/json") -> bool:
        return self._put(key, data, media_type, {"sha256": hashlib.sha256(data).hexdigest()})

    def put_bytes(self, key: str, data: bytes, media_type: str) -> Artifact:
        mine = Artifact(key=key, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), media_type=media_type)
        return mine if self.create(key, data, media_type) else self._winner(key)

    def put_file(self, key: str, path: Path, media_type: str) -> Artifact:
        return self.find(key) or self._put_described(self._described(key, path, media_type), path)

    def put_audio(self, key: str, path: Path, media_type: str = "audio/wav") -> AudioArtifact:
        stored = self.find(key) or self._put_described(audio_artifact(self._described(key, path, media_type), path), path)
        return stored if isinstance(stored, AudioArtifact) else audio_artifact(stored, self.local_path(stored))

    def local_path(self, artifact: Artifact) -> Path:
        """A cached copy named by its digest: fetched once, checked, and used by every later job on this machine."""
        target = self._cache / artifact.sha256[:2] / f"{artifact.sha256}{Path(artifact.key).suffix}"
        if target.is_file():
            os.utime(target)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            try:
                self._fetch(artifact, file)
                Path(file.name).replace(target)
            finally:
                Path(file.name).unlink(missing_ok=True)
        self._trim(keep=target)
        return target

    def chunks(self, artifact: Artifact) -> Iterator[bytes]:
        what = f"object {artifact.key}"
        with _told(what):
            body = self._client.get_object(Bucket=self.bucket, Key=self._name(artifact.key))["Body"]
        return _pieces(what, body)

    def signed_url(self, artifact: Artifact, seconds: int, disposition: str) -> str | None:
        asked = {"Bucket": self.bucket, "Key": self._name(artifact.key)}
        shown = {"ResponseContentDisposition": disposition, "ResponseContentType": artifact.media_type}
        with _told(f"object {artifact.key}"):
            url: str = self._client.generate_presigned_url("get_object", Params={**asked, **shown}, ExpiresIn=seconds)
        return url

    def list(self, prefix: str) -> list[str]:
        with _told(f"bucket {self.bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
            return sorted(item["Key"].removeprefix(self.prefix) for page in pages for item in page.get("Contents", ()))

    def delete(self, key: str) -> None:
        with _told(f"object {key}"):
            self._client.delete_object(Bucket=self.bucket, Key=self._name(key))

    def _name(self, key: str) -> str:
        return self.prefix + checked_key(key)

    def _head(self, key: str) -> Any:
        try:
            with _told(f"object {key}"):
                return self._client.head_object(Bucket=self.bucket, Key=self._name(key))
        except _Missing:
            return None

    def _described(self, key: str, path: Path, media_type: str) -> Artifact:
        return Artifact(key=key, sha256=file_digest(path), bytes=path.stat().st_size, media_type=media_type)

    def _put_described(self, artifact: Artifact, path: Path) -> Artifact:
        known = artifact.model_dump(include={"sha256", *SHAPE})
        with path.open("rb") as file:
            created = self._put(artifact.key, file, artifact.media_type, {name: str(value) for name, value in known.items()})
        return artifact if created else self._winner(artifact.key)

    def _put(self, key: str, body: bytes | IO[bytes], media_type: str, known: dict[str, str]) -> bool:
        try:
            with _told(f"object {key}"):
                self._client.put_object(
                    Bucket=self.bucket, Key=self._name(key), Body=body, ContentType=media_type, Metadata=known, IfNoneMatch="*"
                )
        except _Taken:
            return False
        return True

    def _winner(self, key: str) -> Artifact:
        stored = self.find(key)
        if stored is None:
            raise Unavailable(f"object {key}", "it was taken and then removed")
        return stored

    def _fetch(self, artifact: Artifact, file: IO[bytes]) -> None:
        digest = hashlib.sha256()
        with _told(f"object {artifact.key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=self._name(artifact.key))["Body"]
            for chunk in body.iter_chunks(1 << 20):
                digest.update(chunk)
                file.write(chunk)
        file.flush()
        if digest.hexdigest() != artifact.sha256:
            raise Unavailable(f"object {artifact.key}", f"its digest is {digest.hexdigest()[:12]}…, not {artifact.sha256[:12]}…")

    def _trim(self, keep: Path) -> None:
        """Drop the copies that were used longest ago until the cache is within its limit."""
        copies = sorted((path for path in self._cache.rglob("*") if path.is_file() and path != keep), key=lambda path: path.stat().st_mtime)
        excess = sum(path.stat().st_size for path in copies) - CACHE_LIMIT_BYTES
        for path in copies:
            if excess <= 0:
                return
            excess -= path.stat().st_size
            path.unlink(missing_ok=True)


class _Missing(Unavailable):
    """No such object."""


class _Taken(Unavailable):
    """Somebody else created the object."""


def _pieces(what: str, body: Any) -> Iterator[bytes]:
    with _told(what), contextlib.closing(body):
        yield from body.iter_chunks(CHUNK_BYTES)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Say a failure of the service as Unavailable."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        kind = _Missing if code in MISSING else _Taken if code in TAKEN else Unavailable
        raise kind(what, f"the object store says {code}: {error.response.get('Error', {}).get('Message', '')}") from error
    except (BotoCoreError, OSError) as error:
        raise Unavailable(what, f"the object store does not answer: {error}") from error
