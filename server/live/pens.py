"""The connected pens of this process, and the room each one's ink goes to."""

from server.live.live_room import LiveRoom
from server.sockets.socket import Socket
from wire import codes
from wire.pen import PenRoom


class ConnectedPens:
    """Knows which pens of which teacher are connected; brings them into the teacher's room and out."""

    def __init__(self) -> None:
        self._pens: dict[str, tuple[Socket, str]] = {}
        self._rooms: dict[str, LiveRoom] = {}

    def connected(self, pen: str) -> bool:
        """Tell whether a pen is connected now."""
        return pen in self._pens

    def enter(self, socket: Socket, pen: str, teacher: str) -> None:
        """A pen is here. The same pen's older socket gives way; a running room lets it in."""
        old = self._pens.get(pen)
        if old is not None:
            # The older socket may be another teacher's, whose pen it was until now.
            if (live := self._rooms.get(old[1])) is not None:
                live.gone(old[0])
            old[0].close(codes.REPLACED)
        self._pens[pen] = (socket, teacher)
        live = self._rooms.get(teacher)
        if live is None:
            socket.send(PenRoom(session=None))
        else:
            live.join_pen(socket, teacher, pen)

    def leave(self, socket: Socket, pen: str) -> None:
        """A pen's socket is closed."""
        known = self._pens.get(pen)
        if known is None or known[0] is not socket:
            return
        del self._pens[pen]
        if (live := self._rooms.get(known[1])) is not None:
            live.gone(socket)

    def room_of(self, teacher: str) -> LiveRoom | None:
        """Return the room a teacher's pens write in now."""
        return self._rooms.get(teacher)

    def room_opened(self, live: LiveRoom, teacher: str) -> None:
        """A teacher's session began: their pens write there from now on."""
        self._rooms[teacher] = live
        for pen, (socket, owner) in self._pens.items():
            if owner == teacher:
                live.join_pen(socket, teacher, pen)

    def room_closed(self, session: str) -> None:
        """A session is over; its room has told the pens."""
        for teacher, live in list(self._rooms.items()):
            if live.room.session == session:
                del self._rooms[teacher]
