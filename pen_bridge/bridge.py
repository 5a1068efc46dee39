"""The bridge: a pen's link, its ink and its uplink, running together until told to stop."""

import asyncio
from contextlib import suppress
from typing import NoReturn

import msgspec

from pen_bridge.clock import Clock
from pen_bridge.connection import Stopped
from pen_bridge.ink import Ink
from pen_bridge.links.link import Link
from pen_bridge.protocol.events import PenEvent, PenState
from pen_bridge.rawlog import RawLog
from pen_bridge.status import StatusLine, describe
from pen_bridge.uplink import Uplink

LAST_INK_S = 1.0
"""How long a stopping bridge waits for the server to confirm the last ink."""
_SHOW_S = 1.0


class Bridge:
    """Owns every task of a running bridge."""

    def __init__(
        self,
        link: Link,
        ink: Ink,
        uplink: Uplink,
        clock: Clock,
        status: StatusLine,
        raw_log: RawLog | None = None,
    ) -> None:
        self._link = link
        self._ink = ink
        self._uplink = uplink
        self._clock = clock
        self._status = status
        self._raw_log = raw_log
        self._batching = asyncio.Event()
        uplink.shared.on_change = self.show

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; raise `connection.Stopped` when the server refuses for good."""
        stopped: list[Stopped] = []
        try:
            async with asyncio.TaskGroup() as group:
                uplink = group.create_task(self._uplink.run(), name="pen uplink")
                others = [
                    group.create_task(
                        self._link.run(self._take, self._uplink.shared.session), name="pen link"
                    ),
                    group.create_task(self._complete_batches(), name="pen batches"),
                    group.create_task(self._show(), name="pen status"),
                ]
                await stop.wait()
                for task in others:
                    task.cancel()
                await self._last_ink()
                uplink.cancel()
        except* Stopped as errors:
            stopped.extend(error for error in errors.exceptions if isinstance(error, Stopped))
        finally:
            self._status.show(describe(self._uplink.shared))
            self._status.close()
        for error in stopped:
            raise error

    def show(self) -> None:
        """Show how things are."""
        self._status.show(describe(self._uplink.shared))

    def _take(self, event: PenEvent) -> None:
        if self._raw_log is not None:
            self._raw_log.keep("in", msgspec.json.encode([type(event).__name__, event]))
        if isinstance(event, PenState):
            self._uplink.tell(event)
            if not event.linked:
                self._ink.lift()
        self._ink.receive(event, self._clock.now())
        self._uplink.wake()
        self._batching.set()

    async def _complete_batches(self) -> NoReturn:
        while True:
            self._batching.clear()
            due = self._ink.next_timeout()
            if due is None:
                await self._batching.wait()
                continue
            await asyncio.sleep(max(0.0, due - self._clock.now()))
            self._ink.on_timeout(self._clock.now())
            self._uplink.wake()

    async def _show(self) -> NoReturn:
        while True:
            self.show()
            await asyncio.sleep(_SHOW_S)

    async def _last_ink(self) -> None:
        self._ink.lift()
        self._uplink.wake()
        if not self._uplink.shared.connected:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_INK_S):
                await self._uplink.shared.settled.until(True)
