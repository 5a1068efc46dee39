"""Helpers that drive a room's core and keep what each connection would have received."""

from collections import defaultdict

from server.room.effects import Disconnect, Effect, Finished, Resend, ToAll, ToOne, ToOthers
from server.room.room import Place, Room, RoomLimits
from wire import fold, room as wire
from wire.board import Board, ChatLine, Point
from wire.codec import decode_event
from wire.common import Message, Refused
from wire.pen import PenEnter

STUDENT, TEACHER = "p_student", "p_teacher"


class RoomDriver:
    """A room with its clock, its event log and its connections' inboxes."""

    def __init__(self, limits: RoomLimits | None = None) -> None:
        self.now = 100.0
        places = [Place(STUDENT, "小雨", "student"), Place(TEACHER, "陈老师", "teacher")]
        self.room = Room("s_1", places, limits or RoomLimits(), self.now)
        self.events: list[wire.Event] = []
        self.inbox: dict[str, list[Message]] = defaultdict(list)
        self.disconnected: list[tuple[str, str]] = []
        self.finished: list[str] = []
        self.sent_n: dict[str, int] = defaultdict(int)
        self.take(self.room.open(self.now))

    def take(self, effects: list[Effect]) -> list[Effect]:
        """Deliver effects as a shell would."""
        for effect in effects:
            match effect:
                case ToAll(event, _):
                    self.events.append(event)
                    for key, known in self.room.connections.items():
                        if not known.pen:
                            self.inbox[key].append(event)
                case ToOne(connection, message):
                    self.inbox[connection].append(message)
                case Resend(connection, frames):
                    self.inbox[connection] += [decode_event(frame) for frame in frames]
                case ToOthers(connection, message):
                    for key, known in self.room.connections.items():
                        if key != connection and not known.pen:
                            self.inbox[key].append(message)
                case Disconnect(connection, code):
                    self.disconnected.append((connection, code))
                case Finished(reason):
                    self.finished.append(reason)
                case _:
                    pass
        return effects

    def join(self, connection: str, member: str, source: str, seq: int | None = None) -> None:
        self.take(self.room.join(connection, member, source, seq, self.now))

    def join_pen(self, connection: str, member: str, pen: str, *, enters: bool = True) -> None:
        """Let a pen in, and let it say that it has heard of the room."""
        self.take(self.room.join_pen(connection, member, pen, self.now))
        if enters:
            self.send(connection, PenEnter(session=self.room.session))

    def send(self, connection: str, message: Message) -> list[Effect]:
        return self.take(self.room.handle(connection, message, self.now))

    def next_n(self, source: str) -> int:
        self.sent_n[source] += 1
        return self.sent_n[source]

    def both(self) -> None:
        self.join("c_s", STUDENT, "web-s")
        self.join("c_t", TEACHER, "web-t")

    def refusals(self, connection: str) -> list[str]:
        return [m.code for m in self.inbox[connection] if isinstance(m, Refused)]

    def folded(self) -> tuple[Board, list[ChatLine]]:
        """Return the fold of all events from nothing, as a replay does it."""
        board = Board()
        chat: list[ChatLine] = []
        for event in self.events:
            fold.apply(board, chat, event)
        return board, chat


def points(*xy: tuple[int, int]) -> list[Point]:
    """Return points at these places, half pressed, 10 ms apart."""
    return [Point(x, y, 500, 10) for x, y in xy]
