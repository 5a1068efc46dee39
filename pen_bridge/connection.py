"""One connection of the pen, from its hello to its loss: reader, writer and heartbeat.

What it may have to say is bounded by its nature: the newest `pen_enter`, the newest `pen_status`,
one ping, and the ink that the backlog keeps.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from pen_bridge.backlog import WrongCount
from pen_bridge.clock import Clock
from pen_bridge.ink import Ink
from pen_bridge.watch import Watch
from wire import codes
from wire.codec import WireError, encode, pen_from_server
from wire.common import PROTOCOL_VERSION, Draining, Message, Ping, Pong, Refused
from wire.pen import PenEnter, PenHello, PenRoom, PenStatus, PenWelcome
from wire.room import Ack

FINAL = codes.DO_NOT_RECONNECT | {codes.TOKEN_EXPIRED}
"""After these the bridge stops. A pairing cannot be refreshed, so an expired one is over too."""


class Stopped(Exception):
    """The server does not want this pen back; `code` is one of `FINAL`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Lost(Exception):
    """This connection is over and another may follow; the text is for the status line."""


class Junk(Lost):
    """The server sent what no server sends."""


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds."""

    ping_s: float = 5.0
    lost_s: float = 12.0
    """Without a pong for so long the connection counts as lost."""
    open_s: float = 10.0
    first_backoff_s: float = 0.5
    last_backoff_s: float = 5.0


@dataclass(slots=True)
class Shared:
    """What outlives a connection."""

    ink: Ink
    clock: Clock
    timing: Timing
    on_change: Callable[[], None] = lambda: None
    """Called when the connection or the session is another than before."""
    status: PenStatus = field(default_factory=lambda: PenStatus(linked=False))
    session: Watch[str | None] = field(default_factory=lambda: Watch(None))
    settled: Watch[bool] = field(default_factory=lambda: Watch(True))
    """True while nothing waits for the server."""
    connected: bool = False
    teacher_name: str = ""
    problem: str = ""
    draining: bool = False
    refused: int = 0
    """Operations that the server refused."""


class Connection:
    """Speaks over an open socket until it breaks."""

    def __init__(self, socket: ClientConnection, shared: Shared) -> None:
        self.wake = asyncio.Event()
        """Set when there may be something to send."""
        self.status: PenStatus | None = None
        """Set to have it sent."""
        self._socket = socket
        self._shared = shared
        self._enter: PenEnter | None = None
        self._ping_due = False
        self._welcomed = False
        self._told: Refused | None = None
        self._heard = shared.clock.now()

    async def run(self, hello: PenHello) -> NoReturn:
        """Say hello and go on; raise `Lost`, `Junk` or `Stopped` in the end."""
        ended: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(hello), name="pen writer")
                group.create_task(self._beat(), name="pen heartbeat")
                # In the group's body and not in a task: up to Python 3.12 the group mends its
                # task's count of cancellations only when it was the body that was cancelled.
                await self._read()
        except* (ConnectionClosed, Lost, Stopped) as errors:
            ended.extend(_leaves(errors))
        # And a group whose child fails in the very moment of being cancelled from outside forgets
        # that cancelling: the uplink would never stop.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError
        raise self._verdict(ended)

    # --- out -------------------------------------------------------------------------------

    async def _write(self, hello: PenHello) -> NoReturn:
        await self._socket.send(encode(hello))
        while True:
            self.wake.clear()
            while (message := self._next()) is not None:
                await self._socket.send(encode(message))
            await self.wake.wait()

    def _next(self) -> Message | None:
        """Return the next message: chosen at the moment of sending, so nothing stale is sent."""
        message: Message | None
        if not self._welcomed:
            return None
        if self._enter is not None:
            message, self._enter = self._enter, None
        elif self.status is not None:
            message, self.status = self.status, None
        elif self._ping_due:
            self._ping_due = False
            message = Ping(sent_ms=int(self._shared.clock.now() * 1000))
        else:
            message = self._shared.ink.next_to_send()
        return message

    async def _beat(self) -> NoReturn:
        clock, timing = self._shared.clock, self._shared.timing
        next_ping = clock.now() + timing.ping_s
        while True:
            now = clock.now()
            if now >= self._heard + timing.lost_s:
                raise Lost("the server is silent")
            if now >= next_ping:
                self._ping_due = True
                self.wake.set()
                next_ping = now + timing.ping_s
            await asyncio.sleep(max(0.0, min(next_ping, self._heard + timing.lost_s) - now))

    # --- in --------------------------------------------------------------------------------

    async def _read(self) -> NoReturn:
        while True:
            frame = await self._socket.recv()
            try:
                if isinstance(frame, str):
                    raise WireError(codes.TEXT_FRAME, "messages are binary frames")
                self._received(pen_from_server(frame))
            except WireError as error:
                await self._socket.close(codes.CLOSE_CODES[error.code], error.code)
                raise Junk("the server sent what is no message") from error
            self.wake.set()

    def _received(self, message: Message) -> None:
        match message:
            case Refused(n=None, code=code):
                self._told = message
                if code in FINAL:
                    raise Stopped(code)
            case PenWelcome():
                self._welcome(message)
            case Pong():
                self._heard = self._shared.clock.now()
            case _ if not self._welcomed:
                raise WireError(codes.BAD_MESSAGE, "before the welcome")
            case PenRoom():
                self._enter = self._shared.ink.enter(message)
                self._shared.settled.set(self._shared.ink.settled)
                self._shared.session.set(message.session)
                self._shared.on_change()
            case Ack(n=n):
                self._acknowledged(n)
            case Refused():
                self._shared.refused += 1
            case Draining():
                self._shared.draining = True
                self._shared.on_change()

    def _welcome(self, welcome: PenWelcome) -> None:
        if self._welcomed:
            raise WireError(codes.BAD_MESSAGE, "a second welcome")
        if welcome.version != PROTOCOL_VERSION:
            raise Stopped(codes.VERSION)
        self._welcomed = True
        self.status = self._shared.status
        self._shared.connected = True
        self._shared.problem = ""
        self._shared.teacher_name = welcome.teacher_name
        self._shared.on_change()

    def _acknowledged(self, n: int) -> None:
        try:
            self._shared.ink.acknowledge(n)
        except WrongCount:
            raise WireError(codes.BAD_MESSAGE, "what was never sent is done") from None
        self._shared.settled.set(self._shared.ink.settled)

    # --- the end ---------------------------------------------------------------------------

    def _verdict(self, ended: list[Exception]) -> Exception:
        """Return what the end means: a final word counts before junk, junk before a loss."""
        closed = [error for error in ended if isinstance(error, ConnectionClosed)]
        for error in closed:
            reason = error.rcvd.reason if error.rcvd is not None else ""
            if reason in FINAL:
                return Stopped(reason)
        for kind in (Stopped, Junk, Lost):
            for other in ended:
                if isinstance(other, kind):
                    return other
        if self._told is not None:
            return Lost(f"the server says: {self._told.text or self._told.code}")
        if any(error.sent is not None and error.sent.code == 1009 for error in closed):
            return Junk("the server sent what is no message")
        return Lost("the connection was lost")


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
