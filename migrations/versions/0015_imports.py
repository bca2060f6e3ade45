"""Jobs that administrators start from pages: imports, and campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("turn", sa.SmallInteger(), nullable=True),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("turn", name=op.f("uq_jobs_turn")),
        sa.UniqueConstraint("file", name=op.f("uq_jobs_file")),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("jobs")
