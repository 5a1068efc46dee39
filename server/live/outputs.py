"""Whatever a room's events and voices go to: members' tabs, audience, recorder, exports. One list.

    core ── event (stamped once) ──> tabs ── one frame to each member's tab
    voice ── packet as it came ───>  audience ── the same frame to each who hears
                                     recorder, exports ── kept

Members make events; the audience only hears them. Joining, leaving or losing one of the audience is
no event, costs the others nothing, and never ends the room.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from base.log import get_logger, safe_error
from server.room.room import Place, Room
from server.sockets.socket import Socket
from wire import codes
from wire.room import EndReason

log = get_logger(__name__)

Heard = tuple[str, bytes, int]
"""A member, a decrypted RTP packet of theirs as it came, its time on the session's clock in microseconds."""


class Output(Protocol):
    """Takes what happens in a room, in order. `event` and `voice` must be quick: all share the loop."""

    def event(self, at_us: int, frame: bytes) -> None:
        """Take an event as encoded for the wire; `at_us` is its time on the session's clock."""

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Take a decrypted RTP packet of a member, as it came."""

    def left_out(self, reason: str) -> None:
        """One of these two raised: nothing more comes, until `seal`. Called in the midst of an event:
        an output without which there is no session ends it in the next turn of the loop."""

    async def seal(self, reason: str) -> None:
        """Nothing more comes: finish what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an output is told of the room it is opened for, before anything can happen there."""

    session: str
    subject: str
    opened_unix_ms: int
    places: tuple[Place, ...]
    clock_us: Callable[[], int]
    """The session's clock, microseconds."""
    end: Callable[[EndReason], None]
    """Ends the session, for an output without which there can be none."""


OpenOutput = Callable[[Opening], Awaitable[Output]]
"""Opens an output of a room that is being made; a `Refusal` says why there can be no session."""


class Outputs:
    """The one list. One output's trouble is not the others': what raises is left out, and still sealed."""

    def __init__(self, session: str, outputs: Iterable[Output]) -> None:
        """What keeps comes first, so that nothing is seen and not kept."""
        self._session = session
        self._fed: list[Output] = []
        self._all: list[Output] = []
        for output in outputs:
            self.add(output)

    def __iter__(self) -> Iterator[Output]:
        return iter(self._fed)

    def add(self, output: Output) -> None:
        """Feed one more from now on."""
        self._fed.append(output)
        self._all.append(output)

    def event(self, at_us: int, frame: bytes) -> None:
        """Give an event to each."""
        for output in self._fed:
            try:
                output.event(at_us, frame)
            except Exception as error:
                self._leave_out(output, error)

    def voices(self, heard: list[Heard]) -> None:
        """Give what was tapped in one go to each, in its order."""
        for output in self._fed:
            try:
                voice = output.voice
                for member, packet, at_us in heard:
                    voice(member, packet, at_us)
            except Exception as error:
                self._leave_out(output, error)

    async def seal(self, reason: str) -> None:
        """Finish each, also those that were left out; none waits for another."""
        await asyncio.gather(*(self._seal(output, reason) for output in self._all))

    async def _seal(self, output: Output, reason: str) -> None:
        try:
            await output.seal(reason)
        except Exception as error:
            self._log("output_not_sealed", output, error)

    def _leave_out(self, output: Output, error: Exception) -> None:
        # A new list: the old one is being walked through.
        self._fed = [other for other in self._fed if other is not output]
        self._log("output_failed", output, error)
        output.left_out(type(error).__name__)

    def _log(self, what: str, output: Output, error: Exception) -> None:
        name = type(output).__name__
        log.error(what, session=self._session, output=name, **safe_error(error))


class Tabs:
    """The members' tabs. Shares the room's sockets, which also hold its pens."""

    def __init__(self, room: Room, sockets: Mapping[str, Socket]) -> None:
        self._room = room
        self._sockets = sockets

    def event(self, at_us: int, frame: bytes) -> None:
        for seat in self._room.seats.values():
            if seat.tab is not None and (socket := self._sockets.get(seat.tab)) is not None:
                try:
                    socket.send_frame(frame)
                except Exception as error:
                    log.error("tab_failed", session=self._room.session, **safe_error(error))
                    socket.close(codes.INTERNAL)  # it comes back and reads what it missed

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Voices reach tabs through the media plane."""

    def left_out(self, reason: str) -> None:
        """Nothing to undo."""

    async def seal(self, reason: str) -> None:
        """The room itself closes its members' sockets, with the code of its end."""


class Audience:
    """Those who hear a room without being in it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._sockets: dict[str, Socket] = {}

    def __len__(self) -> int:
        return len(self._sockets)

    def join(self, socket: Socket, person: str, resume_seq: int | None, now: float) -> None:
        """Let somebody hear: the board as it stands, or only what they missed, then every event."""
        first, missed = self._room.catch_up(person, "", resume_seq, now)
        socket.send(first)
        for frame in missed:
            socket.send_frame(frame)
        self._sockets[socket.id] = socket

    def leave(self, socket: Socket) -> None:
        """One is gone; nobody is told."""
        self._sockets.pop(socket.id, None)

    def event(self, at_us: int, frame: bytes) -> None:
        for socket in [*self._sockets.values()]:
            try:
                socket.send_frame(frame)
            except Exception as error:
                log.error("listener_failed", session=self._room.session, **safe_error(error))
                self.leave(socket)

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Voices reach the audience through the media plane."""

    def left_out(self, reason: str) -> None:
        """Nothing to undo."""

    async def seal(self, reason: str) -> None:
        """Close every socket; what is queued is sent first."""
        sockets, self._sockets = list(self._sockets.values()), {}
        for socket in sockets:
            socket.close("session_ended")
