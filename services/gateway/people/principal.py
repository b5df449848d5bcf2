"""Who asks: a user with scopes, however they proved it."""

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


LOCAL = Principal(LOCAL_USER, frozenset(SCOPES))
"""Whoever reaches a door that asks for no keys, which only stands on loopback."""
