"""Boxes that centres receive, and their stock-takes."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Drop what was added."""
