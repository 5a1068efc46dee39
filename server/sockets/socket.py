"""One WebSocket of any kind: authenticate, read and bound what comes in, send what goes out.

    open ── hello (within hello_s) ── welcome ── messages … ── closed
      └── anything else ── refused + close code

The kinds (lobby, room, pen) give a decoder and a handler; everything they share is here: time
limits, silence, rate, size, the outbox, metrics and the way a socket is closed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from aiohttp import WSMsgType, web

from base.clock import Clock
from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger, safe_error
from base.metrics import Metrics
from base.sockets import SocketHandler
from server.sockets.config import RoomsConfig
from server.sockets.outbox import CLOSE_WITHIN_S, Outbox
from server.sockets.rate import TokenBucket
from wire import codes
from wire.codec import FrameDecoder, WireError, encode
from wire.common import MAX_FRAME_BYTES, Message, Ping, Pong, Refused

log = get_logger(__name__)

KERNEL_BUFFER_BYTES = 128 * 1024

BYTES_A_TOKEN = 1024
"""A long message counts as several: what everyone receives and the disk keeps is bytes."""


class SocketCounters:
    """The counters and gauges of WebSockets."""

    def __init__(self, metrics: Metrics) -> None:
        self.sockets = metrics.gauge("inkcall_sockets", "Open WebSockets", ["kind"])
        self.messages = metrics.counter(
            "inkcall_messages_total", "Messages on WebSockets", ["socket", "direction"]
        )


@dataclass(frozen=True, slots=True)
class SocketTools:
    """What every socket needs of its process."""

    clock: Clock
    metrics: Metrics
    limits: RoomsConfig
    counters: SocketCounters = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counters", SocketCounters(self.metrics))


class Socket:
    """A peer's connection, as the lobby, a room or the pens see it."""

    def __init__(self, kind: str, tools: SocketTools) -> None:
        self.id = new_id("c")
        self.kind = kind
        self.credential = ""
        """The sign-in or pairing it speaks by; when that is revoked the socket is closed."""
        self.person = ""
        """Whose it is, once they have said hello."""
        self._tools = tools
        self._outbox = Outbox(tools.limits.outbox_messages, tools.limits.outbox_bytes)

    def send(self, message: Message) -> None:
        """Queue a message, in order."""
        self._outbox.push(encode(message))

    def send_frame(self, frame: bytes) -> None:
        """Queue a message that was encoded once for several sockets."""
        self._outbox.push(frame)

    def send_latest(self, key: str, message: Message, *, may_wait: bool = False) -> None:
        """Send a message of which only the newest of `key` matters."""
        self._outbox.push_latest(key, encode(message), may_wait=may_wait)

    def refuse(self, code: str, text: str, n: int | None = None) -> None:
        """Tell the peer that something was not done; the socket goes on."""
        self._tools.metrics.refused.labels(code).inc()
        self.send(Refused(code=code, text=text, n=n))

    def close(self, code: str) -> None:
        """Close once what is queued has been sent."""
        self._outbox.close(code)

    @property
    def closing(self) -> bool:
        """True once `close` was called or the peer was too slow."""
        return self._outbox.closing is not None

    @property
    def outbox(self) -> Outbox:
        """The queue; for `serve`."""
        return self._outbox


class Sockets:
    """All open sockets of the process: counts and bounds them, and closes them at the end."""

    def __init__(self, tools: SocketTools) -> None:
        self._tools = tools
        self._open: dict[str, Socket] = {}

    def close_all(self, code: str) -> None:
        """Ask every socket to close."""
        for socket in list(self._open.values()):
            socket.close(code)

    def admit(self, socket: Socket, person: str) -> None:
        """Let a person have one more socket; raise `Refusal` when they have too many."""
        socket.person = person
        held = sum(other.person == person for other in self._open.values())
        if held > self._tools.limits.max_sockets_per_person:
            raise Refusal(codes.FULL, "you have too many tabs open")

    def close_revoked(self, credential: str) -> None:
        """Close the sockets that speak by a sign-in or pairing that is over."""
        for socket in list(self._open.values()):
            if socket.credential == credential:
                socket.close(codes.TOKEN_REVOKED)

    async def serve(
        self,
        request: web.Request,
        kind: str,
        hello: type[Message],
        decoder: FrameDecoder,
        make: Callable[[Socket], SocketHandler],
    ) -> web.WebSocketResponse:
        """Run one WebSocket from its upgrade to its end."""
        response = web.WebSocketResponse(
            max_msg_size=4 * MAX_FRAME_BYTES, timeout=CLOSE_WITHIN_S, compress=False
        )
        await response.prepare(request)
        _bound_kernel_buffer(request)
        socket = Socket(kind, self._tools)
        if len(self._open) >= self._tools.limits.max_sockets:
            socket.refuse(codes.FULL, "the server is full, try again later")
            socket.close(codes.FULL)
        self._open[socket.id] = socket
        gauge = self._tools.counters.sockets.labels(kind)
        gauge.inc()
        try:
            await _Connection(response, request, socket, self._tools, hello, decoder, make).run()
        finally:
            del self._open[socket.id]
            gauge.dec()
        return response


def _frame_head(size: int) -> bytes:
    """Return the head of an unmasked, final, binary frame (RFC 6455 section 5.2)."""
    if size < 126:
        return bytes((0x82, size))
    if size < 1 << 16:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


def _bound_kernel_buffer(request: web.Request) -> None:
    """Let the kernel hold little for a slow reader: else it hoards megabytes of ink grown old."""
    link = request.transport.get_extra_info("socket") if request.transport else None
    if link is not None:
        link.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER_BYTES)


class _Connection:
    """Reader and writer of one WebSocket, and how they end together."""

    def __init__(
        self,
        response: web.WebSocketResponse,
        request: web.Request,
        socket: Socket,
        tools: SocketTools,
        hello: type[Message],
        decoder: FrameDecoder,
        make: Callable[[Socket], SocketHandler],
    ) -> None:
        self._response = response
        self._transport = request.transport
        self._socket = socket
        self._tools = tools
        self._hello = hello
        self._decoder = decoder
        self._handler = make(socket)
        self._received = tools.counters.messages.labels(socket.kind, "in")
        self._sent = tools.counters.messages.labels(socket.kind, "out")
        self._abort: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._heard_at = tools.clock.now()
        self._size = 0
        self._received_before = self._sent_before = self._received_count = 0

    async def run(self) -> None:
        self._socket.outbox.on_closing = self._hurry
        self._socket.outbox.write_now = self._write_now
        if self._socket.closing:
            self._hurry()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(), name=f"writer {self._socket.id}")
                try:
                    await self._read()
                finally:
                    self._socket.close(codes.TIMED_OUT)
        finally:
            for timer in (self._abort, self._silence):
                if timer is not None:
                    timer.cancel()
            self._tally()

    def _hurry(self) -> None:
        """A peer who does not take the rest of the queue is cut off."""
        self._abort = asyncio.get_running_loop().call_later(CLOSE_WITHIN_S, self._cut)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _write_now(self, frame: bytes) -> bool:
        """Write a frame past the writer, when nothing waits before it.

        The writer hands whole frames to the same transport and then waits for it to drain, so an
        empty buffer means that every earlier frame is out.
        """
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        transport.write(_frame_head(len(frame)) + frame)
        return True

    async def _write(self) -> None:
        outbox = self._socket.outbox
        try:
            await outbox.run(self._response)
            code = outbox.closing or codes.INTERNAL
            await self._response.close(
                code=codes.CLOSE_CODES.get(code, 1000), message=code.encode()
            )
        except ConnectionError:
            self._cut()

    async def _read(self) -> None:
        entered = False
        try:
            self._watch(self._tools.limits.hello_s)
            first = await self._receive()
            if first is None:
                return
            if not isinstance(first, self._hello):
                raise Refusal(codes.HELLO_FIRST, "the first message says hello")
            if self._socket.closing:
                return
            entered = True
            await self._handler.opened(first)
            await self._later()
        except Refusal as refusal:
            self._end(refusal.code, refusal.text)
        except WireError as error:
            self._end(error.code, error.text)
        except Exception as error:
            log.exception("socket_failed", socket=self._socket.id, **safe_error(error))
            self._end(codes.INTERNAL, "something went wrong on our side")
        finally:
            if entered:
                await self._handler.closed()

    async def _later(self) -> None:
        limits = self._tools.limits
        bucket = TokenBucket(limits.messages_per_s, limits.messages_burst, self._heard_at)
        self._watch(limits.idle_s)
        while (message := await self._receive()) is not None:
            # Too fast is slowed down and not thrown out: the peer's own socket fills up, and a
            # tab that sends what it drew while it was offline loses nothing.
            if wait := bucket.take(self._heard_at, 1 + self._size / BYTES_A_TOKEN):
                await asyncio.sleep(wait)
            if isinstance(message, Ping):
                self._socket.send(Pong(sent_ms=message.sent_ms))
                self._tally()
            elif isinstance(message, self._hello):
                raise Refusal(codes.HELLO_TWICE, "hello was said already")
            else:
                await self._handler.received(message)

    async def _receive(self) -> Any:
        """Return the next message, or None when the peer has closed."""
        frame = await self._response.receive()
        self._heard_at = self._tools.clock.now()
        if frame.type is WSMsgType.BINARY:
            self._received_count += 1
            self._size = len(frame.data)
            return self._decoder(frame.data)
        if frame.type is WSMsgType.TEXT:
            raise Refusal(codes.TEXT_FRAME, "messages are binary frames")
        if frame.type is WSMsgType.ERROR and self._response.close_code == 1009:
            self._tools.metrics.refused.labels(codes.TOO_LARGE).inc()
        return None

    def _watch(self, within_s: float) -> None:
        """Close when nothing is heard for so long. One timer a socket: one a message costs more
        than forwarding the message does."""
        if self._silence is not None:
            self._silence.cancel()
        wait = self._heard_at + within_s - self._tools.clock.now()
        if wait <= 0:
            self._end(codes.TIMED_OUT, "nothing was heard for too long")
            return
        loop = asyncio.get_running_loop()
        self._silence = loop.call_later(wait + 0.01, self._watch, within_s)

    def _tally(self) -> None:
        """Add what came and went since the last time to the metrics."""
        received, sent = self._received_count, self._socket.outbox.sent
        self._received.inc(received - self._received_before)
        self._sent.inc(sent - self._sent_before)
        self._received_before, self._sent_before = received, sent

    def _end(self, code: str, text: str) -> None:
        self._socket.refuse(code, text)
        self._socket.close(code)
