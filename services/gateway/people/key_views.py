"""A key as it is shown: over REST and on the command line."""

from pydantic import BaseModel, Field

from services.gateway.database.models import ApiKey
from services.gateway.people.keyring import is_live
from services.gateway.people.principal import Scope
from services.gateway.people.quotas import Limits


class KeyView(BaseModel):
    """A key as it is shown: never the key itself. Times are Unix seconds."""

    key_id: str
    user: str
    name: str
    prefix: str = Field(description="how the key begins")
    scopes: tuple[Scope, ...]
    limits: Limits
    live: bool = Field(description="whether it is good for something")
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    used_at: float | None = Field(description="when it was last used, to some seconds")


class MadeKey(KeyView):
    """A new key. It is told once: nobody can read it again."""

    key: str


def key_view(row: ApiKey, now: float) -> KeyView:
    """A row as it is shown."""
    columns = ("user", "name", "prefix", "scopes", "limits", "created_at", "expires_at", "revoked_at", "used_at")
    shown = {name: getattr(row, name) for name in columns}
    return KeyView.model_validate({"key_id": row.id, "live": is_live(row, now), **shown})


def made_key(row: ApiKey, key: str, now: float) -> MadeKey:
    """A new key as it is told, once."""
    return MadeKey(**key_view(row, now).model_dump(), key=key)
