"""Whether the gateway can work: what /readyz and the health service of gRPC say."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from contracts.errors import Unavailable
from services.gateway.ports import Desk


async def check_ready(desk: Desk) -> None:
    """Return where database, bus and the consumer of facts answer (a ping alone would not notice its loss). Raises Unavailable."""
    try:
        async with desk.database.read() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable("the database", str(error)) from error
    await desk.bus.ready()
