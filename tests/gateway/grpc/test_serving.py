"""How the gRPC door stands: who may come in, whether it is well, what it tells of itself, and readers of any pace."""

import asyncio
import dataclasses
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc
from contracts.errors import BadInput, Unavailable
from contracts.events import Progress
from services.gateway.database.engine import Database
from services.gateway.grpc.interception import whole
from services.gateway.grpc.server import STUDIO, serving
from services.gateway.people.keyring import add_key
from services.gateway.problems import Refused
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import PATIENCE_S, House, Open
from tests.gateway.grpc.conftest import chunk, order, problem_of, studio

BIG = 8 * 2**20


@pytest.fixture
async def house(open_house: Open) -> AsyncIterator[House]:
    """A gateway with a gRPC door and nobody who plays."""
    async with open_house(play=False, grpc_port=0, heartbeat_s=0.2, reader_timeout_s=0.6) as opened:
        yield opened


def channel_to(house: House, **options: int) -> grpc.aio.Channel:
    """A connection of its own."""
    told = [(f"grpc.{name}", value) for name, value in {"use_local_subchannel_pool": 1, **options}.items()]
    return grpc.aio.insecure_channel(f"127.0.0.1:{house.app.state.grpc_port}", options=told)


async def test_health_says_what_readyz_says(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serving while database, bus and consumer answer; a watcher hears of the change; an unknown service is not found."""
    kinds = health_pb2.HealthCheckResponse
    async with channel_to(house) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watching = stub.Watch(health_pb2.HealthCheckRequest(service=STUDIO))
        assert (await watching.read()).status == kinds.SERVING
        monkeypatch.setattr(house.desk.bus, "ready", away)
        assert (await house.http.get("/readyz")).status_code == 503
        async with asyncio.timeout(PATIENCE_S):
            assert (await watching.read()).status == kinds.NOT_SERVING
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == kinds.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.Check(health_pb2.HealthCheckRequest(service="no.such"))
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
        watching.cancel()


async def away() -> None:
    """A bus that does not answer."""
    raise Unavailable("the bus")


async def test_reflection_lists_the_services_and_their_contract(house: House) -> None:
    """Clients such as grpcurl need no .proto file."""
    async with channel_to(house) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        ask = reflection_pb2.ServerReflectionRequest
        asked = [ask(list_services=""), ask(file_containing_symbol=STUDIO)]
        services, contract = [answer async for answer in stub.ServerReflectionInfo(iter(asked))]
    assert {STUDIO, "grpc.health.v1.Health"} <= {service.name for service in services.list_services_response.service}
    assert b"FetchArtifact" in contract.file_descriptor_response.file_descriptor_proto[0]


async def test_without_a_port_there_is_no_door(open_house: Open) -> None:
    """Off unless it is asked for; a port that is taken is told, and not shared in silence."""
    async with open_house(play=False) as house:
        assert house.app.state.grpc_port is None
        with socket.create_server(("127.0.0.1", 0)) as taken:
            settings = house.desk.settings.model_copy(update={"grpc_port": taken.getsockname()[1]})
            desk = dataclasses.replace(house.desk, settings=settings)
            with pytest.raises(Unavailable, match="HOUSEBAND_GRPC_PORT"):
                async with serving(desk, lambda: None, house.app.state.reception):
                    pass


async def test_over_tls_a_client_knows_whom_it_speaks_to(open_house: Open, tmp_path: Path) -> None:
    """With a certificate the door speaks TLS: who trusts it is answered, who does not or speaks plainly is not."""
    certificate, key = own_certificate(tmp_path)
    async with open_house(play=False, grpc_port=0, grpc_tls_certificate=certificate, grpc_tls_key=key) as house:
        address = f"localhost:{house.app.state.grpc_port}"
        trusting = grpc.ssl_channel_credentials(certificate.read_bytes())
        async with grpc.aio.secure_channel(address, trusting) as channel:
            accepted = await studio_pb2_grpc.StudioStub(channel).CreateJob(iter([order()]), timeout=PATIENCE_S)
            assert accepted.job_id
        for closed in (grpc.aio.insecure_channel(address), grpc.aio.secure_channel(address, grpc.ssl_channel_credentials())):
            async with closed as channel:
                with pytest.raises(grpc.aio.AioRpcError) as error:
                    await studio_pb2_grpc.StudioStub(channel).GetJob(wire.GetJobRequest(job_id=accepted.job_id), timeout=PATIENCE_S)
                assert error.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_files_that_are_no_certificate_are_refused_at_the_start(open_house: Open, tmp_path: Path) -> None:
    """One without the other, a file that is not there, another's key, an encrypted key: the setting is named, and nothing listens."""
    certificate, key = own_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = own_certificate(tmp_path / "other")
    async with open_house(play=False) as house:
        for files, field in (
            ((certificate, None), "HOUSEBAND_GRPC_TLS_KEY"),
            ((None, key), "HOUSEBAND_GRPC_TLS_CERTIFICATE"),
            ((tmp_path / "none.pem", key), "HOUSEBAND_GRPC_TLS_CERTIFICATE"),
            ((certificate, other), "HOUSEBAND_GRPC_TLS_CERTIFICATE"),
            ((key, key), "HOUSEBAND_GRPC_TLS_CERTIFICATE"),
            ((certificate, locked(key)), "HOUSEBAND_GRPC_TLS_CERTIFICATE"),
        ):
            told = {"grpc_port": 0, "grpc_tls_certificate": files[0], "grpc_tls_key": files[1]}
            desk = dataclasses.replace(house.desk, settings=house.desk.settings.model_copy(update=told))
            with pytest.raises(BadInput) as error:
                async with serving(desk, lambda: None, house.app.state.reception):
                    pass
            assert error.value.field == field


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(_pem(key, serialization.NoEncryption()))
    return files


def locked(key: Path) -> Path:
    """The same key, encrypted."""
    read = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(read, ec.EllipticCurvePrivateKey)
    path = key.with_name("locked.pem")
    path.write_bytes(_pem(read, serialization.BestAvailableEncryption(b"secret")))
    return path


def _pem(key: ec.EllipticCurvePrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


async def test_a_door_with_keys_knows_who_asks(open_house: Open, settings: GatewaySettings) -> None:
    """The one authenticator of every door: no key, a wrong one and a small one are refused; what others made is not there."""
    database, keys = Database(settings.database_url), {}
    await database.migrate()
    async with database.write() as session:
        for user, scope in (("ada", "write"), ("ben", "write"), ("eve", "read")):
            keys[user] = add_key(session, key_id=user, user=user, name="", scopes=(scope,), days=None, now=time.time())[1]
    await database.close()
    async with open_house(play=False, grpc_port=0, auth="required") as house, studio(house) as stub:
        ada, ben, eve = [(("x-api-key", keys[user]),) for user in ("ada", "ben", "eve")]
        for metadata in ((), (("x-api-key", "hb_nonsense"),), (("authorization", "Bearer nonsense"),)):
            await refused(stub.CreateJob(iter([order()]), metadata=metadata), grpc.StatusCode.UNAUTHENTICATED)
        await refused(stub.CreateJob(iter([order()]), metadata=eve), grpc.StatusCode.PERMISSION_DENIED)
        accepted = await stub.CreateJob(iter([order()]), metadata=(("authorization", f"Bearer {keys['ada']}"),))
        job = wire.GetJobRequest(job_id=accepted.job_id)
        assert (await stub.GetJob(job, metadata=ada)).job_id == accepted.job_id
        await refused(stub.GetJob(job, metadata=ben), grpc.StatusCode.NOT_FOUND)
        await refused(stub.CancelJob(wire.CancelJobRequest(job_id=accepted.job_id), metadata=ben), grpc.StatusCode.NOT_FOUND)
        await refused(stub.WatchJob(wire.WatchJobRequest(job_id=accepted.job_id), metadata=ben).read(), grpc.StatusCode.NOT_FOUND)


async def test_a_proxy_on_loopback_lets_nobody_in(house: House) -> None:
    """Where nobody signs in, a call that was forwarded for somebody else is refused, as over REST."""
    async with studio(house) as stub:
        call = stub.CreateJob(iter([order()]), metadata=(("x-forwarded-for", "10.0.0.1"),))
        problem = await refused(call, grpc.StatusCode.PERMISSION_DENIED)
    assert problem.code == "forwarded"


async def refused(call: Any, code: grpc.StatusCode) -> wire.Problem:
    """The problem of a call that ends with a code."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert error.value.code() is code, error.value
    return problem_of(error.value)


async def test_the_same_key_and_order_make_one_job(house: House) -> None:
    """As over REST, and across both doors."""
    async with studio(house) as stub:
        key = (("idempotency-key", "k1"),)
        first = await stub.CreateJob(iter([order(seed=1)]), metadata=key)
        assert (await stub.CreateJob(iter([order(seed=1)]), metadata=key)).job_id == first.job_id
        files = {"prompt": (None, "a song"), "options": (None, '{"seed": 1}')}
        over_rest = await house.http.post("/jobs", files=files, headers={"Idempotency-Key": "k1"})
        assert over_rest.json()["job_id"] == first.job_id
        problem = await refused(stub.CreateJob(iter([order(seed=2)]), metadata=key), grpc.StatusCode.INVALID_ARGUMENT)
        assert problem.code == "idempotency_key_reused"


async def test_deadlines_and_cancels_of_a_client_free_the_house(house: House) -> None:
    """An upload that stops is given up with the client's deadline, a watcher that leaves is forgotten, and no job is made of a half."""
    async with studio(house) as stub:

        async def stalled() -> AsyncIterator[wire.CreateJobRequest]:
            yield order()
            yield chunk(b"RIFF", "hum", "a.wav")
            await asyncio.sleep(60)

        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.CreateJob(stalled(), timeout=0.3)
        assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        accepted = await stub.CreateJob(iter([order()]))
        watching = stub.WatchJob(wire.WatchJobRequest(job_id=accepted.job_id))
        assert (await watching.read()).type == "accepted"
        assert house.desk.hub.watching == 1
        while (await watching.read()).type != "heartbeat":
            continue
        watching.cancel()
        async with asyncio.timeout(PATIENCE_S):
            while house.desk.hub.watching:  # noqa: ASYNC110 - nobody rings when a reader leaves
                await asyncio.sleep(0.01)
        resumed = stub.WatchJob(wire.WatchJobRequest(job_id=accepted.job_id, after_seq=1))
        assert (await resumed.read()).type == "heartbeat"
        cancelled = await stub.CancelJob(wire.CancelJobRequest(job_id=accepted.job_id))
        rest = []
        while (event := await resumed.read()) is not grpc.aio.EOF:
            rest.append(event.type)
        assert (cancelled.status, rest[-1]) == (wire.JOB_STATUS_CANCELLED, "cancelled")
        assert len((await house.http.get("/jobs")).json()["items"]) == 1


async def test_a_reader_who_stops_reading_slows_nobody_and_is_given_up(house: House) -> None:
    """One stops after its first message; the other hears everything at once, and the first one's stream ends."""
    async with channel_to(house, http2_bdp_probe=0) as slow, channel_to(house) as fast:
        stopped, lively = (studio_pb2_grpc.StudioStub(channel) for channel in (slow, fast))
        accepted = await lively.CreateJob(iter([order()]))
        asked = wire.WatchJobRequest(job_id=accepted.job_id)
        idle, read = stopped.WatchJob(asked), lively.WatchJob(asked)
        await idle.read()
        text = "x" * 2**18
        heard = 0
        for number in range(60):
            house.desk.hub.tell(Progress(job_id=accepted.job_id, percent=number, message=text))
            while (event := await asyncio.wait_for(read.read(), PATIENCE_S)).type != "progress":
                continue
            heard += event.type == "progress"
        assert heard == 60
        async with asyncio.timeout(PATIENCE_S):
            while house.desk.streams.reading > 1:  # noqa: ASYNC110 - nobody rings when a reader is given up
                await asyncio.sleep(0.05)
        read.cancel()
        idle.cancel()


@pytest.mark.parametrize(("is_done", "left_s"), [(True, None), (False, 0.0), (False, -0.1)])
async def test_a_stream_that_ends_because_its_caller_left_is_no_order(is_done: bool, left_s: float | None) -> None:
    """The end of a stream may be seen before the leaving that ended it; with the caller still there it is the end."""

    class Context:
        def done(self) -> bool:
            return is_done

        def time_remaining(self) -> float | None:
            return left_s

    async def half() -> AsyncIterator[wire.CreateJobRequest]:
        yield order()

    async def told() -> list[str]:
        return [request.order.prompt async for request in whole(half(), Context())]

    with pytest.raises(Refused, match="over before its stream"):
        await told()
    is_done, left_s = False, 5.0
    assert await told() == ["a song"]
