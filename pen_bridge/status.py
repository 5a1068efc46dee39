"""The bridge's one line on the terminal: whose pen, the connection, the session, the dots."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from pen_bridge.connection import Shared

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Line:
    """`state` says what is so; `counts` change all the time."""

    state: str
    counts: str


def describe(shared: Shared) -> Line:
    """Return the line of this moment."""
    ink = shared.ink
    tally = ink.tally
    if not shared.connected:
        link = f"not connected: {shared.problem}, trying again" if shared.problem else "connecting"
    elif shared.draining:
        link = "connected, the server is going down soon"
    else:
        link = "connected"
    who = f"pen of {printable(shared.teacher_name)} | " if shared.teacher_name else ""
    session = f"session {ink.session}" if ink.session else "no session"
    if not ink.session and tally.no_session:
        session += " (what is written now is not kept)"
    counts = f"{tally.done} dots sent, {ink.waiting} waiting"
    for count, what in (
        (tally.stale, "came too late"),
        (tally.overflow, "were too many to keep"),
        (tally.off_paper, "fell beside the paper"),
    ):
        if count:
            counts += f", {count} {what}"
    if shared.refused:
        counts += f", {shared.refused} operations refused"
    return Line(f"{who}{printable(link)} | {session}", counts)


def printable(text: str) -> str:
    """Return text of the server's without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


class StatusLine:
    """Shows the line: rewritten in place on a terminal, elsewhere a line for each new state."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._shown: Line | None = None

    def show(self, line: Line) -> None:
        """Show it, if it says anything new."""
        if line == self._shown:
            return
        if self._terminal:
            text = f"{line.state} | {line.counts}"
            self._write(f"\r\x1b[K{text[:_WIDTH]}")
        elif self._shown is None or line.state != self._shown.state:
            self._write(f"{line.state} | {line.counts}\n")
        self._shown = line

    def close(self) -> None:
        """Leave the last line standing, with the last counts."""
        if self._shown is None:
            return
        self._write("\n" if self._terminal else f"stopped | {self._shown.counts}\n")

    def _write(self, text: str) -> None:
        # Whoever read along may be gone (`| head`); the ink goes on.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
