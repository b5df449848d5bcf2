"""What an operator may set for the analyzer."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class AnalyzerSettings(RuntimeSettings):
    """Most songs have no reference: the ears' libraries (seconds of CPU) are loaded when one comes."""

    warm_up: bool = Field(default=False, description="load the work's libraries before the first message")
