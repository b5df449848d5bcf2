"""The one authenticator of every door: REST, WebSocket, event streams and gRPC come through here.

Nobody signs in at a door that stands on loopback; everybody does elsewhere. A key that was found is believed for a few seconds
without asking the database again, so a revoked one is good for so long at most on another replica.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.gateway.database.engine import Database
from services.gateway.people.audit import AuditLog, Deed, forget_before
from services.gateway.people.issuer import Issuer
from services.gateway.people.keyring import DAY_S, find_key, is_live, mark_used, over_since, principal_of
from services.gateway.people.keys import PREFIX, digest_of
from services.gateway.people.nearness import Nearness
from services.gateway.people.presented import Presented, nobody, presented, unrecognised
from services.gateway.people.principal import LOCAL, Principal, Scope
from services.gateway.people.rates import Rates, RateState
from services.gateway.people.settings import PeopleSettings
from services.gateway.people.tickets import use_ticket
from services.gateway.people.tokens import principal_of_token
from services.gateway.people.usage import Meter, add_usage
from services.gateway.problems import Refused

log = structlog.get_logger(__name__)

BELIEVED_S = 5.0
_PERIOD_S = 5.0
_LOOKS_BACK_S = 60.0
_FORGET_EVERY_S = 3600.0
_MOST_BELIEVED = 10_000
_LOOKING_CALLS = ("Get", "List", "Watch", "Fetch", "Download", "Preview")


class Reception:
    """Says who sends a request, and whether they may."""

    def __init__(self, settings: PeopleSettings, database: Database, new_id: Callable[[], str], clock: Callable[[], float]) -> None:
        self.settings, self.signs_in, self.nearness = settings, settings.signs_in, Nearness(settings)
        self.audit, self.meter, self.rates = AuditLog(database, new_id, clock), Meter(), Rates(settings)
        self.issuer = Issuer(settings, clock) if settings.oidc_issuer else None
        self._database, self._clock = database, clock
        self._believed: dict[str, tuple[float, Principal]] = {}
        self._used: dict[str, float] = {}
        self._over: set[str] = set()
        self._forgot_at = 0.0

    async def sign_in(self, shown: Presented) -> Principal:
        """Whoever shows this. Raises Refused: 401, and 429 after too many failures; Unavailable where the issuer cannot be asked."""
        if not self.signs_in:
            return LOCAL
        if shown.nothing:
            raise nobody()
        try:
            return await self._recognised(shown)
        except Refused as refused:
            if refused.status == 401:
                await self.rates.strike(shown.address)
            raise

    async def allow(self, who: Principal, need: Scope) -> RateState | None:
        """Count a request of somebody; where they stand. Raises Refused: 429, and 403 for a scope that they have not."""
        state = await self.rates.take(who)
        if need not in who.scopes:
            has = ", ".join(sorted(who.scopes)) or "none"
            raise Refused(403, f"This takes the scope {need}; yours: {has}.", code="scope_missing", field="scope", value=has, allowed=need)
        return state

    async def answer_call(self, headers: Mapping[str, str], method: str, peer: str) -> Principal:
        """Whoever makes a gRPC call, if they may; refusals are written down. Raises Refused (401, 403, 429)."""
        name, address = method.rpartition("/")[2], address_of(peer)
        who: Principal | None = None
        try:
            who = await self.sign_in(presented(headers, address=address, path=method))
            await self.allow(who, call_scope(name))
        except Refused as refused:
            await self.audit.write(deed_of(who, f"gRPC {name}", method, refused.status, address))
            raise
        return who

    def is_still_good(self, who: Principal) -> bool:
        """Whether somebody who signed in a while ago would be let in again: asked by streams, costs nothing."""
        return who.key_id not in self._over and (who.until is None or self._clock() < who.until)

    def forget(self, key_id: str, *, over: bool) -> None:
        """A key was changed, or is over: here from now on, at the other replicas within seconds."""
        if over:
            self._over.add(key_id)
        self._believed = {digest: found for digest, found in self._believed.items() if found[1].key_id != key_id}

    async def run(self) -> None:
        """Write down what was counted, and hear which keys are over, until cancelled; once more at the end."""
        try:
            while True:
                await asyncio.sleep(_PERIOD_S)
                await self._tidy()
        finally:
            await asyncio.shield(self._write_counts())
            await self.rates.close()

    async def _recognised(self, shown: Presented) -> Principal:
        if shown.ticket is not None:
            async with self._database.write() as session:
                return await use_ticket(session, shown.ticket, shown.path, self._clock())
        token = shown.token or ""
        if token.startswith(PREFIX):
            return await self._holder(token)
        if self.issuer is None:
            raise unrecognised("It is no key of this house, and no tokens of others are taken here.")
        return await principal_of_token(token, self.settings, self.issuer)

    async def _holder(self, key: str) -> Principal:
        now, digest = self._clock(), digest_of(key)
        since, who = self._believed.get(digest, (float("-inf"), None))
        if who is None or not 0 <= now - since < BELIEVED_S or not self.is_still_good(who):
            async with self._database.read() as session:
                row = await find_key(session, key)
            if row is None:
                raise unrecognised("There is no such key.")
            if not is_live(row, now):
                raise unrecognised("The key was revoked." if row.revoked_at else "The key has expired.", code="key_over")
            who = principal_of(row)
            if len(self._believed) >= _MOST_BELIEVED:
                self._believed.clear()
            self._believed[digest] = now, who
        self._used[who.key_id or ""] = now
        return who

    async def _tidy(self) -> None:
        now = self._clock()
        try:
            await self._write_counts()
            if self.signs_in:
                async with self._database.read() as session:
                    self._over |= await over_since(session, now - _LOOKS_BACK_S)
            if now - self._forgot_at > _FORGET_EVERY_S:
                self._forgot_at = now
                async with self._database.write() as session:
                    await forget_before(session, now - self.settings.audit_days * DAY_S)
        except SQLAlchemyError as error:
            log.warning("people_not_tidied", reason=str(error)[:200])

    async def _write_counts(self) -> None:
        """Write what flowed and when keys were used; what cannot be written is kept for the next time."""
        flowed, (used, self._used) = self.meter.take(), (self._used, {})
        if not flowed and not used:
            return
        try:
            async with self._database.write() as session:
                for user, amounts in flowed.items():
                    await add_usage(session, user, amounts, self._clock())
                await mark_used(session, used)
        except SQLAlchemyError:
            self.meter.give_back(flowed)
            self._used = {**used, **self._used}
            raise


def deed_of(who: Principal | None, action: str, what: str, status: int, address: str) -> Deed:
    """What somebody did, or nobody who could be named."""
    return Deed(who.user if who else "", action, what, status, who.key_id if who else None, address)


def call_scope(name: str) -> Scope:
    """The scope that a gRPC method takes: those that only look read, all others write."""
    return "read" if name.startswith(_LOOKING_CALLS) else "write"


def address_of(peer: str) -> str:
    """The address of a gRPC peer: `ipv4:10.0.0.1:4711`, `ipv6:[::1]:4711`."""
    kind, _, rest = peer.partition(":")
    return rest.rpartition(":")[0].strip("[]%5BD") if kind in ("ipv4", "ipv6") else kind
