"""A media plane whose socket is read by a thread of its own, as a native one's would be."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

from server.media.packets import DatagramKind
from server.media.plane import Address, Drop, Slow
from server.media.relay import Relay


class ThreadPlane(Relay):
    """Forwards in its thread, under a lock; what is not media and what is tapped goes to the loop."""

    def __init__(self, *, slow: Slow, clock: Callable[[], float]) -> None:
        super().__init__(send=self._to_socket, slow=self._to_loop)
        self._lock = threading.RLock()
        self._clock = clock
        self._told = slow
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.forwarders: set[int] = set()
        """The threads that datagrams were taken in."""

    def start(self, host: str, port: int, *, receive_buffer_bytes: int) -> None:
        del receive_buffer_bytes
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._thread = threading.Thread(target=self._read, args=(self._socket,), name="plane")
        self._thread.start()

    def stop(self) -> None:
        if self._socket is None or self._thread is None:
            return
        ending, self._socket = self._socket, None
        ending.sendto(b"", ending.getsockname())  # wakes the thread
        self._thread.join()
        ending.close()

    @property
    def port(self) -> int:
        assert self._socket is not None
        return int(self._socket.getsockname()[1])

    def send_slow(self, datagram: bytes, address: Address) -> None:
        try:
            self._to_socket(datagram, address)
        except OSError:
            self.count(Drop.SEND_ERROR)

    def _read(self, sock: socket.socket) -> None:
        while True:
            datagram, address = sock.recvfrom(2048)
            if self._socket is None:
                return
            self.forwarders.add(threading.get_ident())
            self.receive(datagram, address, self._clock())
            self._loop.call_soon_threadsafe(self.flush_taps)

    def _to_socket(self, datagram: bytes, address: Address) -> object:
        if self._socket is None:
            raise OSError("not started")
        return self._socket.sendto(datagram, address)

    def _to_loop(
        self, kind: DatagramKind, leg_id: str | None, datagram: bytes, address: Address, now: float
    ) -> None:
        self._loop.call_soon_threadsafe(self._told, kind, leg_id, datagram, address, now)


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    def locked(self: ThreadPlane, *args: Any) -> Any:
        with self._lock:
            return method(self, *args)

    return locked


for _name in (
    *("add_leg", "remove", "feed", "hear", "set_keys", "bind", "unbind", "set_target", "set_tap"),
    *("set_muted", "receive", "flush_taps", "send_rtcp", "resend", "counters", "heard_at"),
    *("totals", "count"),
):
    setattr(ThreadPlane, _name, _locked(getattr(Relay, _name)))
