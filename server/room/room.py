"""The room of one session: joins, resumes, operations, grace and the end.

    opened ──join──> running ──hung up | time limit | grace over | told to──> ended
                       │  ▲
              tab lost │  │ tab back inside the grace (resume from the last event seen)
                       ▼  │
                   reconnecting (for the others; the seat, the board and the pen stay)

Every method takes `now`, seconds of one monotonic clock, and returns the effects to carry out,
in order. The room never raises for what a peer sent: it answers `refused`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from server.room.desk import Desk, NotAllowed
from server.room.effects import (
    Disconnect,
    Effect,
    Finished,
    MuteVoice,
    Resend,
    ToOne,
    ToOthers,
)
from server.room.journal import Journal
from server.room.members import PERMISSIONS, Connection, Seat
from wire import codes, pen as wire_pen, room as wire
from wire.board import Board
from wire.common import Message, Refused, Role

MAX_SOURCES = 64
"""Tabs and pens of one member that may ever have operated in one room: each reload of a tab may
be one. Counted by member, so that nobody uses up another's."""

PEN = "pen-"
"""What the source of every pen begins with, and of no tab."""


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Times of a room in seconds, and how far back it remembers."""

    grace_s: float = 60.0
    limit_s: float = 1800.0
    warning_s: float = 1500.0
    kept_events: int = 2000
    """A tab that missed more gets a snapshot. A pen makes about 60 events a second, so this
    covers a cut of some 30 s while somebody writes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who is expected in the room."""

    member: str
    name: str
    role: Role


class Room:
    """The state of one session. See the drawing at the top of the module."""

    def __init__(
        self, session: str, places: Iterable[Place], limits: RoomLimits, now: float
    ) -> None:
        self.session = session
        self.limits = limits
        self.opened = now
        self.ended: wire.EndReason | None = None
        self.seats = {
            place.member: Seat(
                member=place.member,
                name=place.name,
                role=place.role,
                permissions=set(PERMISSIONS[place.role]),
                lost_at=now,
            )
            for place in places
        }
        self.connections: dict[str, Connection] = {}
        self._journal = Journal(now, limits.kept_events)
        self._desk = Desk(self._journal)
        self._last_n: dict[str, int] = {}
        self._owner: dict[str, str] = {}
        self._entered_pens: set[str] = set()
        self._warned = False
        self._together_s = 0.0
        self._together_since: float | None = None

    # --- reading ---------------------------------------------------------------------------

    @property
    def seq(self) -> int:
        """The place of the latest event."""
        return self._journal.seq

    @property
    def board(self) -> Board:
        """The live board. Callers read it and never change it."""
        return self._desk.board

    @property
    def desk(self) -> Desk:
        """What lies on the desk: board, chat, photos and their counts."""
        return self._desk

    def at(self, now: float) -> int:
        """Return `now` on the session's clock: whole milliseconds since the room opened."""
        return self._journal.at(now)

    def may(self, member: str, permission: wire.Permission) -> bool:
        """Tell whether a member may do something now; strangers may do nothing."""
        seat = self.seats.get(member)
        return seat is not None and self.ended is None and permission in seat.permissions

    def together_s(self, now: float) -> float:
        """Return how many seconds both sides were connected at the same time."""
        since = self._together_since
        return self._together_s + (0.0 if since is None else now - since)

    def catch_up(
        self, person: str, source: str, resume_seq: int | None, now: float
    ) -> tuple[wire.Snapshot | wire.Resumed, list[bytes]]:
        """Return what brings a late-comer up to date: one message, then events already encoded."""
        missed = self._journal.after(resume_seq)
        if missed is None:
            return self._snapshot(person, source, now), []
        return self._resumed(person, source, resume_seq or 0, now), missed

    # --- coming and going ------------------------------------------------------------------

    def open(self, now: float) -> list[Effect]:
        """Return the room's first events: the seats and an empty page. Called once, first."""
        events: list[Effect] = []
        for seat in self.seats.values():
            events += self._changed(seat, now)
        teacher = next((s.member for s in self.seats.values() if s.role == "teacher"), None)
        first = teacher or next(iter(self.seats))
        return [*events, *self._desk.first_page(first, now)]

    def join(
        self, connection: str, member: str, source: str, resume_seq: int | None, now: float
    ) -> list[Effect]:
        """Seat a tab. A tab that was there before, alive or not, gives way to the new one."""
        seat = self.seats.get(member)
        if self.ended is not None:
            return [Disconnect(connection, codes.SESSION_ENDED)]
        if seat is None or source.startswith(PEN) or not self._own(source, member):
            return [Disconnect(connection, codes.FORBIDDEN)]
        effects: list[Effect] = []
        if seat.tab is not None:
            self.connections.pop(seat.tab, None)
            effects.append(Disconnect(seat.tab, codes.REPLACED))
        self.connections[connection] = Connection(connection, member, source)
        seat.tab = connection
        seat.lost_at = None
        first, missed = self.catch_up(member, source, resume_seq, now)
        effects.append(ToOne(connection, first))
        if missed:
            effects.append(Resend(connection, missed))
        if seat.link != "connected":
            seat.link = "connected"
            effects += self._changed(seat, now)
        self._count_together(now)
        return effects

    def join_pen(self, connection: str, member: str, pen: str, now: float) -> list[Effect]:
        """Let a member's pen in and tell it where its ink goes; it counts from `pen_enter` on."""
        seat = self.seats.get(member)
        source = PEN + pen
        if seat is None or self.ended is not None or not self._own(source, member):
            return []
        self.connections[connection] = Connection(connection, member, source, pen=True)
        effects: list[Effect] = [
            ToOne(
                connection,
                wire_pen.PenRoom(
                    session=self.session, source=source, last_n=self._last_n.get(source, 0)
                ),
            )
        ]
        had_pen = bool(seat.pens)
        seat.pens.add(connection)
        return effects if had_pen else effects + self._changed(seat, now)

    def disconnect(self, connection: str, now: float) -> list[Effect]:
        """Take note that a socket is gone. Its member stays seated for the grace."""
        gone = self.connections.pop(connection, None)
        if gone is None:
            return []
        seat = self.seats[gone.member]
        if gone.pen:
            self._entered_pens.discard(connection)
            seat.pens.discard(connection)
            return [] if seat.pens or self.ended else self._changed(seat, now)
        seat.tab = None
        seat.lost_at = now
        self._count_together(now)
        if self.ended is not None:
            return []
        seat.link = "reconnecting"
        return self._changed(seat, now)

    # --- messages --------------------------------------------------------------------------

    def handle(self, connection: str, message: Message, now: float) -> list[Effect]:
        """Do what a connection in the room asks for; refuse what it may not."""
        sender = self.connections.get(connection)
        if sender is None:
            return []
        if sender.pen and connection not in self._entered_pens:
            # What it wrote before it learnt of this room was meant for another one.
            if isinstance(message, wire_pen.PenEnter) and message.session == self.session:
                self._entered_pens.add(connection)
            return []
        if self.ended is not None:
            return [Disconnect(connection, codes.SESSION_ENDED)]
        match message:
            case wire.Operation():
                return self._operate(sender, message, now)
            case wire.PointAt():
                pointed = wire.PointedAt(
                    member=sender.member,
                    page=message.page,
                    x=message.x,
                    y=message.y,
                    visible=message.visible,
                )
                return [ToOthers(connection, pointed)]
            case wire.Leave():
                self.connections.pop(connection)
                seat = self.seats[sender.member]
                seat.tab, seat.lost_at, seat.link = None, now, "left"
                self._count_together(now)
                return self._changed(seat, now)
            case _:
                return []

    def _operate(self, sender: Connection, operation: wire.Operation, now: float) -> list[Effect]:
        done = self._last_n.get(sender.source, 0)
        if operation.n <= done:
            return [ToOne(sender.connection, wire.Ack(n=done))]
        if operation.n > done + 1:
            text = f"operation {operation.n} came after {done}"
            return [ToOne(sender.connection, Refused(code=codes.GAP, text=text, n=operation.n))]
        self._last_n[sender.source] = operation.n
        try:
            effects = self._do(sender, operation, now)
        except NotAllowed as refusal:
            refused = Refused(code=refusal.code, text=refusal.text, n=operation.n)
            effects = [ToOne(sender.connection, refused)]
        effects.append(ToOne(sender.connection, wire.Ack(n=operation.n)))
        return effects

    def _do(self, sender: Connection, operation: wire.Operation, now: float) -> list[Effect]:
        seat = self.seats[sender.member]
        needed = _NEEDS.get(type(operation))
        if needed is not None and needed not in seat.permissions:
            raise NotAllowed(codes.FORBIDDEN, f"this needs the permission {needed}")
        match operation:
            case wire.SetMuted():
                if seat.muted == operation.muted:
                    return []
                seat.muted = operation.muted
                mute = MuteVoice(seat.member, seat.muted)
                return [mute, *self._changed(seat, now)]
            case wire.SetPermissions():
                return self._set_permissions(operation, now)
            case wire.EndSession():
                return self.end("hung_up", now, member=sender.member)
            case _:
                return [*self._desk.do(sender, operation, now)]

    def _set_permissions(self, operation: wire.SetPermissions, now: float) -> list[Effect]:
        seat = self.seats.get(operation.member)
        if seat is None:
            raise NotAllowed(codes.UNKNOWN_MEMBER, "nobody of that id is in this room")
        if "manage" in seat.permissions or "manage" in operation.permissions:
            raise NotAllowed(codes.FORBIDDEN, "the one who manages cannot be changed")
        wanted = set(operation.permissions)
        if wanted == seat.permissions:
            return []
        seat.permissions = wanted
        return self._changed(seat, now)

    # --- time ------------------------------------------------------------------------------

    def next_timeout(self) -> float | None:
        """Return when `on_timeout` must be called next, or None when the room is over."""
        if self.ended is not None:
            return None
        limits = self.limits
        times = [self.opened + limits.limit_s]
        if not self._warned:
            times.append(self.opened + limits.warning_s)
        times += [s.lost_at + limits.grace_s for s in self.seats.values() if s.lost_at is not None]
        return min(times)

    def on_timeout(self, now: float) -> list[Effect]:
        """Do what has fallen due: warn, end by the limit, end by the grace."""
        if self.ended is not None:
            return []
        if now >= self.opened + self.limits.limit_s:
            return self.end("time_limit", now)
        for seat in self.seats.values():
            if seat.lost_at is not None and now >= seat.lost_at + self.limits.grace_s:
                return self.end("grace_over", now)
        if not self._warned and now >= self.opened + self.limits.warning_s:
            self._warned = True
            ends_at = int(self.limits.limit_s * 1000)
            warned = self._journal.write(
                now, lambda seq, at: wire.TimeWarning(seq=seq, at=at, ends_at=ends_at)
            )
            return [warned]
        return []

    def end(self, reason: wire.EndReason, now: float, *, member: str | None = None) -> list[Effect]:
        """End the session; a second end does nothing."""
        if self.ended is not None:
            return []
        told = self._journal.write(
            now, lambda seq, at: wire.SessionEnded(seq=seq, at=at, reason=reason, member=member)
        )
        self.ended = reason
        self._count_together(now)
        return [told, Finished(reason)]

    # --- helpers ---------------------------------------------------------------------------

    def _count_together(self, now: float) -> None:
        together = self.ended is None and all(seat.tab for seat in self.seats.values())
        if together and self._together_since is None:
            self._together_since = now
        elif not together and self._together_since is not None:
            self._together_s += now - self._together_since
            self._together_since = None

    def _own(self, source: str, member: str) -> bool:
        """Bind a source to its first member; false when it is another's or there are too many."""
        if source not in self._owner and [*self._owner.values()].count(member) >= MAX_SOURCES:
            return False
        return self._owner.setdefault(source, member) == member

    def _snapshot(self, member: str, source: str, now: float) -> wire.Snapshot:
        return wire.Snapshot(
            session=self.session,
            you=member,
            seq=self.seq,
            at=self.at(now),
            last_n=self._last_n.get(source, 0),
            members=[seat.public() for seat in self.seats.values()],
            board=self._desk.board,
            chat=self._desk.chat,
            ends_at=int(self.limits.limit_s * 1000),
        )

    def _resumed(self, member: str, source: str, seq: int, now: float) -> wire.Resumed:
        return wire.Resumed(
            session=self.session,
            you=member,
            seq=seq,
            at=self.at(now),
            last_n=self._last_n.get(source, 0),
            ends_at=int(self.limits.limit_s * 1000),
        )

    def _changed(self, seat: Seat, now: float) -> list[Effect]:
        member = seat.public()
        changed = self._journal.write(
            now, lambda seq, at: wire.MemberChanged(seq=seq, at=at, member=member)
        )
        return [changed]


_NEEDS: dict[type[wire.Operation], wire.Permission] = {
    wire.StrokeBegin: "draw",
    wire.StrokePoints: "draw",
    wire.UndoStroke: "draw",
    wire.ClearPage: "clear",
    wire.SetPermissions: "manage",
    wire.EndSession: "end",
}
