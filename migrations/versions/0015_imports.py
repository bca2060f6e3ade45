"""Imports that administrators start from the page."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Drop what was added."""
