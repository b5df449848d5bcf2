"""The gateway's figures for Prometheus: its requests, beside those of its messages."""

import time

from prometheus_client import CollectorRegistry, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.telemetry import Measures

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)


class Figures:
    """What is counted in this process."""

    def __init__(self, service: str) -> None:
        self.measures = Measures(service)
        self.requests = Histogram(
            "houseband_http_seconds", "Wall seconds of a request", ["method", "route", "status"], buckets=_SECONDS, registry=self.registry
        )

    @property
    def registry(self) -> CollectorRegistry:
        """Where all figures of the process are kept."""
        return self.measures.registry


class HttpFigures:
    """Measures every HTTP request by its route (a path with ids would make a series per job)."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._requests = app, figures.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), "500"

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._requests.labels(scope["method"], route, status).observe(time.perf_counter() - began)
