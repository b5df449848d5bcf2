"""`provenance.json`: what made a song, from what, with which engines and licences, in the words of C2PA 2.1 (Content Credentials).

A claim names its assertions by label and hash; a signature, where the operator has a key, covers the claim. The document stands beside
the files instead of inside them, and its signature is a JWS instead of COSE: readers of C2PA do not take it for theirs.
"""

import hashlib
import json
from typing import Any

from pydantic import Field

from contracts.base import Document


class Assertion(Document):
    """One statement. Labels beginning with `c2pa.` mean what that standard says."""

    label: str
    data: dict[str, Any]

    def digest(self) -> str:
        """SHA-256 of its canonical JSON (RFC 8785 for what is used here: sorted keys, no spaces), in hex."""
        return hashlib.sha256(canonical(self.model_dump(mode="json"))).hexdigest()


class HashedReference(Document):
    """An assertion of the claim."""

    label: str
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class Claim(Document):
    """What is claimed, and by whom."""

    instance_id: str = Field(description="urn:uuid of this version of the song, from its files")
    title: str
    format: str = "audio/wav"
    generator: dict[str, str] = Field(description="name and version of what made it")
    created_at: float = Field(description="Unix seconds at which the job was accepted")
    alg: str = "sha256"
    assertions: tuple[HashedReference, ...]

    def signed_bytes(self) -> bytes:
        """What a signature covers."""
        return canonical(self.model_dump(mode="json"))


class Signature(Document):
    """An Ed25519 signature (RFC 8037) of the claim; `key` is the public key in base64url, `kid` its JWK thumbprint (RFC 7638)."""

    alg: str = "EdDSA"
    kid: str
    key: str
    value: str


class Provenance(Document):
    """The whole document."""

    claim: Claim
    assertions: tuple[Assertion, ...]
    signature: Signature | None = None

    def assertion(self, label: str) -> dict[str, Any]:
        """The data of an assertion; empty where there is none."""
        return next((one.data for one in self.assertions if one.label == label), {})


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
