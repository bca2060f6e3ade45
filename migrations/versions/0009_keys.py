"""Keys: what a change of keys needs to write everything anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Keep a subscription's number for rotation, and beside HMACs the version of their key."""
    op.add_column("subscriptions", sa.Column("number", sa.LargeBinary()))
    for table in ("subscriptions", "reports"):
        op.add_column(table, sa.Column("key_version", sa.SmallInteger()))


def downgrade() -> None:
    """Drop what was added."""
    op.drop_column("subscriptions", "number")
    for table in ("subscriptions", "reports"):
        op.drop_column(table, "key_version")
