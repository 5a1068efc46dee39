"""The Python plane, whole: the relay and the UDP socket it reads and sends through."""

import errno
from collections.abc import Callable

import msgspec

from server.media.plane import Address, Drop, PlaneTotals, Slow
from server.media.relay import Relay
from server.media.udp import UdpSocket


class UdpPlane(Relay):
    """Implements `plane.Plane`: to the relay's forwarding it adds start, stop and what is not media.

    It is a relay instead of having one, so that a packet takes no further call on its way.
    """

    def __init__(self, *, slow: Slow, clock: Callable[[], float]) -> None:
        super().__init__(send=_closed, slow=slow)
        self._udp = UdpSocket(
            clock=clock, receive=self.receive, drained=self.flush_taps, count=self.count
        )

    def start(self, host: str, port: int, *, receive_buffer_bytes: int) -> None:
        self._send = self._udp.start(host, port, receive_buffer_bytes).sendto

    def stop(self) -> None:
        self.flush_taps()
        self._send = _closed
        self._udp.stop()

    @property
    def port(self) -> int:
        return self._udp.port

    def send_slow(self, datagram: bytes, address: Address) -> None:
        try:
            self._send(datagram, address)
        except BlockingIOError:
            self.count(Drop.SEND_FULL)
        except OSError:
            self.count(Drop.SEND_ERROR)

    def totals(self) -> PlaneTotals:
        return msgspec.structs.replace(super().totals(), kernel_drops=self._udp.kernel_drops)


def _closed(_datagram: bytes, _address: Address) -> object:
    raise OSError(errno.ENOTCONN, "the media plane is not started")
