"""What a store says about an object: digest, size, media type and, for sound, its shape."""

import hashlib
import re
from pathlib import Path, PurePosixPath

from contracts.artifacts import Artifact, AudioArtifact
from contracts.errors import BadInput

CHUNK_BYTES = 1 << 20
MEDIA_TYPES = {".json": "application/json", ".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".mid": "audio/midi"}
SOUNDS = frozenset({".wav", ".flac"})
_SEGMENT = re.compile(r"[A-Za-z0-9_+=,@#~ -][A-Za-z0-9._+=,@#~ -]*")


def checked_key(key: str) -> str:
    """The key itself. Raises BadInput where it could leave the store or meet the store's own files."""
    if not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")) or len(key) > 900:
        raise BadInput("key", key, "segments of letters, digits and . _ - that do not begin with a dot, parted by /")
    return key


def likely_type(key: str) -> str:
    """The media type that a key's suffix suggests."""
    return MEDIA_TYPES.get(PurePosixPath(key).suffix, "application/octet-stream")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def audio_artifact(plain: Artifact, path: Path) -> AudioArtifact:
    """`plain` with the shape of the sound file at `path`. Raises BadInput where it holds no sound that libsndfile reads."""
    import soundfile

    try:
        shape = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        raise BadInput("audio", plain.key, "a sound file that libsndfile reads", hint=str(error)) from error
    return AudioArtifact(**plain.model_dump(), sample_rate_hz=shape.samplerate, channels=shape.channels, frames=shape.frames)


def read_artifact(data: dict[str, object]) -> Artifact:
    """An Artifact, or an AudioArtifact where the shape is there."""
    return (AudioArtifact if "frames" in data else Artifact).model_validate(data)
