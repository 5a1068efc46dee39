"""The asyncio shell: owns the plane, the legs, the one timer and every task of the media plane.

No datagram of media comes through here: the plane reads its socket itself and hands on what is not media.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from ipaddress import ip_address

import aioice.ice

from server.media import stun
from server.media.dtls import generate_certificate
from server.media.leg import Leg, OnState
from server.media.model import MediaConfig, MediaError, MediaStats
from server.media.packets import DatagramKind
from server.media.plane import Address, Drop, MakePlane, Plane, Tap
from server.media.udp_plane import UdpPlane

logger = logging.getLogger(__name__)

_TICK_S = 0.1
_GOLDEN = 0.618


class MediaEndpoint:
    """One media process: `start`, then `open_leg`, `feed`; `close` ends everything."""

    def __init__(
        self, *, config: MediaConfig, clock: Callable[[], float], make_plane: MakePlane = UdpPlane
    ) -> None:
        """`clock` gives monotonic seconds; receive times handed to taps are its."""
        self.config = config
        self.certificate = generate_certificate()
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._plane: Plane = make_plane(slow=self._slow, clock=clock)
        self._legs: dict[str, Leg] = {}
        self._by_ufrag: dict[str, Leg] = {}
        self._heard: dict[str, str] = {}
        """Listener -> the speaker it hears."""
        self._listeners: dict[str, set[str]] = {}
        self._report_at: dict[str, float] = {}
        self._opened = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stun_requests = 0
        self._lags: deque[float] = deque(maxlen=600)

    # ---- life

    async def start(self) -> None:
        """Bind the UDP port. Raises OSError, saying which address, if that cannot be."""
        self._plane.start(
            self.config.host,
            self.config.port,
            receive_buffer_bytes=self.config.receive_buffer_bytes,
        )
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(_TICK_S, self._tick)

    async def close(self) -> None:
        """Close every leg, then the plane; no task is left."""
        for leg in list(self._legs.values()):
            await leg.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._plane.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def port(self) -> int:
        """The bound UDP port."""
        return self._plane.port

    # ---- legs

    def open_leg(self, leg_id: str, *, on_state: OnState) -> Leg:
        """A new leg; its `offer()` goes to the client.

        Raises MediaError `leg_exists` or `media_full`.
        """
        if self._timer is None:
            raise RuntimeError("the media endpoint is not started")
        if leg_id in self._legs:
            raise MediaError("leg_exists", "This connection is open already.")
        if len(self._legs) >= self.config.max_legs:
            raise MediaError("media_full", "No more calls can be taken here at the moment.")
        leg = Leg(leg_id, self, on_state)
        self._legs[leg_id] = leg
        # Spread the reports over the interval: all at once would stall the loop.
        self._opened += 1
        phase = (self._opened * _GOLDEN) % 1.0
        self._report_at[leg_id] = self._clock() + phase * self.config.rtcp_interval_s
        return leg

    def feed(self, speaker: str, listeners: Iterable[str]) -> None:
        """Let these open legs and no others hear a speaker. KeyError if one is not open."""
        wanted = list(listeners)
        self._plane.feed(speaker, wanted)
        for leg_id in self._listeners.get(speaker, set()).difference(wanted):
            self._note(leg_id, None)
        for leg_id in wanted:
            self._note(leg_id, speaker)

    def hear(self, listener: str, speaker: str | None) -> None:
        """Let one open leg hear a speaker, or nobody. KeyError if one is not open."""
        self._plane.hear(listener, speaker)
        self._note(listener, speaker)

    def _note(self, listener: str, speaker: str | None) -> None:
        """Keep who hears whom, for the reports: sender's clock one way, losses the other."""
        before = self._heard.pop(listener, None)
        if before is not None:
            others = self._listeners[before]
            others.discard(listener)
            if not others:
                del self._listeners[before]
        if speaker is not None:
            self._heard[listener] = speaker
            self._listeners.setdefault(speaker, set()).add(listener)

    def set_tap(self, leg_id: str, tap: Tap | None, whose: str = "") -> None:
        """Hand every new decrypted packet of a leg to `tap`, as its side sent it, with its receive time.

        `tap` is called once a drain with a list of `(whose, packet, receive_time)`; legs that were given
        the same one share the list, in the order their packets came.
        """
        self._plane.set_tap(leg_id, tap, whose)

    def set_muted(self, leg_id: str, muted: bool) -> None:
        """While muted, nothing of this leg's voice is forwarded or tapped."""
        self._plane.set_muted(leg_id, muted)

    def stats(self) -> MediaStats:
        totals = self._plane.totals()
        lags = sorted(self._lags)
        return MediaStats(
            packets_in=totals.packets_in,
            packets_out=totals.packets_out,
            bytes_in=totals.bytes_in,
            bytes_out=totals.bytes_out,
            dropped=totals.dropped,
            kernel_drops=totals.kernel_drops,
            stun_requests=self._stun_requests,
            legs=dict(Counter(leg.state.value for leg in self._legs.values())),
            loop_lag_p99_ms=lags[int(len(lags) * 0.99)] * 1000 if lags else 0.0,
        )

    # ---- what legs need (leg.Host)

    @property
    def plane(self) -> Plane:
        return self._plane

    def now(self) -> float:
        return self._clock()

    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What the offers announce."""
        if self.config.announce:
            return tuple((host, port or self.port) for host, port in self.config.announce)
        host = self.config.host
        if not ip_address(host).is_unspecified:
            return ((host, self.port),)
        found = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=":" in host)
        return tuple((address, self.port) for address in found or ["127.0.0.1"])

    def own_ufrag(self, ufrag: str, leg: Leg) -> None:
        self._by_ufrag[ufrag] = leg

    def disown_ufrags(self, ufrags: list[str]) -> None:
        for ufrag in ufrags:
            self._by_ufrag.pop(ufrag, None)

    def speaker_of(self, leg_id: str) -> Leg | None:
        return self._legs.get(self._heard.get(leg_id, ""))

    def listeners_of(self, leg_id: str) -> Iterator[Leg]:
        return (self._legs[known] for known in self._listeners.get(leg_id, ()))

    def run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run a leg's work; the task is awaited by `Leg.close` or by `close`."""
        assert self._loop is not None
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def forget(self, leg: Leg) -> None:
        self._plane.remove(leg.id)
        del self._legs[leg.id]
        del self._report_at[leg.id]
        self._note(leg.id, None)
        for listener in self._listeners.pop(leg.id, ()):
            del self._heard[listener]

    # ---- what the plane hands over, and the timer

    def _slow(
        self, kind: DatagramKind, leg_id: str | None, datagram: bytes, address: Address, now: float
    ) -> None:
        """What the plane does not forward (plane.Slow)."""
        if kind is DatagramKind.STUN:
            self._check(leg_id, datagram, address, now)
            return
        leg = self._legs.get(leg_id or "")
        if leg is None:
            return
        if kind is DatagramKind.DTLS:
            leg.heard_dtls(datagram, address, now)
        elif kind is DatagramKind.RTCP:
            leg.heard_rtcp(datagram, address, now)
        else:
            leg.heard_media(address, now)

    def _check(self, owner_id: str | None, datagram: bytes, address: Address, now: float) -> None:
        try:
            request = stun.read_request(datagram)
        except stun.StunError:
            self._plane.count(Drop.STUN_BAD)
            return
        leg = self._by_ufrag.get(request.ufrag)
        if leg is None:
            self._plane.count(Drop.STUN_UNKNOWN)
            return
        if not leg.checked(request, address, now):
            self._plane.count(Drop.STUN_FORGED)
            return
        self._stun_requests += 1
        if owner_id is not None and owner_id != leg.id and owner_id in self._legs:
            self._legs[owner_id].lost_address(address)

    def _tick(self) -> None:
        assert self._loop is not None and self._timer is not None
        self._lags.append(self._loop.time() - self._timer.when())
        self._timer = self._loop.call_later(_TICK_S, self._tick)
        now = self._clock()
        for leg_id, leg in list(self._legs.items()):
            try:
                leg.tick(now)
                if self._report_at[leg_id] <= now:
                    self._report_at[leg_id] = now + self.config.rtcp_interval_s
                    leg.expire(now)
                    leg.report(now)
            except Exception:  # one leg's trouble must not be everybody's
                self._plane.count(Drop.INTERNAL)
                logger.exception("leg %s: the timer failed", leg_id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("media: a task failed", exc_info=task.exception())
