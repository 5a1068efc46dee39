"""A small real WebSocket server that treats a pen as the rooms do, and can be made to misbehave."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from wire import codes
from wire.codec import encode, pen_from_client
from wire.common import PROTOCOL_VERSION, Message, Ping, Pong, Refused
from wire.pen import PenEnter, PenHello, PenRoom, PenStatus, PenWelcome
from wire.room import Ack, Operation, StrokeBegin, StrokeEnd, StrokePoints

SOURCE = "pen-p1"
Ink = dict[str, list[tuple[int, int, int, int]]]


@dataclass
class Faults:
    """How often, by chance, a connection is cut around an operation, and acks are held back."""

    chance: random.Random = field(default_factory=random.Random)
    cut_before: float = 0.0
    cut_after: float = 0.0
    hold_ack: float = 0.0


@dataclass
class Lesson:
    """What one session got of the pen: its operations, each once, in order."""

    last_n: int = 0
    operations: list[Operation] = field(default_factory=list)

    def ink(self) -> Ink:
        """Return the strokes, by id in the order they began."""
        strokes: Ink = {}
        for operation in self.operations:
            if isinstance(operation, StrokeBegin):
                assert operation.stroke not in strokes
                strokes[operation.stroke] = []
            if isinstance(operation, StrokeBegin | StrokePoints):
                strokes[operation.stroke] += [
                    (p.x, p.y, p.pressure, p.dt) for p in operation.points
                ]
        return strokes

    def ended(self) -> list[str]:
        """Return the ids of the strokes that were ended."""
        return [o.stroke for o in self.operations if isinstance(o, StrokeEnd)]

    def points(self) -> int:
        """Return how many points all strokes have."""
        return sum(len(points) for points in self.ink().values())


class PenServer:
    """Serves `/ws/pen`. `wrong` holds whatever a well-behaved bridge would not have done."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.session: str | None = None
        self.teacher_name = "Wen Yu"
        self.lessons: dict[str, Lesson] = {}
        self.hellos: list[PenHello] = []
        self.statuses: list[PenStatus] = []
        self.pings = 0
        self.cuts = 0
        self.wrong: list[str] = []
        self.answers_pings = True
        self.acknowledges = True
        self.greet: Callable[[ServerConnection], list[bytes | str]] | None = None
        """Instead of a welcome, send these frames."""
        self.refuse: tuple[str, bool] | None = None
        """Refuse the next hellos with this code, told in a message before the close or not."""
        self._open: dict[ServerConnection, str | None] = {}
        self._server: Server | None = None
        self.port = 0

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["PenServer"]:
        """Listen on a free port of loopback, the same one each time."""
        self._server = await serve(
            self._handle, "127.0.0.1", self.port, ssl=tls, ping_interval=None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for connection in list(self._open):
                connection.transport.abort()
            self._server.close()
            await self._server.wait_closed()

    @property
    def connections(self) -> int:
        """How many pens are connected."""
        return len(self._open)

    async def enter(self, session: str | None) -> None:
        """From now on the pen's teacher is in this session."""
        self.session = session
        for connection in list(self._open):
            await self._send_room(connection)

    def cut(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self._open):
            self.cuts += 1
            connection.transport.abort()

    async def say(self, *frames: bytes | str | Message) -> None:
        """Send to every pen."""
        for connection in list(self._open):
            for frame in frames:
                data = encode(frame) if isinstance(frame, Message) else frame
                with suppress(ConnectionClosed):
                    await connection.send(data)

    async def close(self, code: str) -> None:
        """Close every pen's connection with a code of the wire."""
        for connection in list(self._open):
            await connection.close(codes.CLOSE_CODES[code], code)

    async def _send_room(self, connection: ServerConnection) -> None:
        self._open[connection] = None
        if self.session is None:
            room = PenRoom(session=None)
        else:
            lesson = self.lessons.setdefault(self.session, Lesson())
            room = PenRoom(session=self.session, source=SOURCE, last_n=lesson.last_n)
        with suppress(ConnectionClosed):
            await connection.send(encode(room))

    async def _handle(self, connection: ServerConnection) -> None:
        try:
            with suppress(ConnectionClosed, ConnectionError):
                await self._serve(connection)
        finally:
            self._open.pop(connection, None)

    async def _serve(self, connection: ServerConnection) -> None:
        if connection.request is None or connection.request.path != "/ws/pen":
            self.wrong.append("path")
        hello = pen_from_client(_binary(await connection.recv()))
        assert isinstance(hello, PenHello)
        self.hellos.append(hello)
        if self.refuse is not None:
            code, told = self.refuse
            if told:
                await connection.send(encode(Refused(code=code, text="no")))
            await connection.close(codes.CLOSE_CODES[code], code)
            return
        if self.greet is not None:
            self._open[connection] = None
            for frame in self.greet(connection):
                await connection.send(frame)
            await connection.wait_closed()
            return
        self._open[connection] = None
        welcome = PenWelcome(
            version=PROTOCOL_VERSION, teacher="t_1", teacher_name=self.teacher_name
        )
        await connection.send(encode(welcome))
        await self._send_room(connection)
        while True:
            await self._received(connection, pen_from_client(_binary(await connection.recv())))

    async def _received(self, connection: ServerConnection, message: Message) -> None:
        match message:
            case Ping():
                self.pings += 1
                if self.answers_pings:
                    await connection.send(encode(Pong(sent_ms=message.sent_ms)))
            case PenStatus():
                self.statuses.append(message)
            case PenEnter():
                if message.session == self.session:
                    self._open[connection] = message.session
            case StrokeBegin() | StrokePoints() | StrokeEnd():
                await self._operation(connection, message)
            case _:
                self.wrong.append(type(message).__name__)

    async def _operation(self, connection: ServerConnection, operation: Operation) -> None:
        faults = self.faults
        session = self._open[connection]
        if session is None:
            return
        if faults.chance.random() < faults.cut_before:
            self.cuts += 1
            connection.transport.abort()
            raise ConnectionError
        lesson = self.lessons[session]
        if operation.n == lesson.last_n + 1:
            lesson.last_n = operation.n
            lesson.operations.append(operation)
        elif operation.n > lesson.last_n:
            self.wrong.append(f"gap: {operation.n} after {lesson.last_n}")
        if faults.chance.random() < faults.cut_after:
            self.cuts += 1
            connection.transport.abort()
            raise ConnectionError
        if self.acknowledges and faults.chance.random() >= faults.hold_ack:
            await connection.send(encode(Ack(n=lesson.last_n)))


def _binary(frame: bytes | str) -> bytes:
    assert isinstance(frame, bytes)
    return frame


async def until(true: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait for a condition; TimeoutError if it does not come about."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.005)
