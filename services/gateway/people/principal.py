"""Who asks: a user with scopes, however they proved it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")
LOCAL_USER = "local"


@dataclass(frozen=True)
class Principal:
    """Whoever sent a request. `read`: look and fetch; `write`: make, change and delete what is theirs; `admin`: the house."""

    user: str
    scopes: frozenset[Scope]
    how: Literal["local", "key", "jwt"] = "local"
    key_id: str | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    """Of its key, over those of the house: rate, jobs_at_once, jobs_per_day, minutes_per_month, bytes_stored."""
    until: float | None = None
    """When the proof expires, Unix seconds."""


LOCAL = Principal(LOCAL_USER, frozenset(SCOPES))
"""Whoever reaches a door that asks for no keys, which only stands on loopback."""


def implied(scopes: Iterable[str]) -> frozenset[Scope]:
    """The scopes that these hold: who may write may read, who is admin may all. Unknown words hold nothing."""
    highest = max((SCOPES.index(scope) for scope in SCOPES if scope in set(scopes)), default=-1)
    return frozenset(SCOPES[: highest + 1])
