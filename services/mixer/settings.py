"""What an operator may set for the mixer."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class MixerSettings(RuntimeSettings):
    """The mixer's turn comes after the stems: it loads its libraries when the others have started."""

    warm_up_after_s: float = Field(default=3.0, ge=0, description="wait before loading, to leave the cores to others at start")
