"""Agents: who may sign in to the console, and their sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add agents, their sessions, and the tries to sign in."""
    op.create_table(
        "agents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("account", sa.String(30), nullable=False),
        sa.Column("role", sa.String(15), nullable=False),
        sa.Column("centre_code", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("shortcuts", sa.Boolean, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("invitation", sa.LargeBinary(32)),
        sa.Column("invited_until", sa.DateTime(timezone=True)),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("account", name="uq_agents_account"),
    )
    op.create_table(
        "agent_sessions",
        sa.Column("token", sa.LargeBinary(32), primary_key=True),
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_agent_sessions_agent_id", "agent_sessions", ["agent_id"])
    op.create_table(
        "sign_in_tries",
        sa.Column("bucket", sa.LargeBinary(32), primary_key=True),
        sa.Column("failures", sa.SmallInteger, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    for table in ("sign_in_tries", "agent_sessions", "agents"):
        op.drop_table(table)
