"""The pen's way to the server: connects, and comes back for as long as the server wants it.

connecting ─pen_hello─▶ pen_welcome ─▶ pen_room ─pen_enter─▶ ink … ─ack─▶
    ▲                                                │ lost, closed, junk
    └────────────── backoff with jitter ◀────────────┘      └─ a final code ─▶ Stopped
"""

import asyncio
import random
import ssl
from typing import NoReturn

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from pen_bridge.addresses import NOT_TRUSTED, Server
from pen_bridge.clock import Clock
from pen_bridge.connection import Connection, Junk, Lost, Shared, Timing
from pen_bridge.ink import Ink
from pen_bridge.protocol.events import PenState
from wire.common import MAX_FRAME_BYTES
from wire.pen import PenHello, PenStatus


class Backoff:
    """Waits that double, each shortened by up to a half by chance, so that all the pens of a
    school do not come back in the same instant."""

    def __init__(self, timing: Timing, chance: random.Random) -> None:
        self._timing = timing
        self._chance = chance
        self._next = timing.first_backoff_s

    def next(self) -> float:
        """Return the next wait, in seconds."""
        wait = self._next
        self._next = min(self._timing.last_backoff_s, 2 * wait)
        return wait * self._chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The connection worked."""
        self._next = self._timing.first_backoff_s


class Uplink:
    """Keeps the pen connected for as long as `run` runs."""

    def __init__(
        self,
        server: Server,
        hello: PenHello,
        ink: Ink,
        clock: Clock,
        chance: random.Random,
        timing: Timing | None = None,
    ) -> None:
        self.shared = Shared(ink, clock, timing or Timing())
        self._server = server
        self._tls = server.tls()
        self._hello = hello
        self._backoff = Backoff(self.shared.timing, chance)
        self._connection: Connection | None = None

    def wake(self) -> None:
        """There may be ink to send."""
        self.shared.settled.set(self.shared.ink.settled)
        if self._connection is not None:
            self._connection.wake.set()

    def tell(self, state: PenState) -> None:
        """Tell the server how the pen is, now and after each reconnect."""
        self.shared.status = PenStatus(linked=state.linked, battery=state.battery)
        if self._connection is not None:
            self._connection.status = self.shared.status
            self._connection.wake.set()

    async def run(self) -> NoReturn:
        """Connect, again and again; raise `connection.Stopped` when refused for good."""
        shared = self.shared
        while True:
            try:
                await self._once()
            except Lost as lost:
                # Only a connection that worked makes the next try a quick one.
                if shared.connected and not isinstance(lost, Junk):
                    self._backoff.reset()
                shared.connected = shared.draining = False
                shared.problem = str(lost)
                shared.on_change()
            await asyncio.sleep(self._backoff.next())

    async def _once(self) -> NoReturn:
        try:
            socket = await connect(
                self._server.socket,
                ssl=self._tls,
                open_timeout=self.shared.timing.open_s,
                close_timeout=1.0,
                ping_interval=None,
                compression=None,
                max_size=MAX_FRAME_BYTES,
                proxy=None if self._server.local else True,
            )
        except InvalidStatus as error:
            raise Lost(f"the server answered {error.response.status_code}") from error
        except ssl.SSLCertVerificationError as error:
            raise Lost(NOT_TRUSTED) from error
        except (OSError, EOFError, WebSocketException) as error:
            raise Lost("the server cannot be reached") from error
        async with socket:
            self._connection = Connection(socket, self.shared)
            try:
                await self._connection.run(self._hello)
            finally:
                self._connection = None
                self.shared.ink.disconnected()
