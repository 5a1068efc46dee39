"""The table of jobs."""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base

LIVE_KEY = text("state IN ('queued', 'running')")
"""`model.LIVE`, as the condition of the index that makes a key mean one job."""


class JobRow(Base):
    """A job: what is to be done, how far it is, and what came of it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_live_key",
            "kind",
            "key",
            unique=True,
            sqlite_where=LIVE_KEY,
            postgresql_where=LIVE_KEY,
        ),
        # A running job sits in one of its kind's slots: two workers that count at the same moment
        # cannot both take the last one. NULLs are all different in SQLite and in PostgreSQL.
        UniqueConstraint("kind", "slot"),
        Index("ix_jobs_state_due_ms", "state", "due_ms"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(64))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    due_ms: Mapped[int] = mapped_column(BigInteger)
    slot: Mapped[int | None] = mapped_column(Integer)
    lease: Mapped[str | None] = mapped_column(String(64))
    lease_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    progress: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(200))
    result: Mapped[bytes | None] = mapped_column(LargeBinary)
    error: Mapped[str | None] = mapped_column(String(200))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
