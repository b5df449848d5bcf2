"""JWTs of a real OpenID Connect issuer on loopback: discovered and fetched over HTTP, believed only as far as they should be."""

import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from contracts.errors import BadInput, Unavailable
from services.gateway.app import create_app
from services.gateway.database.engine import Database
from services.gateway.people.opening import check_way_in
from services.gateway.people.presented import Presented
from services.gateway.people.principal import Principal
from services.gateway.people.reception import Reception
from services.gateway.people.settings import PeopleSettings
from services.gateway.problems import Refused
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import House, Open
from tests.gateway.people.conftest import MakeKey, shown

AUDIENCE = "houseband"


@dataclass
class Provider:
    """An issuer: what it publishes, and what it was asked. `changes` overrides its discovery document."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def sign(self, key_id: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        """A token as it would give one."""
        now = time.time()
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "exp": now + 60, "iat": now, "scope": "openid write", **claims}
        stated = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(stated, self.keys[key_id], algorithm, headers={"kid": key_id})

    def answer(self, path: str) -> bytes | None:
        """What lies at a path; None: nothing."""
        self.asked.append(path)
        if self.broken:
            return None
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **self.changes}).encode()
        if path == "/jwks":
            return json.dumps({"keys": [{**_public(key), "kid": name, "use": "sig"} for name, key in self.keys.items()]}).encode()
        return b"x" * 600_000 if path == "/large" else None


def _public(key: Any) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return dict(RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), alg="RS256")
    return dict(ECAlgorithm.to_jwk(key.public_key(), as_dict=True), alg="ES256")


@pytest.fixture(scope="module")
def rsa_keys() -> list[rsa.RSAPrivateKey]:
    """Two keys: they take a while to make."""
    return [rsa.generate_private_key(65537, 2048) for _ in range(2)]


@pytest.fixture
def provider(rsa_keys: list[rsa.RSAPrivateKey]) -> Iterator[Provider]:
    """A running issuer with one RSA key and one elliptic one."""
    made = Provider(keys={"one": rsa_keys[0], "curve": ec.generate_private_key(ec.SECP256R1())})
    with _serving(made):
        yield made


@contextmanager
def _serving(provider: Provider) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = provider.answer(self.path)
            self.send_response(302 if self.path == "/elsewhere" else 404 if body is None else 200)
            self.send_header("Location", f"{provider.url}/jwks")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:  # quiet
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def stated(provider: Provider, **changes: Any) -> dict[str, Any]:
    """The settings of a gateway that takes its tokens."""
    return {"auth": "required", "oidc_issuer": provider.url, "oidc_audience": AUDIENCE, **changes}


@asynccontextmanager
async def reception_of(provider: Provider, clock: Any = time.time, **changes: Any) -> AsyncIterator[Reception]:
    """A reception of that gateway; its database is never asked."""
    database = Database("sqlite+aiosqlite:///:memory:")
    yield Reception(PeopleSettings(**stated(provider, **changes)), database, lambda: "id", clock)
    await database.close()


async def enter(reception: Reception, token: str) -> Principal | int:
    """Who gets in with a token, or with what status not."""
    try:
        return await reception.sign_in(Presented(token=token, address="x"))
    except Refused as refused:
        return refused.status


async def test_a_token_of_the_issuer_opens_the_door(provider: Provider, open_house: Open) -> None:
    """Over REST, by discovery and JWKS: the user is its subject, what they may is in its scopes; and nobody else gets in."""
    async with open_house(play=False, **stated(provider)) as house:
        me = (await house.http.get("/me", headers=shown(provider.sign()))).json()
        assert (me["user"], me["how"], me["scopes"]) == ("ada", "jwt", ["read", "write"])
        await _no_admin_without_it(house, provider)
    assert provider.asked == ["/.well-known/openid-configuration", "/jwks"]


async def _no_admin_without_it(house: House, provider: Provider) -> None:
    assert (await house.http.get("/keys", headers=shown(provider.sign()))).status_code == 403
    assert (await house.http.get("/keys", headers=shown(provider.sign(scope="houseband:admin")))).status_code == 200
    assert (await house.http.get("/me", headers=shown(provider.sign(scope="openid")))).status_code == 403
    assert (await house.http.get("/me", headers=shown(provider.sign(aud="another")))).status_code == 401


async def test_what_is_wrong_with_a_token_keeps_it_out(provider: Provider, rsa_keys: list[rsa.RSAPrivateKey]) -> None:
    """Expired, not yet, of others, for others, without a user, with a strange key or signature: 401, each."""
    now, head = time.time(), {"kid": "one"}
    claims = {"iss": provider.url, "aud": AUDIENCE, "sub": "eve", "exp": now + 60, "scope": "admin"}
    good = provider.sign()
    wrong = {
        "expired": provider.sign(exp=now - 60),
        "not yet": provider.sign(nbf=now + 600),
        "another audience": provider.sign(aud=["somebody", "else"]),
        "another issuer": provider.sign(iss="http://127.0.0.1:1"),
        "without an end": provider.sign(exp=None),
        "without a user": provider.sign(sub=None),
        "the local user": provider.sign(sub="local"),
        "a user that forges lines": provider.sign(sub="a\nb"),
        "no signature": jwt.encode(claims, None, "none", headers=head),
        "signed with the public key": _signed_with_the_public_key(claims, rsa_keys[0]),
        "signed by another": jwt.encode(claims, rsa_keys[1], "RS256", headers=head),
        "another kind of key": jwt.encode(claims, provider.keys["curve"], "ES256", headers=head),
        "a key of its own": jwt.encode(claims, rsa_keys[1], "RS256", headers={"jwk": _public(rsa_keys[1]), "jku": f"{provider.url}/jwks"}),
        "changed": good[:-8] + "AAAAAAAA",
        "cut": good.rpartition(".")[0],
        "none at all": "not.a.token",
    }
    async with reception_of(provider) as reception:
        assert [name for name, token in wrong.items() if await enter(reception, token) != 401] == []
        assert isinstance(await enter(reception, good), Principal)
        assert isinstance(await enter(reception, provider.sign(exp=now - 10)), Principal), "clocks may differ by the leeway"
        assert isinstance(await enter(reception, provider.sign("curve", "ES256")), Principal)
    assert set(provider.asked) == {"/.well-known/openid-configuration", "/jwks"}, "nothing that a token says is fetched"


def _signed_with_the_public_key(claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    """The trick with which a careless library is fooled: what everybody knows, taken for a shared secret. Ours would not make one."""
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    said = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in ({"alg": "HS256", "kid": "one"}, claims))
    return f"{said}.{base64url_encode(hmac.digest(secret, said.encode(), 'sha256')).decode()}"


async def test_keys_may_change_and_the_issuer_may_be_away(provider: Provider, rsa_keys: list[rsa.RSAPrivateKey]) -> None:
    """A new key is fetched when a token names it, strange names do not make us ask again and again, and known keys outlast a break."""
    now = time.time()
    async with reception_of(provider, lambda: now, oidc_cache_s=300.0) as reception:
        assert isinstance(await enter(reception, provider.sign()), Principal)
        provider.keys["two"] = rsa_keys[1]
        now += 11
        assert isinstance(await enter(reception, provider.sign("two")), Principal)
        asked = len(provider.asked)
        for number in range(5):
            strange = jwt.encode({"sub": "eve"}, rsa_keys[1], "RS256", headers={"kid": f"strange-{number}"})
            assert await enter(reception, strange) == 401
        assert len(provider.asked) == asked
        provider.broken = True
        now += 20
        assert isinstance(await enter(reception, provider.sign(exp=now + 60)), Principal)
        provider.broken, now = False, now + 400
        del provider.keys["one"]
        old = jwt.encode(
            {"iss": provider.url, "aud": AUDIENCE, "sub": "ada", "exp": now + 60}, rsa_keys[0], "RS256", headers={"kid": "one"}
        )
        assert await enter(reception, old) == 401, "a key that the issuer withdrew is good no longer than the cache"


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"issuer": "https://another.example"}, {}),
        ({"jwks_uri": "http://169.254.169.254/latest/meta-data"}, {}),
        ({"jwks_uri": "file:///etc/passwd"}, {}),
        ({}, {"oidc_jwks_url": "{url}/large"}),
        ({}, {"oidc_jwks_url": "{url}/elsewhere"}),
    ],
)
async def test_keys_come_from_the_issuer_alone(provider: Provider, changes: dict[str, Any], settings: dict[str, str]) -> None:
    """Another issuer's document, keys at another host, endless ones, a redirect: none is taken, and the answer is 503."""
    provider.changes = changes
    named = {name: value.format(url=provider.url) for name, value in settings.items()}
    async with reception_of(provider, **named) as reception:
        with pytest.raises(Unavailable, match="the issuer of tokens"):
            await reception.sign_in(Presented(token=provider.sign(), address="x"))
    assert "/jwks" not in provider.asked


async def test_roles_and_other_claims_can_be_mapped(provider: Provider) -> None:
    """Roles inside an object give scopes as the settings say; the user may be another claim."""
    mapping = {"oidc_role_claim": "realm_access.roles", "oidc_roles": {"producer": ("write",)}, "oidc_user_claim": "preferred_username"}
    async with reception_of(provider, **mapping) as reception:
        token = provider.sign(scope=None, preferred_username="ada lovelace", realm_access={"roles": ["producer", "other"]})
        who = await enter(reception, token)
    assert isinstance(who, Principal)
    assert (who.user, who.scopes) == ("ada lovelace", {"read", "write"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": "10.0.0.1", "auth": "off"}, "keys create"),
        ({"oidc_issuer": "http://id.example", "oidc_audience": "a"}, "https"),
        ({"oidc_issuer": "https://id.example"}, "AUDIENCE"),
        ({"limits_store": "mongodb://x"}, "LIMITS_STORE"),
        ({"rate_limit": "often"}, "RATE_LIMIT"),
        ({"oidc_issuer": "https://id.example", "oidc_audience": "a", "oidc_algorithms": ("HS256",)}, "public key"),
    ],
)
def test_settings_with_which_nobody_is_safe_are_refused(settings: GatewaySettings, changes: dict[str, Any], told: str) -> None:
    """Before anything opens, with what to do instead."""
    with pytest.raises(BadInput, match=told):
        create_app(settings.model_copy(update=changes))


async def test_a_house_beyond_loopback_without_a_way_in_does_not_open(settings: GatewaySettings, make_key: MakeKey) -> None:
    """It says how the first key is made; with one it opens, on loopback without."""
    beyond, database = settings.model_copy(update={"host": "10.0.0.1"}), Database(settings.database_url)
    await database.migrate()
    with pytest.raises(BadInput, match="houseband keys create"):
        await check_way_in(beyond, database, time.time())
    await check_way_in(settings, database, time.time())
    await make_key("ada", "admin")
    await check_way_in(beyond, database, time.time())
    await database.close()
