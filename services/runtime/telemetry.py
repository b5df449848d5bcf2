"""Logs, metrics and traces. Event names in the log are constant; `job_id` is bound once per message."""

import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from contracts.errors import Unavailable
from services.runtime.settings import RuntimeSettings

if TYPE_CHECKING:
    from faststream.nats.opentelemetry import NatsTelemetryMiddleware
    from faststream.nats.prometheus import NatsPrometheusMiddleware

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)


def set_up_logs(settings: RuntimeSettings, service: str) -> None:
    """Send structlog and the standard library's warnings to stderr, as JSON lines or for the eye."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
    ]
    renderers: list[structlog.types.Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if not settings.log_json:
        quiet = structlog.dev.plain_traceback
        renderers = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=quiet, repr_native_str=True)]
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_without_record, *renderers])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


class Measures:
    """Prometheus metrics of one process."""

    def __init__(self, service: str) -> None:
        from prometheus_client import CollectorRegistry, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        self._service = service
        self._work = Histogram(
            "houseband_work_seconds", "Wall seconds of a piece of work", ["what"], buckets=SECONDS, registry=self.registry
        )

    def observe(self, what: str, seconds: float) -> None:
        """Record how long a stage or a stem took."""
        self._work.labels(what=what).observe(seconds)

    def middleware(self) -> "NatsPrometheusMiddleware":
        """Counts and times of the messages, by FastStream."""
        from faststream.nats.prometheus import NatsPrometheusMiddleware

        return NatsPrometheusMiddleware(registry=self.registry, app_name=self._service, metrics_prefix="houseband")


def middlewares(settings: RuntimeSettings, service: str, measures: Measures | None) -> Sequence[Any]:
    """Broker middlewares: Prometheus where metrics are served, OpenTelemetry where traces have somewhere to go."""
    chosen: list[Any] = [measures.middleware()] if measures else []
    if settings.otlp_endpoint:
        chosen.append(_tracing(settings.otlp_endpoint, service))
    return chosen


def _tracing(endpoint: str, service: str) -> "NatsTelemetryMiddleware":
    from faststream.nats.opentelemetry import NatsTelemetryMiddleware

    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise Unavailable("the OTLP exporter", "install houseband[tracing], or unset HOUSEBAND_OTLP_ENDPOINT") from error
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"houseband-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return NatsTelemetryMiddleware(tracer_provider=provider)


def _named(service: str) -> structlog.types.Processor:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {"service": service, **event}

    return add


def _without_record(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in event.items() if name not in {"_record", "_from_structlog"}}
