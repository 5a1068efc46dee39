"""Types and bounds that every message shares, and the messages of every socket's handshake."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

PROTOCOL_VERSION = 1
"""The only version spoken today; `hello` lists the versions a client can speak."""

MAX_FRAME_BYTES = 64 * 1024
"""A larger frame, either way, is a protocol error: the longest legal message is far below it."""

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+\Z")]
"""An opaque identifier: of a person, a call, a session, a page, a stroke, a photo.

The pattern ends with `\\Z` because in Python `$` would let a newline stand at the end.
"""

Token = Annotated[str, Meta(min_length=1, max_length=2048)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
ShortText = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
Sdp = Annotated[str, Meta(min_length=1, max_length=16_000)]
Version = Annotated[int, Meta(ge=0, le=65_535)]
Sequence = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]

Role = Literal["student", "teacher", "auditor", "administrator"]


class Message(Struct, frozen=True, tag_field="type", kw_only=True):
    """The base of everything on a socket: a msgpack map with its name under `type`.

    Unknown fields are ignored, so that a newer peer may add one; an unknown type is refused.
    """


class Hello(Message, tag="hello", frozen=True, kw_only=True):
    """First message of a client on the lobby and room sockets: who am I, what can I speak.

    The token travels here and not in the URL, because URLs end up in logs.
    """

    versions: Annotated[list[Version], Meta(min_length=1, max_length=16)]
    token: Token
    client: ShortText = ""


class Welcome(Message, tag="welcome", frozen=True, kw_only=True):
    """The server's answer to `hello`: the version both will speak, and who the server sees."""

    version: Version
    person_id: Id
    name: Name
    role: Role
    now_ms: Milliseconds
    """The server's wall clock, Unix milliseconds, to show deadlines with."""


class Ping(Message, tag="ping", frozen=True, kw_only=True):
    """A client asks whether the socket still lives; browsers cannot send WebSocket pings."""

    sent_ms: Milliseconds


class Pong(Message, tag="pong", frozen=True, kw_only=True):
    """The answer to `ping`, with the client's own number sent back."""

    sent_ms: Milliseconds


class Refused(Message, tag="refused", frozen=True, kw_only=True):
    """Something the peer asked for was not done; the connection may go on.

    `code` is stable (see `wire.codes`), `text` is safe to show, `n` names the refused operation.
    """

    code: Id
    text: ShortText
    n: Number | None = None


class Draining(Message, tag="draining", frozen=True, kw_only=True):
    """The server is going down: no new calls; running sessions may finish before the deadline."""

    deadline_ms: Milliseconds
