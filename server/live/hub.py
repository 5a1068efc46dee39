"""All running sessions of this process: made when a call is accepted, gone when sealed.

make ── outputs open ── row in the database ── room open ── … ── ended ── sealed, row closed
  └── recorder cannot write | full | draining: no session, and the call says `failed`
"""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from base.background import Background, kept_running
from base.clock import Clock
from base.config import Config
from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger, safe_error
from base.looplag import LoopLag
from base.metrics import Metrics
from people.service import PeopleService
from server.live.counters import RoomCounters
from server.live.live_room import LiveRoom
from server.live.outputs import Opening, OpenOutput, Output, Outputs
from server.live.recording import unrecorded
from server.live.voice import QUALITY_INTERVAL_S, Voices
from server.media.endpoint import MediaEndpoint
from server.media.plane import Tap
from server.room.room import Place, Room, RoomLimits
from server.sockets.config import RoomsConfig
from sessions.model import SessionFacts
from sessions.service import SessionService
from wire import codes
from wire.lobby import Subject
from wire.room import EndReason

log = get_logger(__name__)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
"""Between two tries to write down that a session has ended."""


class Hub:
    """The live rooms by session id, and their way into and out of the world."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        metrics: Metrics,
        lag: LoopLag,
        background: Background,
        media: MediaEndpoint,
        people: PeopleService,
        sessions: SessionService,
    ) -> None:
        self._config = config
        self._clock = clock
        self._metrics = metrics
        self._counters = RoomCounters(metrics)
        self._lag = lag
        self._background = background
        self._media = media
        self._people = people
        self._sessions = sessions
        self._rooms: dict[str, LiveRoom] = {}
        self._making = 0
        self._sealing: set[str] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining_until_ms: int | None = None
        self._drained = asyncio.Event()
        """Set once the deadline has passed: a room that is still being made ends at once."""
        self.outputs: list[OpenOutput] = []
        """What every room is heard by from its first event on: the recorder, exports of other parts."""
        self.on_opened: list[Callable[[LiveRoom, str], None]] = []
        """Told `(room, teacher id)` when a room opened: their pens come in."""
        self.on_ended: list[Callable[[str], None]] = []
        """Told the session id when it is over."""

    def get(self, session: str) -> LiveRoom | None:
        """Return a live room, or None when it is over or was never here."""
        return self._rooms.get(session)

    def __len__(self) -> int:
        return len(self._rooms)

    # --- beginning -------------------------------------------------------------------------

    async def make(
        self, call: str, student: str, teacher: str, subject: Subject, note: str
    ) -> LiveRoom:
        """Make the room of an accepted call; raise `Refusal` saying why there can be none."""
        self._admit()
        self._making += 1
        self._empty.clear()
        try:
            return await self._make(call, student, teacher, subject, note)
        finally:
            self._making -= 1
            self._ring_if_empty()

    async def _make(
        self, call: str, student: str, teacher: str, subject: Subject, note: str
    ) -> LiveRoom:
        session = new_id("s")
        pupil, tutor = await self._people.person(student), await self._people.person(teacher)
        places = (Place(student, pupil.name, "student"), Place(teacher, tutor.name, "teacher"))
        opened, opened_ms = self._clock.now(), self._clock.unix_ms()
        ended_early: list[EndReason] = []

        def end(reason: EndReason) -> None:
            live = self._rooms.get(session)
            if live is None:
                ended_early.append(reason)
            else:
                live.end(reason)

        outputs = await self._open_outputs(
            Opening(
                session=session,
                subject=subject,
                opened_unix_ms=opened_ms,
                places=places,
                clock_us=lambda: max(0, int((self._clock.now() - opened) * 1e6)),
                end=end,
            )
        )
        try:
            await self._sessions.create(
                session, call, student, teacher, subject, note, started_ms=opened_ms
            )
        except BaseException:
            await Outputs(session, outputs).seal("failed")
            raise
        # An output that failed meanwhile says so in the next turn of the loop.
        await asyncio.sleep(0)
        rooms = self._config.of(RoomsConfig)
        limits = RoomLimits(
            grace_s=rooms.grace_s,
            limit_s=rooms.limit_s,
            warning_s=rooms.warning_s,
            kept_events=rooms.kept_events,
        )
        room = Room(session, places, limits, opened)
        live = LiveRoom(room, outputs, self._clock, self._make_voices, self._finished)
        self._rooms[session] = live
        self._counters.rooms.set(len(self._rooms))
        live.open()
        self._tell(self.on_opened, live, teacher)
        log.info("session_opened", session=session, call=call, student=student, teacher=teacher)
        # Both may have come while the row was written, when there was no room yet to end.
        if ended_early:
            live.end(ended_early[0])
            raise unrecorded()
        if self._drained.is_set():
            live.end("drained")
            raise Refusal(codes.DRAINING, "the server is going down")
        return live

    def _admit(self) -> None:
        if self.draining_until_ms is not None:
            raise Refusal(codes.DRAINING, "the server is going down")
        if len(self._rooms) >= self._config.of(RoomsConfig).max_rooms:
            raise Refusal(codes.FULL, "the server is full")
        if self._lag.p99_s() > self._config.of(RoomsConfig).max_loop_lag_s:
            raise Refusal(codes.FULL, "the server is overloaded")

    async def _open_outputs(self, opening: Opening) -> list[Output]:
        """Open what hears the room, before anything can happen there; all of it or nothing."""
        opened: list[Output] = []
        for open_output in self.outputs:
            try:
                output = await open_output(opening)
            except BaseException:
                await Outputs(opening.session, opened).seal("failed")
                raise
            opened.append(output)
        return opened

    def _tell(self, hooks: list[Callable[..., None]], *what: object) -> None:
        for hook in hooks:
            try:
                hook(*what)
            # What one part does with it must not keep a session from being opened, sealed and closed.
            except Exception as error:
                log.exception("hook_failed", hook=hook.__qualname__, **safe_error(error))

    def _make_voices(self, keep: Tap, changed: Callable[[], None]) -> Voices:
        return Voices(self._media, self._background, keep, changed)

    # --- end -------------------------------------------------------------------------------

    def _finished(self, live: LiveRoom, reason: EndReason) -> None:
        session = live.room.session
        del self._rooms[session]
        self._sealing.add(session)
        self._counters.rooms.set(len(self._rooms))
        self._tell(self.on_ended, session)
        log.info("session_ended", session=session, reason=reason)
        self._background.start(self._put_away(live, reason), f"put away {session}")

    async def _put_away(self, live: LiveRoom, reason: EndReason) -> None:
        ended_ms = self._clock.unix_ms()
        room = live.room
        facts = SessionFacts(
            together_s=room.together_s(self._clock.now()),
            strokes=room.desk.strokes_begun,
            photos=len(room.desk.photos),
            chat_lines=len(room.desk.chat),
            student_voice_s=self._spoken(live, "student"),
            teacher_voice_s=self._spoken(live, "teacher"),
        )
        try:
            try:
                await live.voices.close()
            finally:
                await live.seal(reason)
        finally:
            try:
                await self._write_end(room.session, ended_ms, reason, facts)
            finally:
                self._sealing.discard(room.session)
                self._ring_if_empty()

    async def _write_end(
        self, session: str, ended_ms: int, reason: EndReason, facts: SessionFacts
    ) -> None:
        """Write the end down, again and again while the database cannot (its disk is full).

        Once the drain's deadline has passed there is one try: the next start ends it, as lost.
        """
        wait_s = _FIRST_WAIT_S
        while True:
            last = self._drained.is_set()
            try:
                await self._sessions.end(session, ended_ms, reason, facts)
                return
            except Exception as error:
                if last or isinstance(error, Refusal):
                    raise
                log.exception("end_not_written", session=session, **safe_error(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._drained.wait()
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _ring_if_empty(self) -> None:
        if not self._rooms and not self._sealing and not self._making:
            self._empty.set()

    def _spoken(self, live: LiveRoom, role: str) -> float:
        seat = next((s for s in live.room.seats.values() if s.role == role), None)
        return 0.0 if seat is None else live.voices.spoken_s(seat.member)

    # --- for others ------------------------------------------------------------------------

    def is_member(self, session: str, person: str) -> bool:
        """Tell whether a person sits in a running session."""
        live = self._rooms.get(session)
        return live is not None and person in live.room.seats

    def may_upload(self, session: str, person: str) -> bool:
        """Tell whether a person may add a photo to a running session now."""
        live = self._rooms.get(session)
        return live is not None and live.room.may(person, "upload")

    def photo_uploaded(self, session: str, photo: str, sha256: str) -> bool:
        """A photo of a session is stored and may be shown; false when the session has ended."""
        live = self._rooms.get(session)
        return live is not None and live.room.desk.photo_uploaded(photo, sha256)

    # --- life ------------------------------------------------------------------------------

    def running(self) -> AbstractAsyncContextManager[None]:
        """Measure all rooms while the block runs."""
        return kept_running("rooms", self._measure, self._metrics)

    async def drain(self, deadline_ms: int) -> None:
        """Make no more rooms; wait until all have ended, or end them at the deadline (Unix ms)."""
        self.draining_until_ms = deadline_ms
        for live in list(self._rooms.values()):
            live.draining(deadline_ms)
        remaining = (deadline_ms - self._clock.unix_ms()) / 1000
        try:
            async with asyncio.timeout(max(0.0, remaining)):
                await self._empty.wait()
        except TimeoutError:
            self._drained.set()
            for live in list(self._rooms.values()):
                live.end("drained")
            await self._empty.wait()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(QUALITY_INTERVAL_S)
            roles = {"student": 0, "teacher": 0}
            for live in list(self._rooms.values()):
                live.sample_voices()
                await asyncio.sleep(0)  # ink and voices go on between two rooms
                for seat in live.room.seats.values():
                    roles[seat.role] = roles.get(seat.role, 0) + (seat.tab is not None)
            for role, count in roles.items():
                self._counters.members.labels(role).set(count)
            rooms = self._rooms.values()
            losses = [q.loss for live in rooms for q in live.voices.qualities()]
            self._counters.loss_ratio.set(sum(losses) / len(losses) if losses else 0.0)
