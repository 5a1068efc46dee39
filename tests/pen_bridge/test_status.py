"""The status line: what is so, on a terminal and in a file, and nothing a server could smuggle in."""

import io

from pen_bridge.clock import Clock
from pen_bridge.connection import Shared, Timing
from pen_bridge.ink import Ink
from pen_bridge.protocol.events import Dot, Paper, PaperSeen, PenDown, PenEvent, PenUp, Scale
from pen_bridge.status import Line, StatusLine, describe
from wire.pen import PenRoom


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shared() -> Shared:
    return Shared(Ink(Scale()), Clock(), Timing())


def test_it_tells_the_connection_the_session_and_the_dots() -> None:
    now = shared()
    assert describe(now) == Line("connecting | no session", "0 dots sent, 0 waiting")
    now.problem = "the server is silent"
    assert describe(now).state.startswith("not connected: the server is silent, trying again")
    now.connected = True
    now.teacher_name = "Wen Yu"
    nowhere: list[PenEvent] = [PenDown(), Dot(0, 1, 1, 1), PenUp()]
    for event in nowhere:
        now.ink.receive(event, 0.0)
    assert describe(now).state == (
        "pen of Wen Yu | connected | no session (what is written now is not kept)"
    )
    now.ink.enter(PenRoom(session="s_1", source="pen-p1"))
    written: list[PenEvent] = [PenDown(), PaperSeen(Paper("1")), Dot(0, 1, 1, 1)]
    for event in (*written, Dot(0, 1, 9e9, 1), PenUp()):
        now.ink.receive(event, 0.0)
    now.draining = True
    now.refused = 2
    assert describe(now) == Line(
        "pen of Wen Yu | connected, the server is going down soon | session s_1",
        "0 dots sent, 1 waiting, 1 fell beside the paper, 2 operations refused",
    )
    now.ink.enter(PenRoom(session="s_2", source="pen-p1"))
    assert "1 came too late" in describe(now).counts


def test_a_name_cannot_steer_the_terminal() -> None:
    now = shared()
    now.teacher_name = "\x1b[2J\rroot"
    assert "\x1b" not in describe(now).state and "\r" not in describe(now).state


def test_in_a_file_each_new_state_is_a_line_and_counts_are_not() -> None:
    out = io.StringIO()
    line = StatusLine(out)
    line.show(Line("connecting", "0"))
    line.show(Line("connecting", "1"))
    line.show(Line("connected", "2"))
    line.show(Line("connected", "3"))
    line.close()
    assert out.getvalue() == "connecting | 0\nconnected | 2\nstopped | 3\n"


def test_on_a_terminal_the_line_is_written_over_in_place() -> None:
    out = Terminal()
    line = StatusLine(out)
    line.show(Line("connecting", "0"))
    line.show(Line("connecting", "1"))
    line.show(Line("connecting", "1"))
    line.close()
    assert out.getvalue() == "\r\x1b[Kconnecting | 0\r\x1b[Kconnecting | 1\n"
