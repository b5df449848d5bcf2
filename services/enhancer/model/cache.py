"""Answers of the model by the digest of the whole question, in the object store: a retry does not pay twice, a job stays the same."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from contracts.errors import Unavailable
from services.enhancer.model.schema import Schema
from services.runtime.workbench import Objects

_VERSION = 1
_FOLDER = "model-answers"
MOST_PER_SHELF = 32
"""Of 256 shelves: 8,192 answers in all, a few kilobytes each."""
_MOST_BYTES = 1 << 18


def digest_of(model: str, messages: list[dict[str, Any]], schema: Schema) -> str:
    """Digest of model, instructions, prompt and stated facts."""
    return hashlib.sha256(json.dumps([_VERSION, model, messages, schema], sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Answers:
    """The answers in a store; without a store nothing is kept."""

    objects: Objects | None = None

    def find(self, digest: str) -> dict[str, Any] | None:
        """An earlier answer, None where there is none that can be read. Its values are checked like a fresh one's."""
        if self.objects is None or not self.objects.exists(_key(digest)):
            return None
        try:
            data = json.loads(self.objects.read(_key(digest)))
        except (ValueError, RecursionError, Unavailable):
            return None
        return data if isinstance(data, dict) else None

    def keep(self, digest: str, answer: dict[str, Any]) -> None:
        """Keep an answer, and no more on its shelf than fit."""
        data = json.dumps(answer).encode("utf-8", "surrogatepass")
        if self.objects is None or len(data) > _MOST_BYTES:
            return
        if not self.objects.create(_key(digest), data) and self.find(digest) is None:
            self.objects.delete(_key(digest))  # what lies there cannot be read
            self.objects.create(_key(digest), data)
        shelf = [key for key in self.objects.list(f"{_FOLDER}/{digest[:2]}/") if key != _key(digest)]
        for key in shelf[MOST_PER_SHELF - 1 :]:
            self.objects.delete(key)


def _key(digest: str) -> str:
    return f"{_FOLDER}/{digest[:2]}/{digest}.json"
