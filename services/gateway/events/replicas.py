"""Several gateways on one database and one broker: what one commits wakes the readers of all.

Core NATS, one subject per topic that is watched here: a gateway hears only of what its own readers follow. A message may be lost,
so that every subscription that was just made, and every line that was made again, rings the bells once; `streams.py` looks after
everything that is watched now and then.
"""

import asyncio
import re
from contextlib import suppress

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from pydantic import ValidationError

from contracts.events import Live, live_subject
from services.gateway.events.hub import Hub

log = structlog.get_logger(__name__)

_LOOK_S = 1.0
_TOPIC = re.compile(r"[a-z]+\.[0-9A-Za-z_-]{1,64}")  # an id from an address may be no token of a subject, and nats hangs up on some


class Replicas:
    """The other gateways on the bus: `hub.Others`. Nothing here waits for the bus but `run`."""

    def __init__(self, hub: Hub, client: Client) -> None:
        self._hub, self._client = hub, client
        self._wanted: set[str] = {"access.*"}
        self._changed: set[str] = {"access.*"}
        self._open: dict[str, Subscription] = {}
        self._outgoing: dict[tuple[str, str], Live] = {}
        self._bell = asyncio.Event()
        self._reconnects = client.stats["reconnects"]

    def follow(self, topic: str) -> None:
        """Somebody here watches a topic now. A name that no job and no composition can have is told by nobody: it is not asked for."""
        if not _TOPIC.fullmatch(topic):
            return
        self._wanted.add(topic)
        self._changed.add(topic)
        self._bell.set()

    def leave(self, topic: str) -> None:
        """Nobody here watches a topic any more."""
        self._wanted.discard(topic)
        self._changed.add(topic)
        self._bell.set()

    def say(self, live: Live, key: str = "") -> None:
        """Tell the others; of what waits with one topic and key the newest is told."""
        self._outgoing[live.topic, key] = live
        self._bell.set()

    async def run(self) -> None:
        """Keep the subscriptions up to date and tell what is to be told, until cancelled."""
        while True:
            await self._wait()
            await self._subscribe()
            await self._publish()
            if self._reconnects != self._client.stats["reconnects"]:
                self._reconnects = self._client.stats["reconnects"]
                self._hub.ring_all()

    async def _wait(self) -> None:
        with suppress(TimeoutError):  # not wait_for: of Python 3.11 it swallows a cancellation that comes with the bell
            async with asyncio.timeout(_LOOK_S):
                await self._bell.wait()
        self._bell.clear()

    async def _subscribe(self) -> None:
        """Follow and leave what changed. A topic that is new rings once: what was told before the bus knew of us is looked up."""
        changed, self._changed = self._changed, set()
        fresh: list[str] = []
        try:
            while changed:
                topic = next(iter(changed))
                if topic in self._wanted and topic not in self._open:
                    self._open[topic] = await self._client.subscribe(live_subject(topic), cb=self._heard)
                    fresh.append(topic)
                elif topic not in self._wanted and topic in self._open:
                    await self._open.pop(topic).unsubscribe()
                changed.discard(topic)
            if fresh:
                await self._client.flush()
        except (nats.errors.Error, OSError, TimeoutError) as error:
            log.warning("live_subscription_postponed", reason=repr(error), topics=len(changed))
            self._changed |= changed
        for topic in fresh:
            self._hub.ring(topic)

    async def _publish(self) -> None:
        outgoing, self._outgoing = self._outgoing, {}
        for live in outgoing.values():
            try:
                await self._client.publish(live.subject, live.to_json())
            except (nats.errors.Error, OSError) as error:  # the others look by themselves, later
                log.warning("live_not_told", topic=live.topic, reason=repr(error))

    async def _heard(self, message: Msg) -> None:
        try:
            live = Live.model_validate_json(message.data)
        except ValidationError:
            log.warning("live_unreadable", subject=message.subject, body=message.data[:200])
            return
        self._hub.heard(live)
