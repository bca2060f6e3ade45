"""Summaries: what supervisors see, counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_MOMENT = sa.DateTime(timezone=True)
_SMALL, _KIND, _PLACE = sa.SmallInteger(), sa.String(20), sa.String(8)
_CHANNEL, _LANGUAGE, _SCREEN = sa.String(10), sa.String(8), sa.String(40)
_STATE = sa.String(10)

_TABLES: dict[str, tuple[dict[str, sa.types.TypeEngine[Any]], tuple[str, ...]]] = {
    "sessions": (
        {
            "hour": _SMALL,
            "network": sa.String(10),
            "channel": _CHANNEL,
            "language": _LANGUAGE,
        },
        ("sessions", "hops", "ends"),
    ),
    "times": ({"hour": _SMALL, "channel": _CHANNEL, "bound": _SMALL}, ("hops",)),
    "ways": (
        {"channel": _CHANNEL, "language": _LANGUAGE, "before": _SCREEN, "after": _SCREEN},
        ("hops",),
    ),
    "documents": (
        {"centre_code": _PLACE, "kind": _KIND, "state": _STATE, "age": _SMALL},
        ("documents",),
    ),
    "flows": (
        {"centre_code": _PLACE, "kind": _KIND},
        ("received", "listed", "collected", "told", "returned"),
    ),
    "texts": (
        {"priority": _SMALL, "state": _STATE},
        ("messages", "segments", "money", "uncharged"),
    ),
    "lookups": ({"channel": _CHANNEL, "outcome": _STATE}, ("lookups", "fresh")),
    "ratings": ({"centre_code": _PLACE, "mark": _SMALL}, ("ratings",)),
    "reports": ({"matter": _STATE, "centre_code": _PLACE, "kind": _KIND}, ("reports",)),
}
"""Of each table, the columns that name a row beside its day, and those that are counted."""


def upgrade() -> None:
    """Make the tables; let a day's changes and texts be found by their moment."""
    for name, (keys, counts) in _TABLES.items():
        table = f"summary_{name}"
        op.create_table(
            table,
            sa.Column("day", sa.Date(), nullable=False),
            *(sa.Column(key, kind, nullable=False) for key, kind in keys.items()),
            *(sa.Column(one, sa.BigInteger(), nullable=False) for one in counts),
            sa.PrimaryKeyConstraint("day", *keys, name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "summary_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", _MOMENT, nullable=False),
        sa.Column("pictured_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_summary_days")),
    )
    op.create_table(
        "summary_writers",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_summary_writers")),
    )
    op.create_index("ix_document_changes_at", "document_changes", ["at"])
    op.create_index("ix_outbox_made_at", "outbox", ["made_at"])


def downgrade() -> None:
    """Drop what was added."""
    op.drop_index("ix_outbox_made_at", "outbox")
    op.drop_index("ix_document_changes_at", "document_changes")
    for name in ("writers", "days", *_TABLES):
        op.drop_table(f"summary_{name}")
