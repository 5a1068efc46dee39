"""Tables of sessions: the session, its two forms, its photos. People are ids of another package."""

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from base.db import Base


class RatingRow(Base):
    """The student's form."""

    __tablename__ = "ratings"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    understood: Mapped[int] = mapped_column(Integer)
    clear: Mapped[int] = mapped_column(Integer)
    patient: Mapped[int] = mapped_column(Integer)
    useful: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(String(500))
    given_ms: Mapped[int] = mapped_column(BigInteger)

    labels: Mapped[list["RatingLabelRow"]] = relationship(lazy="selectin")


class RatingLabelRow(Base):
    """One style label of a rating."""

    __tablename__ = "rating_labels"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("ratings.session_id", ondelete="CASCADE"), primary_key=True
    )
    label: Mapped[str] = mapped_column(String(32), primary_key=True)


class ReportRow(Base):
    """The teacher's form."""

    __tablename__ = "reports"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    knowledge_points: Mapped[list[str]] = mapped_column(JSON)
    difficulty: Mapped[int] = mapped_column(Integer)
    participation: Mapped[int] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(String(500))
    given_ms: Mapped[int] = mapped_column(BigInteger)


class SessionRow(Base):
    """A session. What is only known at its end is null while it runs."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_student_id_started_ms", "student_id", "started_ms"),
        Index("ix_sessions_teacher_id_started_ms", "teacher_id", "started_ms"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64), unique=True)
    student_id: Mapped[str] = mapped_column(String(64))
    teacher_id: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(200))
    started_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    reason: Mapped[str | None] = mapped_column(String(32))
    valid: Mapped[bool | None] = mapped_column(Boolean)
    together_s: Mapped[float | None] = mapped_column(Float)
    strokes: Mapped[int | None] = mapped_column(Integer)
    photos: Mapped[int | None] = mapped_column(Integer)
    chat_lines: Mapped[int | None] = mapped_column(Integer)
    student_voice_s: Mapped[float | None] = mapped_column(Float)
    teacher_voice_s: Mapped[float | None] = mapped_column(Float)

    rating: Mapped[RatingRow | None] = relationship(lazy="selectin")
    report: Mapped[ReportRow | None] = relationship(lazy="selectin")


class PhotoRow(Base):
    """A photo sent into a session; the picture itself is in the object storage."""

    __tablename__ = "photos"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    member_id: Mapped[str] = mapped_column(String(64))
    extension: Mapped[str] = mapped_column(String(8))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer)
    owner: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    created_ms: Mapped[int] = mapped_column(BigInteger)
