"""Signatures of provenance documents: Ed25519 with a key of the operator's (HOUSEBAND_PROVENANCE_KEY, a PEM file)."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contracts.errors import BadInput
from contracts.provenance import Signature, canonical

VARIABLE = "HOUSEBAND_PROVENANCE_KEY"


@dataclass(frozen=True)
class Signer:
    """Signs with one private key."""

    key: Ed25519PrivateKey

    def sign(self, data: bytes) -> Signature:
        """The signature of `data`, with the public key that it is checked by."""
        public = _encoded(self.key.public_key().public_bytes_raw())
        return Signature(kid=thumbprint(public), key=public, value=_encoded(self.key.sign(data)))


def operators_signer() -> Signer | None:
    """The signer of this installation; None where no key is set. Raises BadInput for a key that is none."""
    named = os.environ.get(VARIABLE)
    return read_signer(Path(named)) if named else None


def read_signer(path: Path) -> Signer:
    """A signer from a PEM file. Raises BadInput for one that cannot be read or is no Ed25519 key."""
    allowed = "a PEM file with an Ed25519 private key (openssl genpkey -algorithm ed25519)"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(VARIABLE, str(path), allowed, hint=str(error).splitlines()[0] if str(error) else "") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(VARIABLE, str(path), allowed)
    return Signer(key)


def is_signed(signature: Signature, data: bytes) -> bool:
    """Whether the signature is one of `data` by the key that it names."""
    try:
        public = Ed25519PublicKey.from_public_bytes(_decoded(signature.key))
        public.verify(_decoded(signature.value), data)
    except (InvalidSignature, ValueError):
        return False
    return signature.kid == thumbprint(signature.key)


def thumbprint(public: str) -> str:
    """The JWK thumbprint (RFC 7638, RFC 8037 appendix A.3) of a public key in base64url."""
    return _encoded(hashlib.sha256(canonical({"crv": "Ed25519", "kty": "OKP", "x": public})).digest())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
