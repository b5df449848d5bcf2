"""A draft of a song's beginning, in chunks that follow each other without a gap, for whoever listens while it is made."""

from pydantic import Field

from contracts.artifacts import AudioArtifact
from contracts.base import Document
from contracts.context import job_prefix


class DraftChunk(Document):
    """One chunk, stored."""

    chunk: int = Field(ge=0)
    start_s: float = Field(description="where it begins in the song")
    seconds: float
    audio: AudioArtifact = Field(description="stereo WAV, 16 bit, 48 kHz")
    last: bool = False


def preview_prefix(composition_id: str, job_id: str) -> str:
    """Where what is heard early lies."""
    return f"{job_prefix(composition_id, job_id)}/preview"


def chunk_key(composition_id: str, job_id: str, attempt: int, chunk: int) -> str:
    """Key of a chunk."""
    return f"{preview_prefix(composition_id, job_id)}/{attempt}-{chunk:03d}.wav"


def wanted_key(composition_id: str, job_id: str) -> str:
    """Key of the note that somebody listens, which may be written before there is an arrangement."""
    return f"{preview_prefix(composition_id, job_id)}/wanted.json"
