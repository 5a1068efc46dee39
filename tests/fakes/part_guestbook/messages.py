"""Messages of `/ws/guestbook`, and the body and answers of its routes."""

from typing import Annotated

from msgspec import Meta, Struct

from wire.codec import FrameDecoder
from wire.common import Hello, Id, Message, Ping

Line = Annotated[str, Meta(min_length=1, max_length=200)]


class Wave(Message, tag="guestbook_wave", frozen=True, kw_only=True):
    """A page waves to all who have the guestbook open."""


class Waved(Message, tag="guestbook_waved", frozen=True, kw_only=True):
    """Somebody waved."""

    person: Id


class Changed(Message, tag="guestbook_changed", frozen=True, kw_only=True):
    """There is a new entry, or somebody has left: look again."""


from_client = FrameDecoder((Hello, Ping, Wave))


class NewEntry(Struct, frozen=True, kw_only=True):
    """What somebody wants to write."""

    text: Line


class Kept(Struct, frozen=True, kw_only=True):
    """What was kept, and the job that counts its words."""

    entry: Id
    job: Id


class Entry(Struct, frozen=True, kw_only=True):
    """One entry as all may see it."""

    entry: Id
    person: Id
    name: str
    text: str
    signed_ms: int
    left: bool
    """They have signed out since."""


class Entries(Struct, frozen=True, kw_only=True):
    """The newest entries, the newest first."""

    entries: list[Entry]
