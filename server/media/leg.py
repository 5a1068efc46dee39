"""One side's media: its offer and answer, ICE, DTLS, reports and state.

It moves by `model.TRANSITIONS`; docs/states.md is drawn from it.

A tab that joins again opens a new leg (new DTLS). A tab that moved to another network restarts ICE on
the one it has: new credentials, same keys, and the voice goes on after one STUN round trip.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator
from typing import Protocol

from aiortc.rtcdtlstransport import RTCCertificate

from server.media import rtcp, stun
from server.media.dtls import DtlsFailed, DtlsSession, fingerprints
from server.media.ice import IceAgent, IceCredentials
from server.media.model import (
    TRANSITIONS,
    LegEvent,
    LegQuality,
    LegState,
    MediaConfig,
    MediaError,
)
from server.media.plane import Address, Drop, Plane
from server.media.relay import CLOCK_RATE
from server.media.reports import Reports
from server.media.sdp import Offer, SdpAnswer, read_answer, write_offer

logger = logging.getLogger(__name__)

_LEVEL_HOLDS_S = 1.0
"""A side that stopped sending is not as loud as it was: discontinuous Opus still sends each 0.4 s."""

OnState = Callable[[str, LegState], None]


class Host(Protocol):
    """What a leg needs of the endpoint it belongs to."""

    config: MediaConfig
    certificate: RTCCertificate

    @property
    def plane(self) -> Plane: ...
    def now(self) -> float: ...
    def addresses(self) -> tuple[tuple[str, int], ...]: ...
    def own_ufrag(self, ufrag: str, leg: "Leg") -> None: ...
    def disown_ufrags(self, ufrags: list[str]) -> None: ...
    def speaker_of(self, leg_id: str) -> "Leg | None": ...
    def listeners_of(self, leg_id: str) -> Iterator["Leg"]: ...
    def run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]: ...
    def forget(self, leg: "Leg") -> None: ...


class Leg:
    """Made by `MediaEndpoint.open_leg`; to be closed by whoever opened it."""

    def __init__(self, leg_id: str, host: Host, on_state: OnState) -> None:
        self.id = leg_id
        self._host = host
        self._on_state = on_state
        self._state = LegState.NEW
        self._session_id = secrets.randbits(62)
        self._version = 0
        self._ssrc = secrets.randbelow(0xFFFFFFFF) + 1
        self._cname = f"inkcall-{secrets.token_hex(4)}"
        self._agent = IceAgent(_credentials())
        self._dtls = DtlsSession(host.certificate, self._send_dtls)
        self._reports = Reports(self._ssrc, self._cname)
        self._target: Address | None = None
        self._answer: SdpAnswer | None = None
        self._answered = False
        self._alive_at = 0.0
        self._ended_by_peer = False
        self._has_keys = False
        self._released = False
        self._task: asyncio.Task[None] | None = None
        host.plane.add_leg(leg_id, self._ssrc)
        host.own_ufrag(self._agent.credentials.ufrag, self)

    @property
    def state(self) -> LegState:
        return self._state

    # ---- signalling

    def offer(self) -> str:
        """The SDP offer for the present ICE credentials; the same text until `restart_ice`."""
        self._refuse_if_closed()
        return write_offer(
            Offer(
                session=self._session_id,
                version=self._version,
                credentials=self._agent.credentials,
                fingerprints=fingerprints(self._host.certificate),
                addresses=self._host.addresses(),
                ssrc=self._ssrc,
                cname=self._cname,
            )
        )

    async def accept_answer(self, sdp: str) -> None:
        """Take the client's answer to the latest offer; the media comes up on its own after that.

        Raises MediaError: `leg_closed`, `answer_already_taken`, `answer_changed_fingerprint`, or one of
        `sdp.read_answer`. A refused answer changes nothing.
        """
        self._refuse_if_closed()
        if self._answered:
            raise MediaError("answer_already_taken", "This offer has been answered already.")
        answer = read_answer(sdp)
        if self._answer is not None:
            if set(answer.fingerprints) != set(self._answer.fingerprints):
                raise MediaError(
                    "answer_changed_fingerprint",
                    "An ICE restart keeps its certificate; join again for a new one.",
                )
            self._answered = True
            return
        self._answer = answer
        self._answered = True
        self._move(LegEvent.ANSWERED)
        self._task = self._host.run(self._run_dtls(answer))

    def restart_ice(self) -> str:
        """New credentials for the same DTLS session: returns the offer that `accept_answer` takes the answer to."""
        self._refuse_if_closed()
        credentials = _credentials()
        self._host.disown_ufrags(self._agent.restart(credentials))
        self._host.own_ufrag(credentials.ufrag, self)
        self._version += 1
        self._answered = False
        return self.offer()

    def quality(self) -> LegQuality:
        """The figures behind the quality sign."""
        if self._state is LegState.CLOSED:
            return LegQuality(loss_up=0.0, loss_down=0.0, rtt_ms=None, jitter_ms=0.0, level=None)
        counters = self._host.plane.counters(self.id)
        speaker = self._host.speaker_of(self.id)
        rtt = self._reports.rtt_s
        voice = counters.reception
        speaking = voice is not None and self._host.now() - voice.at <= _LEVEL_HOLDS_S
        return LegQuality(
            loss_up=self._reports.loss_up,
            loss_down=self._reports.loss_down(speaker._reports.loss_up if speaker else 0.0),
            rtt_ms=None if rtt is None else rtt * 1000,
            jitter_ms=voice.jitter * 1000 / CLOCK_RATE if voice is not None else 0.0,
            level=counters.level if speaking else None,
        )

    async def close(self) -> None:
        """Say goodbye (BYE, close_notify) and free everything. Safe more than once."""
        if self._released:
            return
        self._released = True
        self._host.plane.send_rtcp(self.id, self._reports.bye())
        self._host.disown_ufrags(self._agent.ufrags())
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._dtls.close()
        self._host.forget(self)
        self._move(LegEvent.CLOSE)

    # ---- what the endpoint hands over

    def checked(self, request: stun.BindingRequest, address: Address, now: float) -> bool:
        """A Binding request names this leg; False if its HMAC is wrong. Only here are addresses bound."""
        known = self._agent.password(request.ufrag)
        if known is None or not stun.authentic(request, known[1]):
            return False
        generation, password = known
        evicted = self._agent.checked(
            address,
            generation=generation,
            priority=request.priority,
            nominate=request.nominate,
            now=now,
        )
        for old in evicted:
            self._host.plane.unbind(old)
        self._host.plane.bind(self.id, address)
        self._host.disown_ufrags(self._agent.retire())
        self._host.plane.send_slow(
            stun.build_answer(request, address[0], address[1], password), address
        )
        self._retarget(now)
        self._dtls.transport.found_address()
        self._alive(now)
        return True

    def heard_dtls(self, datagram: bytes, address: Address, now: float) -> None:
        """A DTLS record from one of this leg's addresses."""
        if not self._has_keys:
            # The browser is the DTLS client: where its ClientHello comes from, there is a way.
            self._agent.heard(address, now)
            self._retarget(now)
        if not self._dtls.transport.push(datagram):
            self._host.plane.count(Drop.DTLS_FULL)

    def heard_media(self, address: Address, now: float) -> None:
        """Authenticated media came from another address than the one we send to."""
        self._agent.heard(address, now)
        self._retarget(now)

    def heard_rtcp(self, packet: bytes, address: Address, now: float) -> None:
        if address != self._target:
            self.heard_media(address, now)
        try:
            nacks = self._reports.read(packet, now)
        except rtcp.RtcpError:
            self._host.plane.count(Drop.RTCP_BAD)
            return
        for nack in nacks:
            self._host.plane.resend(self.id, nack.sequences)

    def lost_address(self, address: Address) -> None:
        """Another leg proved that it is at this address now."""
        self._agent.forget(address)
        if self._target == address:
            self._target = None

    def tick(self, now: float) -> None:
        """Liveness; called ten times a second, so it looks at two numbers and no more."""
        heard_at = self._host.plane.heard_at(self.id)
        if heard_at > self._alive_at:
            self._alive(heard_at)
        if (
            now - self._alive_at > self._host.config.interrupted_after_s
            and self._state is LegState.CONNECTED
        ):
            self._move(LegEvent.SILENT)

    def expire(self, now: float) -> None:
        """Forget addresses that nothing came from; once a report interval."""
        if self._target is not None:
            self._agent.heard(self._target, self._host.plane.heard_at(self.id))
        expired = self._agent.expire(now, self._host.config.path_expires_s)
        for address in expired:
            self._host.plane.unbind(address)
        if expired:
            self._retarget(now)

    def report(self, now: float) -> None:
        """Send this leg's RTCP, and work out its losses."""
        speaker = self._host.speaker_of(self.id)
        packet = self._reports.write(
            self._host.plane.counters(self.id),
            speaker._reports if speaker else None,
            max(
                (each._reports.reported_loss for each in self._host.listeners_of(self.id)),
                default=0.0,
            ),
            now,
        )
        self._host.plane.send_rtcp(self.id, packet)

    # ---- inside

    async def _run_dtls(self, answer: SdpAnswer) -> None:
        try:
            keys = await self._dtls.handshake(
                answer.fingerprints, as_client=not answer.client_is_dtls_client
            )
        except DtlsFailed as error:
            logger.warning("leg %s: DTLS: %s", self.id, error)
            self._move(LegEvent.DTLS_FAILED)
            return
        self._host.plane.set_keys(self.id, keys)
        self._has_keys = True
        self._move(LegEvent.KEYED)
        await self._dtls.wait_ended()
        # The tab closed its connection. It will join again with a new leg, or its session ends:
        # either is for the owner of this leg to say.
        self._ended_by_peer = True
        self._move(LegEvent.ENDED_BY_PEER)

    def _send_dtls(self, datagram: bytes) -> None:
        if self._target is not None:
            self._host.plane.send_slow(datagram, self._target)

    def _retarget(self, now: float) -> None:
        if self._target is not None:
            self._agent.heard(self._target, self._host.plane.heard_at(self.id))
        best = self._agent.select(now)
        if best != self._target:
            self._target = best
            self._host.plane.set_target(self.id, best)

    def _alive(self, at: float) -> None:
        self._alive_at = at
        if self._state is LegState.INTERRUPTED and not self._ended_by_peer:
            self._move(LegEvent.HEARD)

    def _move(self, event: LegEvent) -> None:
        state = TRANSITIONS.get((self._state, event))
        if state is None:
            return
        self._state = state
        try:
            self._on_state(self.id, state)
        except Exception:
            logger.exception("leg %s: on_state failed", self.id)

    def _refuse_if_closed(self) -> None:
        if self._released or self._state is LegState.CLOSED:
            raise MediaError("leg_closed", "This connection has been closed; join again.")


def _credentials() -> IceCredentials:
    """At least 24 and 128 bits of randomness (RFC 8445 section 5.3)."""
    return IceCredentials(ufrag=secrets.token_hex(4), password=secrets.token_hex(16))
