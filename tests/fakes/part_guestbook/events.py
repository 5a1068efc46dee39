"""Domain events of the guestbook."""

from typing import ClassVar

from base.events import DomainEvent


class GuestbookSigned(DomainEvent, tag="guestbook_signed", frozen=True, kw_only=True):
    """Somebody wrote into the guestbook."""

    about: ClassVar[tuple[str, str]] = ("guestbook_entry", "entry_id")
    kept_days: ClassVar[int | None] = 30

    entry_id: str
    person_id: str
