"""Whatever a room's events and voices go to: members' tabs, audience, recorder, exports. One list.

    core ── event (stamped once) ──> tabs ── one frame to each member's tab
    voice ── packet as it came ───>  audience ── the same frame to each who hears
                                     recorder, exports ── kept

Members make events; the audience only hears them. Joining, leaving or losing one of the audience is
no event, costs the others nothing, and never ends the room.
"""

from collections.abc import Mapping
from typing import Protocol

from server.room.room import Room
from server.sockets.socket import Socket


class Output(Protocol):
    """Takes what happens in a room, in order. `event` and `voice` must be quick: all share the loop."""

    def event(self, at_us: int, frame: bytes) -> None:
        """Take an event as encoded for the wire; `at_us` is its time on the session's clock."""

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Take a decrypted RTP packet of a member, as it came."""

    async def seal(self, reason: str) -> None:
        """Nothing more comes: finish what is kept."""


class Tabs:
    """The members' tabs. Shares the room's sockets, which also hold its pens."""

    def __init__(self, room: Room, sockets: Mapping[str, Socket]) -> None:
        self._room = room
        self._sockets = sockets

    def event(self, at_us: int, frame: bytes) -> None:
        for seat in self._room.seats.values():
            if seat.tab is not None and (socket := self._sockets.get(seat.tab)) is not None:
                socket.send_frame(frame)

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Voices reach tabs through the media plane."""

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
        for socket in self._sockets.values():
            socket.send_frame(frame)

    def voice(self, member: str, packet: bytes, at_us: int) -> None:
        """Voices reach the audience through the media plane."""

    async def seal(self, reason: str) -> None:
        """Close every socket; what is queued is sent first."""
        sockets, self._sockets = list(self._sockets.values()), {}
        for socket in sockets:
            socket.close("session_ended")
