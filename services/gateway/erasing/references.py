"""Which objects a composition refers to: what lies in its own folders, and what it shares because it lies under its digest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts.errors import Unavailable
from services.runtime.workbench import Objects

# Where objects lie under the digest of what made them. `DIRECTORIES` hold several that belong together, one digest a directory.
DIRECTORIES = ("audio/mixed/", "audio/master/", "audio/further/")
SHARED = ("scores/", "stems/", "audio/", "midi/", "given/", "transcripts/", "previews/")
# What is remembered of a file under its digest, and can be made again: measures, analyses, small copies.
REMEMBERED = ("audio/mixed/measured/", "ears/", "previews/")
ANSWERS = "model-answers/"
_TEXT = re.compile(rb'"((?:' + "|".join(SHARED).encode() + rb')[A-Za-z0-9._+=,@#~ /-]+)"')
_DIGEST = re.compile(rb'"sha256":\s*"([0-9a-f]{64})"')


@dataclass
class References:
    """The keys and digests that documents name."""

    keys: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)

    def read(self, document: bytes) -> None:
        """Add what a JSON document names. A delivered file's name, such as stems/bass.wav, may look like a key: it is of no object."""
        self.keys.update(unit(text.decode()) for text in _TEXT.findall(document))
        self.digests.update(text.decode() for text in _DIGEST.findall(document))


def unit(key: str) -> str:
    """What is kept or goes as one: the folder of a digest, else the object itself."""
    for folder in DIRECTORIES:
        if key.startswith(folder) and not key.startswith(REMEMBERED):
            return folder + key.removeprefix(folder).partition("/")[0] + "/"
    return key


def own_prefixes(composition_id: str) -> tuple[str, ...]:
    """The folders that are of one composition alone."""
    return (f"compositions/{composition_id}/", f"uploads/{composition_id}/")


def of_composition(objects: Objects, composition_id: str) -> References:
    """Everything that any document of a composition ever named."""
    found = References()
    for key in objects.list(f"compositions/{composition_id}/"):
        if key.endswith(".json"):
            found.read(objects.read(key))
    return found


def of_jobs(objects: Objects, jobs: Iterable[tuple[str, str]]) -> References:
    """What others need: what the newest document of each job, by (composition, job), names, and all of an open one's."""
    found = References()
    for composition_id, job_id in jobs:
        keys = objects.list(f"compositions/{composition_id}/jobs/{job_id}/context/")
        for key in keys[-2:]:  # the newest, and the one before where it is being written
            try:
                found.read(objects.read(key))
            except Unavailable:  # erased meanwhile
                continue
    return found


def objects_of(objects: Objects, dying: References, living: References) -> list[str]:
    """Keys of shared objects that only the dying name."""
    lonely = sorted(dying.keys - living.keys)
    found = {key for one in lonely for key in (objects.list(one) if one.endswith("/") else [one] if objects.exists(one) else [])}
    digests = dying.digests - living.digests
    for folder in REMEMBERED:
        found.update(key for key in objects.list(folder) if any(part in digests for part in re.findall(r"[0-9a-f]{64}", key)))
    return sorted(found)
