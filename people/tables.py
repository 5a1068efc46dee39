"""Tables of people: accounts, sign-ins with their refresh tokens, pens."""

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base


class PersonRow(Base):
    """An account and its password's hash."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16), index=True)
    grade: Mapped[int | None] = mapped_column(Integer)
    school: Mapped[str] = mapped_column(String(200))
    subjects: Mapped[list[str]] = mapped_column(JSON)
    grades: Mapped[list[int]] = mapped_column(JSON)
    biography: Mapped[str] = mapped_column(String(200))
    created_ms: Mapped[int] = mapped_column(BigInteger)


class SignInRow(Base):
    """One sign-in of one device: the family its refresh tokens belong to."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_ms: Mapped[int | None] = mapped_column(BigInteger, index=True)
    revoked_reason: Mapped[str | None] = mapped_column(String(32))


class RefreshTokenRow(Base):
    """A refresh token, by its SHA-256. Replaced ones are kept, so that reuse is noticed."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sign_in_id: Mapped[str] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True
    )
    issued_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    replaced_ms: Mapped[int | None] = mapped_column(BigInteger)


class PenRow(Base):
    """A pen paired with a teacher, by its credential's SHA-256."""

    __tablename__ = "pens"
    __table_args__ = (
        # A pen belongs to one teacher at a time.
        Index(
            "ix_pens_pen_in_use",
            "pen",
            unique=True,
            sqlite_where=text("revoked_ms IS NULL"),
            postgresql_where=text("revoked_ms IS NULL"),
        ),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    pen: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    teacher_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    paired_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_ms: Mapped[int | None] = mapped_column(BigInteger)
