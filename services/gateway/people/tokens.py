"""A JWT of the configured issuer becomes whoever holds it."""

from collections.abc import Mapping
from typing import Any

import jwt

from services.gateway.people.issuer import Issuer
from services.gateway.people.keyring import MOST_USER_CHARS
from services.gateway.people.presented import unrecognised
from services.gateway.people.principal import LOCAL_USER, Principal, implied
from services.gateway.people.settings import PeopleSettings

_OURS = "houseband:"


async def principal_of_token(token: str, settings: PeopleSettings, issuer: Issuer) -> Principal:
    """Whoever holds a JWT. Raises Refused (401), or Unavailable where the issuer cannot be asked for its keys."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in settings.oidc_algorithms:
            raise unrecognised("The token is signed in a way that is not taken here.")
        key_id = header.get("kid")
        key = await issuer.key(key_id if isinstance(key_id, str) else None)
        if key is None:
            raise unrecognised("The token is signed with a key that its issuer does not have.")
        if key.algorithm_name != header["alg"]:
            raise unrecognised("The token is signed in another way than its key is for.")
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[header["alg"]],
            audience=settings.oidc_audience,
            issuer=settings.oidc_issuer,
            leeway=settings.oidc_leeway_s,
            options={"require": ["exp", "iss", "aud", settings.oidc_user_claim]},
        )
    except jwt.ExpiredSignatureError as error:
        raise unrecognised("The token has expired.", code="token_expired") from error
    except jwt.PyJWTError as error:
        raise unrecognised(f"The token is not good: {_reason(error)}.") from error
    return principal_of_claims(claims, settings)


def principal_of_claims(claims: Mapping[str, Any], settings: PeopleSettings) -> Principal:
    """Whoever checked claims describe. Raises Refused (401) where they name no user that can be one."""
    user = claims.get(settings.oidc_user_claim)
    if not isinstance(user, str) or not 0 < len(user) <= MOST_USER_CHARS or not user.isprintable() or user.strip() in ("", LOCAL_USER):
        raise unrecognised("The token names no user.")
    scopes = [word.removeprefix(_OURS) for word in _words(claims.get(settings.oidc_scope_claim))]
    for role in _words(_at(claims, settings.oidc_role_claim)):
        scopes += settings.oidc_roles.get(role, ())
    until = float(claims["exp"]) + settings.oidc_leeway_s
    return Principal(user, implied([*scopes, *settings.oidc_default_scopes]), "jwt", until=until)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by a path of names into objects."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _reason(error: jwt.PyJWTError) -> str:
    """What is wrong, in our words: the library's may quote the token."""
    reasons = {
        jwt.InvalidAudienceError: "it is for somebody else",
        jwt.InvalidIssuerError: "it is of another issuer",
        jwt.ImmatureSignatureError: "it is not good yet",
        jwt.MissingRequiredClaimError: "a claim is missing",
        jwt.InvalidSignatureError: "its signature is wrong",
    }
    return next((text for kind, text in reasons.items() if isinstance(error, kind)), "it cannot be read")
