"""What a room asks its shell to do: values, so that a test can read them."""

from dataclasses import dataclass

from wire.common import Message
from wire.room import EndReason, Event


@dataclass(frozen=True, slots=True)
class ToAll:
    """Give an event to every output of the room, in order."""

    event: Event
    frame: bytes
    """The event as it goes on the wire, encoded once for everybody and for those who resume."""
    at_us: int
    """Its time on the session's clock, stamped once: the event's `at` is this in milliseconds."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """Send a message to one connection."""

    connection: str
    message: Message


@dataclass(frozen=True, slots=True)
class Resend:
    """Send events to one connection again, as they were encoded then."""

    connection: str
    frames: list[bytes]


@dataclass(frozen=True, slots=True)
class ToOthers:
    """Send a message that is not kept to every tab but one."""

    connection: str
    message: Message


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close one connection with a code of `wire.codes`."""

    connection: str
    code: str


@dataclass(frozen=True, slots=True)
class MuteVoice:
    """Stop or let through a member's voice in the media plane."""

    member: str
    muted: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The session is over; the event that says so was sent before. Last effect of a room."""

    reason: EndReason


Effect = ToAll | ToOne | Resend | ToOthers | Disconnect | MuteVoice | Finished
