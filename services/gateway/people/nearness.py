"""Where nobody signs in, only this machine may ask: neither a name that was bent to point here nor a proxy for others.

A page of `evil.example` whose name is made to lead to 127.0.0.1 (DNS rebinding) is of the same origin as what it asks, to a
browser; the Host that it sends still is its own name. A reverse proxy on this machine comes from loopback, for everybody.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from services.gateway.people.settings import PeopleSettings, is_loopback
from services.gateway.problems import Refused

_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-host", b"x-forwarded-proto", b"via")
_MOST_KNOWN = 256


class Nearness:
    """Looks at the Host of a request, and whether it was forwarded."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._known = {urlsplit(origin).netloc.encode() for origin in settings.allowed_origins}
        self._refuses_proxies = settings.auth == "auto"

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise Refused (403) for a request that only seems to come from this machine."""
        for name, value in headers:
            if name == b"host" and value not in self._known:
                self._learn(value)
            elif self._refuses_proxies and name in _FORWARDED:
                raise Refused(
                    403,
                    "A proxy asks for somebody else, and nobody signs in here.",
                    code="forwarded",
                    field=name.decode(),
                    allowed="HOUSEBAND_AUTH=required behind a proxy; HOUSEBAND_AUTH=off where it lets in only you",
                )

    def _learn(self, value: bytes) -> None:
        host = urlsplit(f"//{value.decode('latin-1')}").hostname or ""
        if not is_loopback(host):
            allowed = "localhost or 127.0.0.1; other names with HOUSEBAND_ALLOWED_ORIGINS, or HOUSEBAND_AUTH=required"
            raise Refused(403, "This house stands on loopback.", code="other_host", field="Host", value=host, allowed=allowed)
        if len(self._known) < _MOST_KNOWN:
            self._known.add(value)
