"""What operators pause, and what they tell callers meanwhile."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables."""


def downgrade() -> None:
    """Remove the tables."""
