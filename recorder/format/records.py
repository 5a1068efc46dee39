"""What a recording consists of: the information at its head, and its kinds of record."""

from enum import IntEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

FORMAT_VERSION = 1
"""Raised only when an old reader would misunderstand; a new kind of record does not raise it."""

MAX_INFO_BYTES = 64 * 1024
MAX_PAYLOAD_BYTES = 1024 * 1024
"""A length above these is damage: a reader never has to hold more than this for one record."""

SAMPLE_RATE = 48_000
"""The RTP clock of Opus, whatever the audio inside (RFC 7587, clause 4.1)."""

Side = Literal["left", "right"]
SIDES: dict[str, Side] = {"student": "left", "teacher": "right"}
"""Which side of the rendered voices a role is heard on."""


class RecordedMember(Struct, frozen=True, kw_only=True):
    """One of the two people of the session: ids only, so that a name never has to be erased."""

    member: str
    role: str


class RecordingInfo(Struct, frozen=True, kw_only=True):
    """The head of a recording. Unknown fields of a newer writer are ignored."""

    session: str
    opened_unix_ms: int
    """The instant that every `at_us` counts from."""
    subject: str
    members: list[RecordedMember]
    opus_payload_type: Annotated[int, Meta(ge=0, le=127)] = 111
    """Packets of any other payload type are kept but not heard."""


class Kind(IntEnum):
    """What a record is. A reader skips the numbers it does not know."""

    VOICE_DECLARED = 1
    RTP = 2
    EVENT = 3
    MARK = 4
    SEALED = 5


class Record(Struct, frozen=True, gc=False):
    """One record: `at_us` is microseconds since the room opened, the one clock of everything."""

    kind: Kind
    at_us: int
    payload: bytes


class VoiceDeclared(Struct, frozen=True, kw_only=True):
    """From here on, `voice` in an RTP record means the voice of this member."""

    voice: int
    member: str


class Mark(Struct, frozen=True, kw_only=True):
    """Closes what was written and synced together; a hash chain has its place here later."""

    flushes: int


class Sealed(Struct, frozen=True, kw_only=True):
    """The last record: the session ended in order, and this is what it amounted to."""

    reason: str
    events: int
    packets: int
    voices: list[str]
    """Ids of the members who were heard."""
