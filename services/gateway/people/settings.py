"""What an operator may set about people: who is let in, how fast, and how much: `HOUSEBAND_*` in the environment."""

from ipaddress import ip_address
from typing import Literal

from pydantic import Field

from services.runtime.settings import RuntimeSettings

Auth = Literal["auto", "off", "required"]


class PeopleSettings(RuntimeSettings):
    """Settings of signing in, limits, quotas and the audit log. Durations are seconds unless the name says otherwise."""

    host: str = Field(default="127.0.0.1", description="loopback: nobody else reaches it unless this is set")
    allowed_origins: tuple[str, ...] = Field(default=(), description="other web origins that may post and watch, as a JSON list")
    auth: Auth = Field(default="auto", description="auto: nobody signs in on loopback, everybody elsewhere")

    oidc_issuer: str = Field(
        default="", description="an OpenID Connect issuer whose JWTs are taken, such as https://id.example/realms/band"
    )
    oidc_audience: str = Field(default="", description="what a JWT's aud must hold")
    oidc_jwks_url: str = Field(default="", description="where its keys are, if not where its discovery document says, on its own host")
    oidc_algorithms: tuple[str, ...] = Field(
        default=("RS256", "ES256", "EdDSA"), description="the signatures that are taken; none with a shared secret"
    )
    oidc_leeway_s: float = Field(default=30.0, ge=0, le=300, description="how far clocks may differ")
    oidc_cache_s: float = Field(default=3600.0, gt=0, description="how long the issuer's keys are kept; an unknown one is fetched at once")
    oidc_user_claim: str = Field(default="sub", description="the claim that names the user")
    oidc_scope_claim: str = Field(default="scope", description="the claim that lists read, write, admin (or houseband:read, ...)")
    oidc_role_claim: str = Field(default="roles", description="the claim that lists roles; a dot leads into an object: realm_access.roles")
    oidc_roles: dict[str, tuple[str, ...]] = Field(default={}, description='scopes by role, as JSON: {"producer": ["write"]}')
    oidc_default_scopes: tuple[str, ...] = Field(default=(), description='what everybody whom the issuer knows may, such as ["write"]')
    ticket_life_s: float = Field(default=60.0, gt=0, le=3600, description="how long a ticket for a WebSocket is good")

    rate_limit: str = Field(default="1200/minute", description="requests of one key or user; a key may have its own; empty: none")
    sign_in_limit: str = Field(default="30/minute", description="failed attempts to sign in from one address")
    limits_store: str = Field(default="memory://", description="where they are counted; replicas share redis://host:6379")

    quota_jobs_at_once: int | None = Field(default=None, ge=0, description="open jobs of one user")
    quota_jobs_per_day: int | None = Field(default=None, ge=0, description="jobs of one user in a day (UTC)")
    quota_minutes_per_month: float | None = Field(default=None, ge=0, description="minutes of music of one user in a month (UTC)")
    quota_bytes_stored: int | None = Field(default=None, ge=0, description="bytes of one user's versions and uploads")
    audit_days: float = Field(default=365.0, gt=0, description="how long the audit log is kept")

    @property
    def listens(self) -> tuple[str, ...]:
        """The addresses on which it listens."""
        return (self.host,)

    @property
    def signs_in(self) -> bool:
        """Whether everybody has to say who they are."""
        return self.auth == "required" or (self.auth == "auto" and not all(is_loopback(host) for host in self.listens))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
