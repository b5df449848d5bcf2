"""The one provisioner: what stands afterwards, again and again, and which servers it refuses."""

from types import SimpleNamespace
from typing import Any, cast

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import RetentionPolicy

from contracts.errors import Unavailable
from contracts.pipeline import Stage
from services.runtime.provision import ADVISORY_SUBJECTS, Delivery, check_server, provision


async def test_everything_stands_and_again(fresh_nats_url: str) -> None:
    """Five streams and a consumer per stage and engine; a second run changes nothing."""
    await provision(fresh_nats_url)
    await provision(fresh_nats_url)
    client = await nats.connect(fresh_nats_url)
    js = client.jetstream()
    stages = await js.stream_info("STAGES")
    assert stages.config.retention == RetentionPolicy.WORK_QUEUE
    assert (stages.config.duplicate_window or 0) >= 120
    names = {info.name for info in await js.consumers_info("STAGES")}
    assert names == {*(f"stage-{stage}" for stage in Stage), "stem-sampled", "stem-neural"}
    assert {info.name for info in await js.consumers_info("DRAFTS")} == {"drafts"}
    assert set((await js.stream_info("ADVISORIES")).config.subjects or []) == set(ADVISORY_SUBJECTS)
    assert (await js.consumer_info("FACTS", "gateway-facts")).name == "gateway-facts"
    await client.close()


async def test_a_changed_setting_reaches_the_consumers(fresh_nats_url: str) -> None:
    """Subscribing never updates a durable consumer; provisioning does."""
    await provision(fresh_nats_url, Delivery(ack_wait_s=10))
    await provision(fresh_nats_url, Delivery(ack_wait_s=4, max_deliver=7))
    client = await nats.connect(fresh_nats_url)
    config = (await client.jetstream().consumer_info("STAGES", "stage-mixing")).config
    assert (config.ack_wait, config.max_deliver) == (4, 7)
    await client.close()


@pytest.mark.parametrize(("version", "fits"), [((2, 9), False), ((2, 10), False), ((2, 11), True), ((2, 15), True), ((3, 0), True)])
def test_servers_before_2_11_are_refused(version: tuple[int, int], fits: bool) -> None:
    """An old server ignores newer fields silently, so it is not trusted with work."""
    client = cast("Client", SimpleNamespace(connected_server_version=SimpleNamespace(major=version[0], minor=version[1])))
    if fits:
        check_server(client)
    else:
        with pytest.raises(Unavailable, match=r"2\.11"):
            check_server(client)


async def test_no_server_is_told_in_time() -> None:
    """Nothing hangs: the error says what to start."""
    with pytest.raises(Unavailable, match="start nats-server"):
        await provision("nats://127.0.0.1:9", timeout_s=0.2)


def test_every_engine_and_stage_has_a_name_of_its_own() -> None:
    """Each kind of worker scales on its own consumer."""
    from services.runtime.provision import consumers

    names: list[Any] = [config.durable_name for _, config in consumers(Delivery())]
    assert len(names) == len(set(names))
