"""A running session: the room's core with its sockets, voices, outputs and timer around it."""

from collections.abc import Callable, Iterable

from base.clock import Clock
from server.live.outputs import Audience, Output, Outputs, Tabs
from server.live.voice import QUALITY_INTERVAL_S, Voices
from server.media.plane import Tap, Tapped
from server.room.effects import (
    Disconnect,
    Effect,
    MuteVoice,
    Resend,
    ToAll,
    ToOne,
    ToOthers,
)
from server.room.room import Room
from server.sockets.alarm import Alarm
from server.sockets.socket import Socket
from wire import room as wire
from wire.common import Draining, Message
from wire.pen import PenRoom
from wire.room import EndReason


class LiveRoom:
    """Carries out what the room's core decides. All methods run on the loop."""

    def __init__(
        self,
        room: Room,
        kept_by: Iterable[Output],
        clock: Clock,
        make_voices: Callable[[Tap, Callable[[], None]], Voices],
        on_finished: Callable[["LiveRoom", EndReason], None],
    ) -> None:
        """`kept_by` are the outputs that were opened for this room: the recorder, exports."""
        self.room = room
        self._clock = clock
        self._on_finished = on_finished
        self._sockets: dict[str, Socket] = {}
        self.audience = Audience(room)
        tabs = Tabs(room, self._sockets)
        self.outputs = Outputs(room.session, [*kept_by, tabs, self.audience])
        self._alarm = Alarm(clock, self._on_time)
        self.voices = make_voices(self._keep_voices, self.show_quality)

    def open(self) -> None:
        """Begin: the first events go to the outputs that keep, which are there already."""
        self._carry(self.room.open(self._clock.now()))
        self._schedule()

    # --- tabs ------------------------------------------------------------------------------

    def join(self, socket: Socket, member: str, join: wire.Join) -> None:
        """Let a tab in and offer it its voice."""
        self._sockets[socket.id] = socket
        effects = self.room.join(socket.id, member, join.source, join.resume_seq, self._clock.now())
        self._carry(effects)
        self._schedule()
        if socket.id in self.room.connections:
            self.voices.joined(member, join.source, socket, resumed=join.resume_seq is not None)
            self.show_quality()

    def is_in(self, socket: Socket) -> bool:
        """Tell whether a tab is in: not replaced, not left, and the session not over."""
        return self.room.ended is None and socket.id in self.room.connections

    def was_in(self, member: str) -> bool:
        """Tell whether a tab of a member was ever in."""
        seat = self.room.seats.get(member)
        return seat is not None and seat.link != "absent"

    def received(self, socket: Socket, message: Message) -> None:
        """Act on a message of a tab or pen that is in."""
        known = self.room.connections.get(socket.id)
        self._carry(self.room.handle(socket.id, message, self._clock.now()))
        if isinstance(message, wire.Leave) and known is not None:
            self.voices.left(known.member)
            self._schedule()

    def gone(self, socket: Socket) -> None:
        """A tab's or pen's socket is closed."""
        self._sockets.pop(socket.id, None)
        self._carry(self.room.disconnect(socket.id, self._clock.now()))
        self._schedule()

    # --- pens ------------------------------------------------------------------------------

    def join_pen(self, socket: Socket, member: str, pen: str) -> None:
        """Let a pen in; what it sends comes through `received`, as a tab's does."""
        self._sockets[socket.id] = socket
        self._carry(self.room.join_pen(socket.id, member, pen, self._clock.now()))
        if socket.id not in self.room.connections:
            del self._sockets[socket.id]
            socket.send(PenRoom(session=None))

    # --- from the server -------------------------------------------------------------------

    def end(self, reason: EndReason) -> None:
        """End the session from outside."""
        self._carry(self.room.end(reason, self._clock.now()))

    def draining(self, deadline_ms: int) -> None:
        """Tell everyone that the server goes down soon."""
        for socket in self._sockets.values():
            socket.send(Draining(deadline_ms=deadline_ms))

    def show_quality(self) -> None:
        """Send how each voice travels, to the tabs."""
        qualities = self.voices.qualities()
        for connection, socket in self._sockets.items():
            if self._is_tab(connection):
                for quality in qualities:
                    socket.send_latest(f"quality {quality.member}", quality)

    def sample_voices(self) -> None:
        """Called every `QUALITY_INTERVAL_S`: show quality, count speech."""
        self.voices.sample(QUALITY_INTERVAL_S)
        self.show_quality()

    async def seal(self, reason: EndReason) -> None:
        """Finish every output."""
        await self.outputs.seal(reason)

    # --- inside ----------------------------------------------------------------------------

    def _keep_voices(self, tapped: list[Tapped]) -> None:
        opened = self.room.opened
        self.outputs.voices(
            [(member, packet, max(0, int((at - opened) * 1e6))) for member, packet, at in tapped]
        )

    def _is_tab(self, connection: str) -> bool:
        known = self.room.connections.get(connection)
        return known is not None and not known.pen

    def _carry(self, effects: list[Effect]) -> None:
        for effect in effects:
            # Ink comes here 6 000 times a second; the two effects of each message are asked first.
            if isinstance(effect, ToAll):
                self.outputs.event(effect.at_us, effect.frame)
            elif isinstance(effect, ToOne):
                self._send_one(effect.connection, effect.message)
            elif isinstance(effect, Resend):
                if (socket := self._sockets.get(effect.connection)) is not None:
                    for frame in effect.frames:
                        socket.send_frame(frame)
            elif isinstance(effect, ToOthers):
                self._send_others(effect.connection, effect.message)
            elif isinstance(effect, Disconnect):
                if (gone := self._sockets.pop(effect.connection, None)) is not None:
                    gone.close(effect.code)
            elif isinstance(effect, MuteVoice):
                self.voices.mute(effect.member, effect.muted)
            else:
                self._finish(effect.reason)

    def _send_others(self, connection: str, message: Message) -> None:
        key = f"pointer {self.room.connections[connection].member}"
        for other, socket in self._sockets.items():
            if other != connection and self._is_tab(other):
                socket.send_latest(key, message)

    def _send_one(self, connection: str, message: Message) -> None:
        socket = self._sockets.get(connection)
        if socket is None:
            return
        if isinstance(message, wire.Ack):
            socket.send_latest("ack", message, may_wait=True)
        else:
            socket.send(message)

    def _finish(self, reason: EndReason) -> None:
        self._alarm.cancel()
        for connection, socket in list(self._sockets.items()):
            if self._is_tab(connection):
                socket.close("session_ended")
            else:
                socket.send(PenRoom(session=None))
        self._sockets.clear()
        self._on_finished(self, reason)

    def _schedule(self) -> None:
        self._alarm.set(self.room.next_timeout())

    def _on_time(self) -> None:
        self._carry(self.room.on_timeout(self._clock.now()))
        self._schedule()
