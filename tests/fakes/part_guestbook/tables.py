"""The table of the guestbook."""

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base


class EntryRow(Base):
    """What somebody wrote, and whether they have signed out since."""

    __tablename__ = "guestbook_entries"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    signed_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    left_ms: Mapped[int | None] = mapped_column(BigInteger)
