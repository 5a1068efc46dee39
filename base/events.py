"""Domain events, pure: facts in the past, and the envelope each is kept in.

Importing this, or a package's `events.py`, brings neither a database nor a log.
"""

from typing import ClassVar, Generic, TypeVar

import msgspec


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past. Give each a name of its own: `class SessionEnded(DomainEvent, tag=...)`.

    A field that is added later has a default, so that what was kept before can still be read; a change
    of meaning raises `version`.
    """

    version: ClassVar[int] = 1
    about: ClassVar[tuple[str, str]] = ("", "")
    """(kind, field): events with the same kind and value of the field are heard in their order."""
    kept_days: ClassVar[int | None] = None
    """Days after which it may be forgotten once everybody has heard it; None: never."""


E_co = TypeVar("E_co", bound=DomainEvent, covariant=True)


class Envelope(msgspec.Struct, Generic[E_co], frozen=True, kw_only=True):
    """An event as it was kept."""

    id: int
    """Its place in the log; what idempotent handlers remember."""
    name: str
    version: int
    at_ms: int
    """Unix ms."""
    actor: str
    """The person who did it; empty when the service itself did."""
    scope: str
    """What it is about, such as `thing:t_1`; the order of events of one scope is kept."""
    event: E_co
    to: str
    """Which subscription it is delivered to: `part/name`."""


def event_name(event_type: type[DomainEvent]) -> str:
    """Return the name an event type is kept under; TypeError if it was given none."""
    tag = event_type.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{event_type.__name__} has no tag")
    return tag


def scope_of(event: DomainEvent) -> str:
    """Return what an event is about, as envelopes name it."""
    kind, field = event.about
    return f"{kind}:{getattr(event, field)}" if kind else ""
