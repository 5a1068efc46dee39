"""Messages of the pen bridge's socket. Ink itself uses the room's stroke operations."""

from typing import Annotated

from msgspec import Meta

from wire.common import Id, Message, Name, Sequence, ShortText, Token, Version


class PenHello(Message, tag="pen_hello", frozen=True, kw_only=True):
    """First message of a pen bridge: its credential from pairing, and the pen's own id."""

    versions: Annotated[list[Version], Meta(min_length=1, max_length=16)]
    token: Token
    pen: Id
    model: ShortText = ""


class PenWelcome(Message, tag="pen_welcome", frozen=True, kw_only=True):
    """The pen is known. `teacher_name` lets the bridge show whose it is."""

    version: Version
    teacher: Id
    teacher_name: Name


class PenRoom(Message, tag="pen_room", frozen=True, kw_only=True):
    """Where this pen's ink goes now: a session, or nowhere (null). Answered by `pen_enter`.

    `source` must start every stroke id; `last_n` is the last operation of it already done.
    """

    session: Id | None
    source: Id = "none"
    last_n: Sequence = 0


class PenEnter(Message, tag="pen_enter", frozen=True, kw_only=True):
    """The bridge has taken note of the room; what follows is meant for it.

    Ink sent before is of the room before and is dropped, so that no line of one student's
    lesson can land in the next one's.
    """

    session: Id


class PenStatus(Message, tag="pen_status", frozen=True, kw_only=True):
    """The bridge tells how the pen is: battery 0 to 100 when known, and whether it is linked."""

    linked: bool
    battery: Annotated[int, Meta(ge=0, le=100)] | None = None
