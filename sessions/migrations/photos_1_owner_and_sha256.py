"""Photos have an owner, who may one day be no session, and the SHA-256 of the bytes kept."""

import sqlalchemy as sa
from alembic import op

revision = "photos_1"
down_revision = "0001"
branch_labels = ("photos",)
depends_on = None


def upgrade() -> None:
    op.add_column(
        "photos", sa.Column("owner", sa.String(length=80), nullable=False, server_default="")
    )
    # Empty for photos kept before: their files are named by their ids.
    op.add_column(
        "photos", sa.Column("sha256", sa.String(length=64), nullable=False, server_default="")
    )
    op.execute("UPDATE photos SET owner = 'session:' || session_id")


def downgrade() -> None:
    op.drop_column("photos", "sha256")
    op.drop_column("photos", "owner")
