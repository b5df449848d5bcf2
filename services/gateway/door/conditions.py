"""Conditional requests (RFC 9110, 13): entity tags compared as the standard says."""

import hashlib

from services.gateway.problems import Refused


def content_tag(body: bytes) -> str:
    """A weak tag of a JSON document: its compressed forms say the same."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether a client has this representation: weak comparison, as RFC 9110 13.1.2 asks for."""
    if not if_none_match:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def check_if_match(if_match: str | None, etag: str, *, required: bool = False) -> None:
    """Refuse a change of what a client has not seen.

    Args:
        if_match: the header of the request.
        etag: the tag of what would be changed.
        required: whether a change without the header is refused, too.

    Raises:
        Refused: 412 where the tag is another one, 428 where there is none and one is required.
    """
    if if_match is None:
        if required:
            raise Refused(428, "This change has to say what it changes.", field="If-Match", allowed=etag)
        return
    tags = [tag.strip().removeprefix("W/") for tag in if_match.split(",")]
    if "*" not in tags and etag.removeprefix("W/") not in tags:
        raise Refused(412, "It was changed meanwhile: read it again.", field="If-Match", value=if_match, allowed=etag)


def revision_tag(revision: int) -> str:
    """The tag of something that counts its changes."""
    return f'"{revision}"'
