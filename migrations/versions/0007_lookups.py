"""Look-ups: who asked for what, and what stood out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_lookups()
    op.create_table(
        "lookup_flags",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("about", sa.LargeBinary(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_flags")),
    )
    op.create_index("ix_lookup_flags_kind", "lookup_flags", ["kind", "about"])
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_lookup_flags_open",
        "lookup_flags",
        ["kind", "about"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    op.create_table(
        "lookup_scores",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_scores")),
    )


def _make_lookups() -> None:
    op.create_table(
        "lookup_batches",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("forgotten_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup_batches")),
        sa.UniqueConstraint("name", name=op.f("uq_lookup_batches_name")),
    )
    op.create_index("ix_lookup_batches_last_at", "lookup_batches", ["last_at"])
    op.create_table(
        "lookups",
        sa.Column("batch_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hundred", sa.LargeBinary(length=16), nullable=True),
        sa.Column("shifted", sa.LargeBinary(length=16), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "place", name=op.f("pk_lookups")),
    )
    op.create_index("ix_lookups_at", "lookups", ["at"])
    op.create_index("ix_lookups_phone_hmac", "lookups", ["phone_hmac", "fresh", "at"])
    op.create_index("ix_lookups_hundred", "lookups", ["hundred", "at"])
    op.create_index("ix_lookups_shifted", "lookups", ["shifted", "at"])


def downgrade() -> None:
    """Drop them; `asked` goes on counting the budget."""
    for table in ("lookup_scores", "lookup_flags", "lookups", "lookup_batches"):
        op.drop_table(table)
