"""The guestbook's first table."""

import sqlalchemy as sa
from alembic import op

revision = "guestbook_1"
down_revision = None
branch_labels = ("guestbook",)
# The people an entry belongs to.
depends_on = "0001"


def upgrade() -> None:
    op.create_table(
        "guestbook_entries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("signed_ms", sa.BigInteger(), nullable=False),
        sa.Column("left_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_guestbook_entries_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guestbook_entries")),
    )
    op.create_index(op.f("ix_guestbook_entries_person_id"), "guestbook_entries", ["person_id"])
    op.create_index(op.f("ix_guestbook_entries_signed_ms"), "guestbook_entries", ["signed_ms"])


def downgrade() -> None:
    op.drop_table("guestbook_entries")
