"""What an operator may set for the generator."""

from pydantic import Field

from services.runtime.settings import RuntimeSettings


class GeneratorSettings(RuntimeSettings):
    """One program, three kinds of workers: all of it, rendering alone, or the neural worker on a GPU."""

    writes: bool = Field(default=True, description="compose, arrange and plan; off: render stems only")
    engines: tuple[str, ...] = Field(default=("sampled",), description="render engines served here: sampled, neural")
