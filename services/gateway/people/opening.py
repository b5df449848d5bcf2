"""Whether the gateway may open its door as it is set: nobody reaches a house by accident."""

from contracts.errors import BadInput
from services.gateway.database.engine import Database
from services.gateway.people.issuer import check_issuer_url
from services.gateway.people.keyring import has_live_key
from services.gateway.people.quotas import Limits
from services.gateway.people.rates import MEMORY, SHARED
from services.gateway.people.settings import PeopleSettings, is_loopback

_SYMMETRIC = ("HS", "none")
_A_KEY = "houseband keys create --user NAME --scopes admin --database-url URL"


def check_settings(settings: PeopleSettings) -> None:
    """Raise BadInput for settings with which nobody is safe, saying what to do."""
    beyond = [host for host in settings.listens if not is_loopback(host)]
    if settings.auth == "off" and beyond:
        hint = "Whoever reaches it could use and delete everything; HOUSEBAND_AUTH=required, and make a key: " + _A_KEY
        raise BadInput("HOUSEBAND_AUTH", "off", f"required, where the gateway listens on {beyond[0]}", hint=hint)
    _check_rates(settings)
    if not settings.oidc_issuer:
        return
    for name in ("oidc_issuer", "oidc_jwks_url"):
        if getattr(settings, name):
            try:
                check_issuer_url(getattr(settings, name), f"HOUSEBAND_{name.upper()}")
            except ValueError as error:
                raise BadInput(f"HOUSEBAND_{name.upper()}", getattr(settings, name), "an https address", hint=f"{error}.") from error
    if not settings.oidc_audience:
        raise BadInput("HOUSEBAND_OIDC_AUDIENCE", "", "the audience of this gateway's tokens: any token of the issuer would do without it")
    weak = [name for name in settings.oidc_algorithms if name.startswith(_SYMMETRIC)]
    if weak or not settings.oidc_algorithms:
        raise BadInput("HOUSEBAND_OIDC_ALGORITHMS", ", ".join(weak), "signatures with a public key, such as RS256, ES256, EdDSA")


def _check_rates(settings: PeopleSettings) -> None:
    if settings.limits_store != MEMORY and not settings.limits_store.startswith(SHARED):
        raise BadInput(
            "HOUSEBAND_LIMITS_STORE", settings.limits_store.partition("@")[2] or settings.limits_store, f"{MEMORY}, or {SHARED[0]}host:6379"
        )
    for name in ("rate_limit", "sign_in_limit"):
        value = getattr(settings, name)
        try:
            Limits(rate=value or None)
        except ValueError as error:
            raise BadInput(f"HOUSEBAND_{name.upper()}", value, "such as 1200/minute") from error
    if not settings.sign_in_limit:
        raise BadInput("HOUSEBAND_SIGN_IN_LIMIT", "", "such as 30/minute")


async def check_way_in(settings: PeopleSettings, database: Database, now: float) -> None:
    """Raise BadInput where everybody has to sign in and nobody could."""
    if not settings.signs_in or settings.oidc_issuer:
        return
    async with database.read() as session:
        if await has_live_key(session, now):
            return
    where = ", ".join(settings.listens)
    hint = f"Make the first key ({_A_KEY}), or set HOUSEBAND_OIDC_ISSUER and HOUSEBAND_OIDC_AUDIENCE"
    raise BadInput("HOUSEBAND_HOST", where, "127.0.0.1, or a way to sign in", hint=f"{hint}.")


async def look_before_opening(settings: PeopleSettings, database_url: str, now: float) -> None:
    """The same before anything is started, so that it is told in a line. Raises BadInput."""
    database = Database(database_url)
    try:
        await database.migrate()
        await check_way_in(settings, database, now)
    finally:
        await database.close()
