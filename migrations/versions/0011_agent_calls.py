"""Calls that agents take, and who sees to call-backs and reports."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table of calls, and to what waits who took it and what came of it."""
    op.create_table(
        "agent_calls",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(32), nullable=False),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        sa.Column("session", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(15), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("call_back_id", sa.BigInteger),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("screen", sa.LargeBinary),
        sa.Column("beyond", sa.String(15)),
        sa.Column("revealed", sa.String(15)),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("outcome", sa.String(15)),
        sa.UniqueConstraint("session", name="uq_agent_calls_session"),
    )
    op.create_index("ix_agent_calls_phone_hmac", "agent_calls", ["phone_hmac", "began_at"])
    op.create_index("ix_agent_calls_ended_at", "agent_calls", ["ended_at"])
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_agent_calls_open",
        "agent_calls",
        ["agent_id"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
    for table in ("call_backs", "reports"):
        op.add_column(table, sa.Column("agent_id", sa.BigInteger))
        op.add_column(table, sa.Column("taken_at", _MOMENT))
        op.add_column(table, sa.Column("outcome", sa.String(15)))
    tries = sa.Column("tries", sa.SmallInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("call_backs", tries)


def downgrade() -> None:
    """Drop what was added."""
    op.drop_column("call_backs", "tries")
    for table in ("call_backs", "reports"):
        for column in ("agent_id", "taken_at", "outcome"):
            op.drop_column(table, column)
    op.drop_table("agent_calls")
