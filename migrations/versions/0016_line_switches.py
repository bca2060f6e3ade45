"""What operators pause, what they tell callers meanwhile, and which senders are at work."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "pauses",
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_pauses")),
    )
    op.create_table(
        "sayings",
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=60), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("language", name=op.f("pk_sayings")),
    )
    op.create_table(
        "senders",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_senders")),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("senders")
    op.drop_table("sayings")
    op.drop_table("pauses")
