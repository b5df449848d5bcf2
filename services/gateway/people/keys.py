"""What an API key is: `hb_`, 32 random characters, and a checksum of 6.

The random part holds 190 bits, so nobody guesses one, and nobody finds one from its SHA-256: a slow hash protects words that
people choose, and would only make each request slower here. The checksum (CRC-32, as of the tokens of code hosts) tells a
mistyped key without asking the database, and lets scanners find keys that were published by mistake.
"""

import hashlib
import hmac
import secrets
import zlib

PREFIX = "hb_"
TICKET_PREFIX = "hbt_"
SHOWN_CHARS = 9
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS, _CHECK_CHARS = 32, 6


def mint(prefix: str = PREFIX) -> str:
    """A new key, from the operating system's randomness."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARS))
    return f"{prefix}{body}{_checksum(prefix + body)}"


def is_whole(key: str, prefix: str = PREFIX) -> bool:
    """Whether a key has the form of one, checksum included."""
    body, check = key[:-_CHECK_CHARS], key[-_CHECK_CHARS:]
    right = key.isascii() and key.startswith(prefix) and len(key) == len(prefix) + _RANDOM_CHARS + _CHECK_CHARS
    return right and hmac.compare_digest(_checksum(body), check)


def digest_of(key: str) -> str:
    """What the database keeps of a key."""
    return hashlib.sha256(b"houseband key\0" + key.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two digests are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK_CHARS):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits
