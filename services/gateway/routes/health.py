"""Whether the gateway lives, whether it can work, and its figures."""

from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.gateway.figures import Figures
from services.gateway.readiness import check_ready
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses=problems(503))
async def readyz(desk: TheDesk) -> dict[str, Any]:
    """The database and the bus answer, and the consumer of facts is there (a ping alone would not notice its loss)."""
    await check_ready(desk)
    return {"status": "ready", "watching": desk.hub.watching}


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus figures."""
    figures: Figures = request.app.state.figures
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)
