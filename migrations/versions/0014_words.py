"""Words that administrators change: proposals, versions, and each text before and after."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "wordings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("takes_back", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decider", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
        sa.UniqueConstraint("version", name=op.f("uq_wordings_version")),
    )
    op.create_index("ix_wordings_stage", "wordings", ["stage"], unique=False)
    op.create_table(
        "wording_changes",
        sa.Column("wording_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("of_files", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wording_id"],
            ["wordings.id"],
            name=op.f("fk_wording_changes_wording_id_wordings"),
        ),
        sa.PrimaryKeyConstraint(
            "wording_id", "language", "path", name=op.f("pk_wording_changes")
        ),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("wording_changes")
    op.drop_index("ix_wordings_stage", table_name="wordings")
    op.drop_table("wordings")
