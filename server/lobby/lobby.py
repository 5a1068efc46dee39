"""The lobby: carries presence and calls between the switchboard and everybody's tabs."""

import asyncio

from base.background import Background
from base.clock import Clock
from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger
from base.metrics import Metrics
from matching.model import (
    CallError,
    CallOver,
    DiscardRoom,
    Effect,
    EnterRoom,
    MakeRoom,
    PresenceChanged,
    Ring,
    ShowRinging,
    Switchboard,
    TellEnded,
)
from people.grants import grants_of, may_ever
from people.model import Person
from people.service import PeopleService
from server.live.grants import Grants
from server.live.hub import Hub
from server.lobby.call_events import CallEvents
from server.lobby.cards import Caller, Cards
from server.lobby.entry import SessionEntry
from server.lobby.tabs import LobbyTabs
from server.sockets.alarm import Alarm
from server.sockets.rate import TokenBucket
from server.sockets.socket import Socket
from sessions.service import SessionService
from wire import codes, lobby as wire
from wire.common import Draining, Message

log = get_logger(__name__)

MAKE_ROOM_WITHIN_S = 10.0
"""A hanging disk must not leave two people looking at *connecting*."""

CALLS_A_SECOND, CALLS_AT_ONCE = 0.5, 10.0
"""How often one student may call."""


class Lobby:
    """The tabs in the lobby, and the switchboard between them."""

    def __init__(
        self,
        switchboard: Switchboard,
        clock: Clock,
        metrics: Metrics,
        background: Background,
        people: PeopleService,
        sessions: SessionService,
        hub: Hub,
        grants: Grants,
        call_events: CallEvents,
        tabs: LobbyTabs,
    ) -> None:
        self.switchboard = switchboard
        self.people = people
        self.clock = clock
        self._calls_ended = metrics.counter(
            "inkcall_calls_total", "Calls that ended, by outcome", ["outcome"]
        )
        self._background = background
        self._sessions = sessions
        self._hub = hub
        self._grants = grants
        self._call_events = call_events
        self.cards = Cards(people, sessions)
        self._tabs = tabs
        self._callers: dict[str, Caller] = {}
        self._entering: dict[str, SessionEntry] = {}
        self._calling: dict[str, TokenBucket] = {}
        self._alarm = Alarm(clock, self._on_time)

    # --- tabs ------------------------------------------------------------------------------

    async def enter(self, socket: Socket, person: Person) -> None:
        """A tab has said hello: tell it how things stand, then let it be seen."""
        if person.role == "teacher":
            await self.cards.load(person.id)
        if not may_ever(grants_of(person.id, person.role), "enter_lobby"):
            raise Refusal(codes.FORBIDDEN, "the lobby is for students and teachers")
        forms = await self._forms(person)
        self._tabs.add(socket, person)
        socket.send(self._teachers())
        socket.send(wire.FormsDue(forms=forms))
        if self._hub.draining_until_ms is not None:
            socket.send(Draining(deadline_ms=self._hub.draining_until_ms))
        now = self.clock.now()
        if person.role == "teacher":
            self.carry(self.switchboard.teacher_connected(socket.id, person.id, now))
            socket.send(wire.Availability(presence=self.switchboard.presence(person.id)))
        else:
            self.carry(self.switchboard.student_connected(socket.id, person.id, now))
        session = self.switchboard.session_of(person.id)
        if session is not None and (entry := self._entering.get(session)) is not None:
            socket.send(entry.ready(person.id, self._grants))

    def leave(self, socket: Socket, person: Person) -> None:
        """A tab's socket is closed."""
        if self._tabs.remove(socket):
            now = self.clock.now()
            self.carry(self.switchboard.disconnected(socket.id, person.id, now))
            self._send_in_instead(person.id)

    def _send_in_instead(self, person: str) -> None:
        """Send another tab in when the one that was sent is gone and never came.

        A phone that changes its network is here on a new socket seconds before the old one, which
        was called or answered on, is known to be dead.
        """
        session = self.switchboard.session_of(person)
        entry, live = self._entering.get(session or ""), self._hub.get(session or "")
        if entry is None or live is None or live.was_in(person):
            return
        if tabs := self._tabs.of(person):
            tabs[-1].send(entry.ready(person, self._grants))

    async def received(self, socket: Socket, person: Person, message: Message) -> None:
        """Act on a message of a tab; a rule's refusal goes back to it."""
        try:
            match message, person.role:
                case wire.SetAvailability(), "teacher":
                    available = message.available
                    self.carry(self.switchboard.set_available(person.id, available))
                case wire.CallTeacher(), "student":
                    await self._call(socket, person, message)
                case wire.CancelCall(), "student":
                    self.carry(self.switchboard.cancel(person.id, message.call))
                case wire.AcceptCall(), "teacher":
                    self.carry(self.switchboard.accept(socket.id, person.id, message.call))
                case wire.DeclineCall(), "teacher":
                    self.carry(self.switchboard.decline(person.id, message.call))
                case _:
                    socket.refuse(codes.FORBIDDEN, f"this is not for a {person.role}")
        except CallError as error:
            socket.refuse(error.code, error.text)

    async def _call(self, socket: Socket, student: Person, message: wire.CallTeacher) -> None:
        if self._hub.draining_until_ms is not None:
            socket.refuse(codes.DRAINING, "the server is going down: no new calls")
            return
        try:
            called = await self.people.person(message.teacher)
        except Refusal:
            called = None
        if called is None or called.role != "teacher":
            socket.refuse(codes.UNKNOWN_TEACHER, "there is no such teacher")
            return
        if self._is_too_soon(student.id):
            socket.refuse(codes.ALREADY_CALLING, "wait a moment before you call again")
            return
        # Everything slow is read before the switchboard decides, so that its messages keep order.
        caller = await self.cards.caller(student)
        if self._tabs.get(socket.id) is None:
            return
        call_id = new_id("call")
        self._callers[call_id] = caller
        try:
            effects = self.switchboard.call(
                socket.id,
                student.id,
                message.teacher,
                message.subject,
                message.note,
                call_id,
                self.clock.now(),
            )
        except CallError:
            del self._callers[call_id]
            raise
        rings = (self._wall(one.call.deadline) for one in effects if isinstance(one, Ring))
        self._call_events.asked(
            call_id, student.id, message.teacher, message.subject, next(rings, None)
        )
        self.carry(effects)

    def _is_too_soon(self, student: str) -> bool:
        """Tell whether a student calls faster than a finger can: each call reads the database
        and rings somebody."""
        now = self.clock.now()
        if len(self._calling) > 10_000:
            self._calling = {k: b for k, b in self._calling.items() if self._tabs.is_here(k)}
        bucket = self._calling.setdefault(student, TokenBucket(CALLS_A_SECOND, CALLS_AT_ONCE, now))
        if bucket.take(now) > 0:
            bucket.take(now, -1)
            return True
        return False

    # --- from the rest of the server -------------------------------------------------------

    def session_over(self, session: str) -> None:
        """A session has ended: both may call and be called again."""
        self._entering.pop(session, None)
        self.carry(self.switchboard.session_ended(session))

    async def show_forms(self, person_id: str) -> None:
        """Tell a person which forms they owe now."""
        person = await self.people.person(person_id)
        self._tabs.tell(person_id, wire.FormsDue(forms=await self._forms(person)))

    async def refresh_card(self, teacher: str) -> None:
        """A teacher's rating or labels changed: show the new card to everyone."""
        await self.cards.load(teacher)
        self._show(teacher)

    def draining(self, deadline_ms: int) -> None:
        """Tell everybody that no new calls are made until the server is back."""
        self._tabs.tell_all("everybody", Draining(deadline_ms=deadline_ms))

    # --- carrying out ----------------------------------------------------------------------

    def carry(self, effects: list[Effect]) -> None:
        """Do what the switchboard decided, in order."""
        self._call_events.carried(effects)
        for effect in effects:
            match effect:
                case PresenceChanged(teacher, presence):
                    self._show(teacher)
                    mine = wire.Availability(presence=presence)
                    self._tabs.tell(teacher, mine)
                case ShowRinging(call, tab):
                    ringing = wire.Ringing(
                        call=call.call, teacher=call.teacher, deadline_ms=self._wall(call.deadline)
                    )
                    self._tabs.tell_tab(tab, ringing)
                case Ring(call, tabs):
                    caller = self._callers[call.call]
                    incoming = wire.IncomingCall(
                        call=call.call,
                        student=call.student,
                        name=caller.name,
                        grade=caller.grade,
                        school=caller.school,
                        subject=call.subject,
                        note=call.note,
                        deadline_ms=self._wall(call.deadline),
                        history=caller.history,
                        sessions=caller.sessions,
                    )
                    for tab in tabs:
                        self._tabs.tell_tab(tab, incoming)
                case TellEnded(tab, call_id, outcome):
                    self._tabs.tell_tab(tab, wire.CallEnded(call=call_id, outcome=outcome))
                case CallOver(call_id, outcome):
                    self._callers.pop(call_id, None)
                    self._calls_ended.labels(outcome).inc()
                    log.info("call_over", call=call_id, outcome=outcome)
                case MakeRoom(call):
                    self._background.start(
                        self._make_room(
                            call.call, call.student, call.teacher, call.subject, call.note
                        ),
                        f"make room for {call.call}",
                    )
                case EnterRoom(call, session, tabs):
                    entry = self._entering[session]
                    for tab in tabs:
                        if (known := self._tabs.get(tab)) is not None:
                            known[0].send(entry.ready(known[1].id, self._grants))
                case DiscardRoom(session):
                    self._entering.pop(session, None)
                    if (live := self._hub.get(session)) is not None:
                        live.end("hung_up")
        self._schedule()

    async def _make_room(
        self, call: str, student: str, teacher: str, subject: wire.Subject, note: str
    ) -> None:
        try:
            async with asyncio.timeout(MAKE_ROOM_WITHIN_S):
                live = await self._hub.make(call, student, teacher, subject, note)
        except Refusal as refusal:
            log.warning("session_refused", call=call, code=refusal.code)
            self._tell_failed(call, student, teacher, refusal)
            return
        except Exception:
            self.carry(self.switchboard.session_failed(call))
            raise
        names = {place.member: place.name for place in live.room.seats.values()}
        self._entering[live.room.session] = SessionEntry(call, live.room.session, subject, names)
        self.carry(self.switchboard.session_started(call, live.room.session))

    def _tell_failed(self, call: str, student: str, teacher: str, refusal: Refusal) -> None:
        """Say why there is no session, then end the call."""
        for socket in (*self._tabs.of(student), *self._tabs.of(teacher)):
            socket.refuse(refusal.code, refusal.text)
        self.carry(self.switchboard.session_failed(call))

    # --- helpers ---------------------------------------------------------------------------

    async def _forms(self, person: Person) -> list[wire.DueForm]:
        rows = await self._sessions.forms_due(person.id, person.role)
        forms: list[wire.DueForm] = []
        for row in rows[:20]:
            other = await self.people.person(row.other)
            forms.append(
                wire.DueForm(
                    session=row.session,
                    other=other.name,
                    subject=row.subject,
                    started_ms=row.started_ms,
                    ended_ms=row.ended_ms,
                    reason=row.reason,
                )
            )
        return forms

    def _teachers(self) -> wire.Teachers:
        present = self.switchboard.present_teachers()
        cards = [self.cards.teacher(teacher, state) for teacher, state in present.items()]
        return wire.Teachers(teachers=[card for card in cards if card is not None][:500])

    def _show(self, teacher: str) -> None:
        card = self.cards.teacher(teacher, self.switchboard.presence(teacher))
        if card is not None:
            self._tabs.tell_all("student", wire.TeacherChanged(teacher=card))

    def _wall(self, at: float) -> int:
        """Turn a time of the monotonic clock into Unix milliseconds."""
        return self.clock.unix_ms() + round((at - self.clock.now()) * 1000)

    def _schedule(self) -> None:
        self._alarm.set(self.switchboard.next_timeout())

    def _on_time(self) -> None:
        self.carry(self.switchboard.on_timeout(self.clock.now()))

    def close(self) -> None:
        """Stop the timer; the sockets are closed by their owner."""
        self._alarm.cancel()
