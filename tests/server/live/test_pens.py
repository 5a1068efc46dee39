"""Pens that change hands: the ink of one teacher's pen never stays in another's room."""

from server.live.pens import ConnectedPens


class _Socket:
    """As much of a socket as the desk touches."""

    def __init__(self, key: str) -> None:
        self.id = key
        self.sent: list[object] = []
        self.closed_with = ""

    def send(self, message: object) -> None:
        self.sent.append(message)

    def close(self, code: str) -> None:
        self.closed_with = code


class _Room:
    """As much of a live room as the desk touches."""

    def __init__(self) -> None:
        self.pens: list[str] = []

    def join_pen(self, socket: _Socket, _member: str, _pen: str) -> None:
        self.pens.append(socket.id)

    def gone(self, socket: _Socket) -> None:
        self.pens.remove(socket.id)


def test_a_pen_that_was_given_to_another_teacher_leaves_the_first_ones_room() -> None:
    desk, room = ConnectedPens(), _Room()
    before, after = _Socket("c_1"), _Socket("c_2")
    desk.enter(before, "n2", "p_one")  # type: ignore[arg-type]
    desk.room_opened(room, "p_one")  # type: ignore[arg-type]
    assert room.pens == ["c_1"]
    desk.enter(after, "n2", "p_two")  # type: ignore[arg-type]
    assert room.pens == []
    assert before.closed_with == "replaced"
