"""Who has a composition open, here and at the other gateways.

Nothing of it is stored. Each gateway tells the others who comes, moves and goes, and all of them again now and then: what a gateway
that died had told is forgotten after a while.
"""

import asyncio
import time
from collections.abc import Callable

from contracts.events import Here, Live
from services.gateway.events.entries import Entry
from services.gateway.events.hub import Hub, composition_topic
from services.gateway.events.messages import presence_message
from services.gateway.events.streams import Streams

SHOWN = 100
"""So many are listed; all are counted."""
_TOLD_AGAIN_S, _FORGOTTEN_S = 20.0, 65.0


class Presence:
    """Everybody who is in a composition that somebody here has open."""

    def __init__(self, hub: Hub, streams: Streams, clock: Callable[[], float]) -> None:
        self._hub, self._streams, self._clock = hub, streams, clock
        self._here: dict[str, dict[str, Here]] = {}
        self._elsewhere: dict[str, dict[str, tuple[Here, float]]] = {}
        hub.on_here = self._heard

    def enter(self, composition_id: str, here: Here) -> None:
        """Somebody comes, or looks at another place."""
        if composition_id not in self._here:
            self._say(composition_id, None, "asks")
        self._here.setdefault(composition_id, {})[here.connection] = here
        self._say(composition_id, here, here.connection)
        self._show(composition_id)

    def leave(self, composition_id: str, here: Here) -> None:
        """Somebody goes."""
        people = self._here.get(composition_id, {})
        people.pop(here.connection, None)
        if not people:
            self._here.pop(composition_id, None)
            self._elsewhere.pop(composition_id, None)
        self._say(composition_id, here.model_copy(update={"gone": True}), here.connection)
        self._show(composition_id)

    def people(self, composition_id: str) -> list[Here]:
        """Everybody who is there, in the order in which they came."""
        elsewhere = [here for here, _ in self._elsewhere.get(composition_id, {}).values()]
        return sorted([*self._here.get(composition_id, {}).values(), *elsewhere], key=lambda here: (here.since, here.connection))

    async def run(self) -> None:
        """Tell again who is here and forget who was not told again, until cancelled."""
        while True:
            await asyncio.sleep(_TOLD_AGAIN_S)
            for composition_id, people in self._here.items():
                for here in people.values():
                    self._say(composition_id, here, here.connection)
            self._forget(time.monotonic() - _FORGOTTEN_S)

    def _forget(self, before: float) -> None:
        for composition_id, people in tuple(self._elsewhere.items()):
            staying = {name: told for name, told in people.items() if told[1] >= before}
            if len(staying) < len(people):
                self._elsewhere[composition_id] = staying
                self._show(composition_id)

    def _heard(self, composition_id: str, here: Here | None) -> None:
        """Another gateway says who is there, or asks."""
        mine = self._here.get(composition_id)
        if mine is None:
            return
        if here is None:
            for one in mine.values():
                self._say(composition_id, one, one.connection)
            return
        people = self._elsewhere.setdefault(composition_id, {})
        before = people.pop(here.connection, None) if here.gone else people.get(here.connection)
        if not here.gone:
            people[here.connection] = (here, time.monotonic())
        if here.gone or before is None or before[0] != here:
            self._show(composition_id)

    def _say(self, composition_id: str, here: Here | None, key: str) -> None:
        live = Live(by=self._hub.replica, topic=composition_topic(composition_id), here=here, asks=here is None)
        self._hub.others.say(live, f"here {key}")

    def _show(self, composition_id: str) -> None:
        feed = self._streams.feed_of(composition_id)
        if feed is not None:
            feed.show(lambda seq, number: self._worded(composition_id, seq, number))

    def _worded(self, composition_id: str, seq: int, number: int) -> Entry:
        people = self.people(composition_id)
        return Entry.of(seq, presence_message(composition_id, people[:SHOWN], len(people), seq, self._clock()), number)
