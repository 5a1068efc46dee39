"""The voices of one room: a media leg a tab, each hearing the other, tapped by the recorder, shown as quality."""

from collections.abc import Callable
from dataclasses import dataclass

from base.background import Background
from base.ids import new_id
from server.media.endpoint import MediaEndpoint
from server.media.leg import Leg
from server.media.model import LegState, MediaError
from server.media.plane import Tap
from server.sockets.rate import TokenBucket
from server.sockets.socket import Socket
from wire import codes
from wire.room import MediaAnswer, MediaOffer, Quality

SPEECH_LEVEL_DBOV = -50
"""Louder than this counts as speech when the voices of a session are summed up."""

QUALITY_INTERVAL_S = 2.0

RESTARTS_A_SECOND = 0.5
RESTARTS_AT_ONCE = 20
"""A new leg costs half a millisecond and a place among `max_legs`; a tab that roams or reloads
its voice asks for a few, so only a flood meets this."""


@dataclass(slots=True)
class _Voice:
    leg: Leg
    source: str
    socket: Socket
    spoken_s: float = 0.0


class Voices:
    """Opens, connects and closes the legs of one room's two members."""

    def __init__(
        self,
        media: MediaEndpoint,
        background: Background,
        keep: Tap,
        changed: Callable[[], None],
    ) -> None:
        """`keep` takes lists of `(member, rtp_packet, at)`; `changed()` is told when a leg's state did."""
        self._media = media
        self._background = background
        self._keep = keep
        self._changed = changed
        self._voices: dict[str, _Voice] = {}
        self._muted: set[str] = set()
        self._spoken: dict[str, float] = {}
        self._restarts: dict[str, TokenBucket] = {}

    def joined(self, member: str, source: str, socket: Socket, *, resumed: bool) -> None:
        """A tab is in: offer it a new leg, unless it is the one whose leg still stands."""
        known = self._voices.get(member)
        if known is not None and resumed and known.source == source:
            known.socket = socket
            return
        self._open(member, source, socket)

    def _open(self, member: str, source: str, socket: Socket) -> None:
        old = self._voices.pop(member, None)
        if old is not None:
            self._background.start(old.leg.close(), "close leg")
        leg_id = new_id("l")
        try:
            leg = self._media.open_leg(leg_id, on_state=self._on_state)
        except MediaError as error:
            # Ink and text go on without a voice; the tab may ask again.
            socket.refuse(codes.NO_MEDIA, error.safe_text)
            return
        self._voices[member] = _Voice(leg, source, socket)
        self._media.set_tap(leg_id, self._keep, member)
        if member in self._muted:
            self._media.set_muted(leg_id, True)
        for other, voice in self._voices.items():
            if other != member:
                self._media.hear(leg_id, voice.leg.id)
                self._media.hear(voice.leg.id, leg_id)
        socket.send(MediaOffer(leg=leg_id, sdp=leg.offer()))

    async def answered(self, member: str, socket: Socket, answer: MediaAnswer) -> None:
        """Take a tab's SDP answer; what is wrong with it is told to the tab."""
        voice = self._voices.get(member)
        if voice is None or voice.leg.id != answer.leg:
            socket.refuse(codes.NO_MEDIA, "that leg is gone; wait for the next offer")
            return
        try:
            await voice.leg.accept_answer(answer.sdp)
        except MediaError as error:
            socket.refuse(codes.BAD_SDP, error.safe_text)

    def restart(self, member: str, source: str, socket: Socket, *, fresh: bool) -> None:
        """The tab asks for new ICE credentials, or for a whole new leg."""
        now = self._media.now()
        bucket = self._restarts.setdefault(
            member, TokenBucket(RESTARTS_A_SECOND, RESTARTS_AT_ONCE, now)
        )
        if bucket.take(now) > 0:
            bucket.take(now, -1)
            socket.refuse(codes.NO_MEDIA, "too many restarts; wait a moment")
            return
        voice = self._voices.get(member)
        if fresh or voice is None or voice.source != source or voice.leg.state is LegState.CLOSED:
            self._open(member, source, socket)
            return
        voice.socket = socket
        socket.send(MediaOffer(leg=voice.leg.id, sdp=voice.leg.restart_ice(), restart=True))

    def left(self, member: str) -> None:
        """A member left on purpose: nothing of their voice is forwarded or kept any more."""
        voice = self._voices.pop(member, None)
        if voice is not None:
            self._background.start(voice.leg.close(), "close leg")

    def mute(self, member: str, muted: bool) -> None:
        """Let a member's voice through, or not; holds for their later legs too."""
        if muted:
            self._muted.add(member)
        else:
            self._muted.discard(member)
        voice = self._voices.get(member)
        if voice is not None:
            self._media.set_muted(voice.leg.id, muted)

    def qualities(self) -> list[Quality]:
        """Return how each member's voice is travelling now."""
        return [_quality(member, voice.leg) for member, voice in self._voices.items()]

    def sample(self, seconds: float) -> None:
        """Count `seconds` of speech for each member who is loud now."""
        for member, voice in self._voices.items():
            level = voice.leg.quality().level
            speaking = level is not None and level > SPEECH_LEVEL_DBOV
            if speaking and voice.leg.state is LegState.CONNECTED and member not in self._muted:
                self._spoken[member] = self._spoken.get(member, 0.0) + seconds

    def spoken_s(self, member: str) -> float:
        """Return about how many seconds a member has spoken."""
        return self._spoken.get(member, 0.0)

    async def close(self) -> None:
        """Close every leg."""
        voices, self._voices = list(self._voices.values()), {}
        for voice in voices:
            await voice.leg.close()

    def _on_state(self, _leg_id: str, _state: LegState) -> None:
        self._changed()


def _quality(member: str, leg: Leg) -> Quality:
    quality = leg.quality()
    return Quality(
        member=member,
        voice=leg.state.value,
        loss=min(1.0, max(0.0, quality.loss_up, quality.loss_down)),
        rtt_ms=min(60_000, round(quality.rtt_ms or 0)),
        jitter_ms=min(60_000, round(quality.jitter_ms)),
        level=-127 if quality.level is None else max(-127, min(0, quality.level)),
    )
