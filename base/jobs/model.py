"""The states of a job and what leads from one to the next, as a table. Pure.

    queued --claim--> running          a worker took a lease on it
    queued --cancel--> cancelled       nobody had begun
    running --finish--> done           the result is in place
    running --fail--> failed           attempts are used up, or another would end the same
    running --retry--> queued          the program failed, or the lease lapsed: again, after a wait
    running --release--> queued        the worker is told to stop: again at once, not counted
    running --cancel--> cancelling     the worker will end the program
    cancelling --stop--> cancelled     it has, or its lease lapsed
    cancelling --finish--> done        the result was in place before the worker heard

The drawing is made from the table (`drawing`), and a test holds it so.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
Move = Literal["claim", "cancel", "finish", "fail", "retry", "release", "stop"]

TABLE: tuple[tuple[State, Move, State, str], ...] = (
    ("queued", "claim", "running", "a worker took a lease on it"),
    ("queued", "cancel", "cancelled", "nobody had begun"),
    ("running", "finish", "done", "the result is in place"),
    ("running", "fail", "failed", "attempts are used up, or another would end the same"),
    ("running", "retry", "queued", "the program failed, or the lease lapsed: again, after a wait"),
    ("running", "release", "queued", "the worker is told to stop: again at once, not counted"),
    ("running", "cancel", "cancelling", "the worker will end the program"),
    ("cancelling", "stop", "cancelled", "it has, or its lease lapsed"),
    ("cancelling", "finish", "done", "the result was in place before the worker heard"),
)

LIVE: tuple[State, ...] = ("queued", "running")
"""States in which a second request with the same key is the same job."""
HELD: tuple[State, ...] = ("running", "cancelling")
"""States in which a worker has a lease."""
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")

LOST = "lost"
"""The error of a job whose worker was lost at every attempt: it may be what kills them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """One kind of work, declared as a value.

    `run` is a module of ours that is run as `__main__` with a folder of its own as the argument, in a
    niced process that dies with the worker. It reads its payload as JSON from stdin and writes lines
    of JSON to stdout: `{"progress": 0..100, "text": ".."}`, and at last `{"result": ..}`, or
    `{"error": "code"}` for what another attempt would not change, `{"reason": ".."}` before it ends with
    a status for what it might. `base.jobs.child` does that.
    """

    name: str
    run: str
    parallel: int = 1
    """Programs of this kind at once, over all workers on one database."""
    attempts: int = 3
    timeout_s: float = 900.0
    waits_s: tuple[float, ...] = (1, 10, 60)
    """Waits after the first, second… failed attempt; the last one for all that follow."""
    shared: bool = False
    """Several may have asked for one job of this kind: whoever may see all jobs of the city may see
    and cancel it, not only its owner. A job of another kind is its owner's alone."""


def sources(move: Move) -> tuple[State, ...]:
    """Return the states a move is possible from."""
    return tuple(state for state, label, _, _ in TABLE if label == move)


def after(state: State, move: Move) -> State | None:
    """Return the state a move leads to, None if it is not possible."""
    return next((to for before, label, to, _ in TABLE if (before, label) == (state, move)), None)


def after_failure(kind: JobKind, attempts: int, *, permanent: bool) -> Move:
    """Return what follows when the attempt with this number (from 1) failed."""
    return "fail" if permanent or attempts >= kind.attempts else "retry"


def wait_ms(kind: JobKind, attempts: int) -> int:
    """Return how long to wait after the attempt with this number (from 1) failed."""
    waits = kind.waits_s
    return round(waits[min(attempts, len(waits)) - 1] * 1000) if waits else 0


def drawing() -> list[str]:
    """Return one line for each row of the table, as they stand in this module's docstring."""
    arrows = [f"{state} --{move}--> {to}" for state, move, to, _ in TABLE]
    return [f"{arrow:<35}{why}" for arrow, (_, _, _, why) in zip(arrows, TABLE, strict=True)]
