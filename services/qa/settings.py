"""What an operator may set for QA."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class QaSettings(RuntimeSettings):
    """QA comes last: it loads its libraries when the others have started."""

    warm_up_after_s: float = Field(default=6.0, ge=0, description="wait before loading, to leave the cores to others at start")
