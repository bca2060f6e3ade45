"""Which edition of menus, words and lists callers meet."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table; an announcement may be one centre's."""
    op.create_table(
        "editions",
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_editions")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("editions")
