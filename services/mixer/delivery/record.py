"""The finished record as its files have it: what every further file is made from, so that all of them sound alike."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from contracts.artifacts import AudioArtifact
from contracts.music.score import Score
from services.mixer import files
from services.mixer.delivery.bars import Bars
from services.mixer.delivery.leads import lead_parts
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]

RETURN = "return_"


@dataclass(frozen=True)
class Record:
    """Master and stems as delivered. `lead_share` gives what the lead alone makes of the shared effects, mastered; [2, frames]."""

    master: AudioArtifact
    stems: dict[str, AudioArtifact]
    score: Score
    bench: Workbench
    lead_share: Callable[[list[str]], Audio]

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.master.sample_rate_hz

    @cached_property
    def audio(self) -> Audio:
        """The master, [2, frames]."""
        return files.read_audio(self.bench.objects.local_path(self.master))[0]

    @cached_property
    def bars(self) -> Bars:
        """The song bar by bar."""
        return Bars(self.score)

    @cached_property
    def leads(self) -> list[str]:
        """Parts with a stem that carry the tune."""
        return [name for name in lead_parts(self.score) if name in self.stems]

    def sum(self, names: list[str]) -> Audio:
        """Stems together, [2, frames]."""
        total = np.zeros((2, self.master.frames), dtype=np.float64)
        for name in names:
            total += files.read_audio(self.bench.objects.local_path(self.stems[name]))[0]
        return total.astype(np.float32)

    @cached_property
    def wet(self) -> Audio:
        """The shared spaces and echoes together, [2, frames]."""
        return self.sum([name for name in self.stems if name.startswith(RETURN) and name != "return_drums"])

    @property
    def dry(self) -> Audio:
        """All else, [2, frames]."""
        return self.audio - self.wet
