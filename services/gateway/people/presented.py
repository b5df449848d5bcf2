"""What a request shows of who sends it: a bearer token, an API key, a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from services.gateway.problems import Refused

SUBPROTOCOL = "houseband.v1"
"""What a browser offers beside `bearer.<token>`, and what it is answered: the token is never sent back."""
_BEARER_PROTOCOL = "bearer."
_MOST_CHARS = 8192


@dataclass(frozen=True)
class Presented:
    """One way to say who one is, if any; and where the request comes from and goes to."""

    token: str | None = None
    """An API key or a JWT."""
    ticket: str | None = None
    address: str = ""
    path: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nothing was shown."""
        return self.token is None and self.ticket is None


def presented(headers: Mapping[str, str], *, query: bytes = b"", address: str = "", path: str = "") -> Presented:
    """What a request's headers (or a call's metadata) and query show. Names are lower case.

    Raises Refused: 400 where two different proofs are shown, 401 where one is no proof by its form.
    """
    tokens = {_bearer(headers.get("authorization")), headers.get("x-api-key") or None, _offered(headers.get("sec-websocket-protocol", ""))}
    tokens.discard(None)
    tickets = set(parse_qs(query.decode("latin-1")).get("ticket", ())) if b"ticket=" in query else set()
    if len(tokens) + len(tickets) > 1:
        raise Refused(400, "The request says in two ways who sends it.", field="Authorization", allowed="one key, token or ticket")
    token, ticket = next(iter(tokens), None), next(iter(tickets), None)
    if any(len(proof or "") > _MOST_CHARS or not (proof or "").isascii() for proof in (token, ticket)):
        raise unrecognised("It is no key and no token.")
    return Presented(token=token, ticket=ticket, address=address, path=path)


def unrecognised(detail: str, code: str = "unauthenticated") -> Refused:
    """A 401. The proof itself is never told back: an answer may end up in a log."""
    challenge = 'Bearer realm="houseband", error="invalid_token"'
    return Refused(401, detail, code=code, field="Authorization", allowed=HOW, headers={"WWW-Authenticate": challenge})


def nobody() -> Refused:
    """The 401 of a request that shows nothing."""
    challenge = 'Bearer realm="houseband"'
    return Refused(
        401, "This takes a key.", code="unauthenticated", field="Authorization", allowed=HOW, headers={"WWW-Authenticate": challenge}
    )


HOW = "Authorization: Bearer <key or token>, or X-API-Key: <key>"


def _bearer(header: str | None) -> str | None:
    if not header:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise unrecognised("Authorization is not a bearer token.")
    return token.strip()


def _offered(protocols: str) -> str | None:
    """The token among the subprotocols that a browser offers: it can set no other header."""
    found = [name.strip() for name in protocols.split(",") if name.strip().startswith(_BEARER_PROTOCOL)]
    return found[0].removeprefix(_BEARER_PROTOCOL) or None if found else None
