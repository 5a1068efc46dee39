"""One UDP socket: opened, read in batches inside the read callback, closed.

The socket is our own, non-blocking, and drained in the read callback: asyncio's datagram transport
takes one datagram a wake-up, which costs more than forwarding it does.
"""

import asyncio
import errno
import logging
import socket
import struct
from collections.abc import Callable
from ipaddress import ip_address

from server.media.plane import Address, Drop

logger = logging.getLogger(__name__)

_BATCH = 64
"""Datagrams a wake-up: more would keep signalling and timers waiting (64 take about 2 ms)."""
_TICK_S = 0.1
_BUSY_A_TICK = 200
"""More datagrams than this in a tick (20 calls' worth): waking up for each costs more than it does
good. They then gather for `_GATHER_S`, as network cards gather interrupts."""
_GATHER_S = 0.001
_MAX_READ = 2048
SO_RXQ_OVFL = getattr(socket, "SO_RXQ_OVFL", 40)  # neither is in Python 3.11's socket module
SO_RCVBUFFORCE = getattr(socket, "SO_RCVBUFFORCE", 33)
_DROPS = struct.Struct("I")


class UdpSocket:
    """Gives each datagram to `receive`, and calls `drained` after each batch of them."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        receive: Callable[[bytes, Address, float], None],
        drained: Callable[[], None],
        count: Callable[[Drop], None],
    ) -> None:
        """`receive` takes a datagram, whose it is, and when it was read by `clock`; `count`, what went wrong."""
        self._clock = clock
        self._receive = receive
        self._drained = drained
        self._count = count
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None
        self._look_at_drops = False
        self._taken = 0
        self._busy = False
        self.kernel_drops = 0
        """Datagrams the kernel threw away because the receive buffer was full."""

    def start(self, host: str, port: int, receive_buffer_bytes: int) -> socket.socket:
        """Bind and begin to read. Raises OSError, saying which address, if that cannot be."""
        v6 = ip_address(host).version == 6
        sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            _set_receive_buffer(sock, receive_buffer_bytes)
            sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
            if v6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            reason = "in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
            raise OSError(error.errno, f"media: UDP {host} port {port} is {reason}") from error
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        return sock

    def stop(self) -> None:
        """Close; no timer and no reader is left. Safe more than once."""
        for timer in (self._timer, self._gathering):
            if timer is not None:
                timer.cancel()
        self._timer = self._gathering = None
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    @property
    def port(self) -> int:
        """The bound port."""
        if self._socket is None:
            raise RuntimeError("the UDP socket is not open")
        return int(self._socket.getsockname()[1])

    # ---- reading

    def _readable(self) -> None:
        """Something has come: take it, and while much is coming let some gather before the next."""
        emptied = self._drain()
        if self._loop is None or self._socket is None or not (self._busy and emptied):
            return
        self._loop.remove_reader(self._socket.fileno())
        self._gathering = self._loop.call_later(_GATHER_S, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        emptied = self._drain()
        if self._loop is None or self._socket is None:  # closed by whoever was told
            return
        if emptied and self._busy:
            self._gathering = self._loop.call_later(_GATHER_S, self._gathered)
        else:  # calm again, or more than a batch is waiting: the loop calls as soon as it can
            self._loop.add_reader(self._socket.fileno(), self._readable)

    def _drain(self) -> bool:
        """Handle up to a batch of datagrams; return whether that was all there was."""
        emptied = self._take()
        self._drained()
        return emptied

    def _take(self) -> bool:
        sock, clock, receive = self._socket, self._clock, self._receive
        if sock is None:
            return True
        if self._look_at_drops:
            self._look_at_drops = False
            self._read_with_drops(sock)
        for number in range(_BATCH):
            try:
                datagram, address = sock.recvfrom(_MAX_READ)
            except BlockingIOError:
                self._taken += number
                return True
            except OSError:  # an ICMP error of some peer; the socket is everybody's
                if self._socket is None:  # closed by whoever was told
                    return True
                self._count(Drop.SEND_ERROR)
                continue
            try:
                receive(datagram, address, clock())
            except Exception:  # one datagram's trouble must not be everybody's
                self._count(Drop.INTERNAL)
                logger.exception("media: a datagram could not be handled")
        self._taken += _BATCH
        return False

    def _read_with_drops(self, sock: socket.socket) -> None:
        """One datagram the slow way, for the kernel's count of those it threw away (SO_RXQ_OVFL)."""
        try:
            datagram, ancillary, _, address = sock.recvmsg(_MAX_READ, socket.CMSG_SPACE(4))
        except OSError:
            return
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL and len(data) >= 4:
                self.kernel_drops = _DROPS.unpack_from(data)[0]
        try:
            self._receive(datagram, address, self._clock())
        except Exception:
            self._count(Drop.INTERNAL)
            logger.exception("media: a datagram could not be handled")

    def _tick(self) -> None:
        assert self._loop is not None
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        self._look_at_drops = True
        self._busy, self._taken = self._taken > _BUSY_A_TICK, 0


def _set_receive_buffer(sock: socket.socket, size: int) -> None:
    """As large as asked if we may, else as large as `net.core.rmem_max` lets us, and then say so."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    # Linux tells twice the size, the other half being its own bookkeeping (socket(7)).
    granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if granted < size:
        logger.warning(
            "media: receive buffer %d of %d bytes: raise net.core.rmem_max", granted, size
        )
