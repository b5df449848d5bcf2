"""References to what lies in the object store. Events and documents carry these, never audio."""

from pydantic import Field

from contracts.base import Document


class Artifact(Document):
    """One stored object: where it is, what it holds, and the digest that proves it."""

    key: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    media_type: str


class AudioArtifact(Artifact):
    """A stored sound file with its shape."""

    sample_rate_hz: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz
