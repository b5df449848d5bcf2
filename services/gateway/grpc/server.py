"""The gRPC server: opened and closed with the gateway."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection

from contracts import studio_pb2, studio_pb2_grpc
from contracts.errors import BadInput, Unavailable
from services.gateway.grpc.interception import Interceptor
from services.gateway.grpc.orders import CHUNK_BYTES
from services.gateway.grpc.studio import Studio
from services.gateway.people.reception import Reception
from services.gateway.ports import Desk
from services.gateway.readiness import check_ready
from services.gateway.settings import GatewaySettings
from services.runtime.stopping import end_tasks

log = structlog.get_logger(__name__)

STUDIO = studio_pb2.DESCRIPTOR.services_by_name["Studio"].full_name
_HEALTH_PERIOD_S = 1.0
_NO_PASSWORD = ""
"""For a key that is encrypted: it is refused, and nobody is asked at a terminal."""
_MESSAGE_BYTES = 4 * 2**20
"""Largest message either way: an order with a patched score, a brief."""
_OPTIONS = (
    ("grpc.so_reuseport", 0),  # else a second server on the port would share it in silence
    ("grpc.max_receive_message_length", max(_MESSAGE_BYTES, 2 * CHUNK_BYTES)),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 * 2**10),
    ("grpc.max_concurrent_streams", 1000),
    ("grpc.keepalive_time_ms", 60_000),  # readers that left without a word are noticed
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


@asynccontextmanager
async def serving(desk: Desk, nudge: Callable[[], None], reception: Reception) -> AsyncIterator[int]:
    """Serve for as long as the block lasts; the port. Raises Unavailable where it is taken, BadInput for a certificate that is none."""
    server = grpc.aio.server(interceptors=[Interceptor(reception, desk.settings.reader_timeout_s)], options=_OPTIONS)
    studio_pb2_grpc.add_StudioServicer_to_server(Studio(desk, nudge), server)  # type: ignore[no-untyped-call]
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    names = (STUDIO, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    host = desk.settings.host
    address = f"[{host}]:{desk.settings.grpc_port}" if ":" in host else f"{host}:{desk.settings.grpc_port}"
    credentials = await asyncio.to_thread(_credentials, desk.settings)
    try:
        port: int = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    except RuntimeError as error:
        raise Unavailable(f"the gRPC port {address}", "something else listens there; set HOUSEBAND_GRPC_PORT") from error
    await _tell_health(desk, servicer)
    await server.start()
    log.info("grpc_listening", host=host, port=port, tls=credentials is not None)
    telling = asyncio.create_task(_keep_health(desk, servicer))
    try:
        yield port
    finally:
        await end_tasks(telling)
        await servicer.enter_graceful_shutdown()
        await server.stop(desk.settings.graceful_timeout_s)


def _credentials(settings: GatewaySettings) -> grpc.ServerCredentials | None:
    """The certificate that the server shows; None: it speaks without TLS. Raises BadInput for files that are no certificate and its key."""
    certificate, key = settings.grpc_tls_certificate, settings.grpc_tls_key
    if certificate is None and key is None:
        return None
    read: list[bytes] = []
    for name, path in (("HOUSEBAND_GRPC_TLS_CERTIFICATE", certificate), ("HOUSEBAND_GRPC_TLS_KEY", key)):
        try:
            read.append(path.read_bytes() if path else b"")
        except OSError as error:
            raise BadInput(name, path, "a PEM file that the gateway may read", hint=f"{error.strerror}.") from error
        if not read[-1]:
            raise BadInput(name, path or "nothing", "a PEM file: certificate and key are set together")
    try:  # gRPC itself says nothing of a pair that does not fit: each handshake would fail
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(str(certificate), str(key), password=_NO_PASSWORD)
    except (ssl.SSLError, ValueError) as error:
        allowed = "a certificate with its own key, unencrypted, both in PEM"
        raise BadInput("HOUSEBAND_GRPC_TLS_CERTIFICATE", certificate, allowed, hint=f"{error}.") from error
    return grpc.ssl_server_credentials([(read[1], read[0])])


async def _keep_health(desk: Desk, servicer: "health.HealthServicer") -> None:
    """Let health say what /readyz says, until cancelled."""
    while True:
        await asyncio.sleep(_HEALTH_PERIOD_S)
        await _tell_health(desk, servicer)


async def _tell_health(desk: Desk, servicer: "health.HealthServicer") -> None:
    kinds = health_pb2.HealthCheckResponse
    try:
        await check_ready(desk)
        status = kinds.SERVING
    except Unavailable:
        status = kinds.NOT_SERVING
    for name in ("", STUDIO):
        await servicer.set(name, status)
