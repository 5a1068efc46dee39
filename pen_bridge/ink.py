"""Ink between the pen and the connection: made into operations, kept, dropped when stale. Pure.

pen_room(session) ──▶ enter: same session and source: go on, send the rest again
                             anything else: what waits is of another lesson, drop it
pen_room(null)    ──▶ enter: drop it too; from now on dots go nowhere
"""

from dataclasses import dataclass, replace

from pen_bridge.backlog import LIMIT_DOTS, WINDOW, Backlog
from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, Scale
from pen_bridge.protocol.strokes import BATCH_S, StrokeBuilder
from wire.pen import PenEnter, PenRoom
from wire.room import Operation

OFFLINE_BATCH_S = 0.25
"""Without a connection nobody sees a batch sooner for being short, so fewer and longer ones wait."""


@dataclass(slots=True)
class Tally:
    """What became of the pen's dots since the bridge started."""

    done: int = 0
    """Confirmed by the server."""
    no_session: int = 0
    """Written while there was no session."""
    stale: int = 0
    """Waited for a session that is over."""
    overflow: int = 0
    """Written while the backlog was full."""
    off_paper: int = 0
    """Beside what a board can hold, or before the pen knew its paper."""


@dataclass(slots=True)
class _Stream:
    """One source's operations in one session."""

    session: str
    source: str
    builder: StrokeBuilder
    backlog: Backlog


class Ink:
    """Takes pen events, gives operations to send. Nothing waits for a connection in here."""

    def __init__(self, scale: Scale, *, limit_dots: int = LIMIT_DOTS, window: int = WINDOW) -> None:
        self._scale = scale
        self._limit_dots = limit_dots
        self._window = window
        self._stream: _Stream | None = None
        self._paper: Paper | None = None
        self._connected = False
        self._overflowing = False
        self._tally = Tally()

    # --- from the connection ---------------------------------------------------------------

    def enter(self, room: PenRoom) -> PenEnter | None:
        """Take note of the room; return the answer to send before any of its ink."""
        self._connected = True
        if room.session is None:
            self._drop()
            return None
        stream = self._stream
        if (
            stream is not None
            and (stream.session, stream.source) == (room.session, room.source)
            and stream.backlog.can_resume(room.last_n)
        ):
            stream.backlog.rewind(room.last_n)
            stream.builder.batch_s = BATCH_S
        else:
            self._drop()
            self._stream = _Stream(
                room.session,
                room.source,
                StrokeBuilder(room.source, room.last_n, self._scale, self._paper),
                Backlog(room.last_n, self._limit_dots, self._window),
            )
        return PenEnter(session=room.session)

    def disconnected(self) -> None:
        """The connection is gone: keep what is not confirmed."""
        self._connected = False
        if self._stream is not None:
            self._stream.builder.batch_s = OFFLINE_BATCH_S

    def acknowledge(self, n: int) -> None:
        """Forget what is done; raise `backlog.WrongCount` for what was never sent."""
        if self._stream is not None:
            self._stream.backlog.acknowledge(n)

    def next_to_send(self) -> Operation | None:
        """Return the operation to send now, or None."""
        if self._stream is None or not self._connected:
            return None
        return self._stream.backlog.next()

    # --- from the pen ----------------------------------------------------------------------

    def receive(self, event: PenEvent, now: float) -> None:
        """Take an event of the pen; now in seconds."""
        if isinstance(event, PaperSeen):
            self._paper = event.paper
        stream = self._stream
        if stream is None:
            self._tally.no_session += isinstance(event, Dot)
            return
        if self._overflowing:
            if isinstance(event, PenDown) and not stream.backlog.full:
                self._overflowing = False
            else:
                self._tally.overflow += isinstance(event, Dot)
                return
        elif stream.backlog.full and isinstance(event, Dot):
            # The newest ink gives way, a whole rest of a stroke at a time: what waits longer was
            # written first, and a board with holes in it would be worse than a short one.
            self._overflowing = True
            self._tally.overflow += 1
            self._keep(stream, stream.builder.lift())
            return
        self._keep(stream, stream.builder.receive(event, now))

    def lift(self) -> None:
        """End an open stroke: the pen's link is lost or the bridge stops."""
        if self._stream is not None:
            self._keep(self._stream, self._stream.builder.lift())

    def next_timeout(self) -> float | None:
        """Return when `on_timeout` wants to be called, or None."""
        return None if self._stream is None else self._stream.builder.next_timeout()

    def on_timeout(self, now: float) -> None:
        """Complete the batch whose time has come."""
        if self._stream is not None:
            self._keep(self._stream, self._stream.builder.on_timeout(now))

    # --- to look at ------------------------------------------------------------------------

    @property
    def session(self) -> str | None:
        """The session the ink goes to."""
        return None if self._stream is None else self._stream.session

    @property
    def waiting(self) -> int:
        """Dots that the server has not confirmed."""
        return 0 if self._stream is None else self._stream.backlog.waiting_dots

    @property
    def settled(self) -> bool:
        """True when nothing waits for the server."""
        return self._stream is None or len(self._stream.backlog) == 0

    @property
    def tally(self) -> Tally:
        """What became of all dots so far."""
        tally = replace(self._tally)
        if (stream := self._stream) is not None:
            tally.done += stream.backlog.done_dots
            tally.off_paper += stream.builder.lost.off_paper + stream.builder.lost.no_paper
        return tally

    def _drop(self) -> None:
        self._tally = self.tally
        self._tally.stale += self.waiting
        self._stream = None
        self._overflowing = False

    @staticmethod
    def _keep(stream: _Stream, operations: list[Operation]) -> None:
        for operation in operations:
            stream.backlog.add(operation)
