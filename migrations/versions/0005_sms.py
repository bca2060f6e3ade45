"""SMS: priorities, reports, opt-outs, spending, gateways and campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENTS = ("submitting_at", "sent_at", "delivered_at", "failed_at", "unknown_at")

_INDEXES = ("campaign_id", "gateway_id", "submitting_at", "phone_hmac_made", "state_priority")


def upgrade() -> None:
    """Add what sending wants to know of a message; make the tables beside it."""
    _widen_outbox()
    op.add_column("callers", sa.Column("stopped_at", sa.DateTime(timezone=True)))
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("money", sa.BigInteger(), nullable=False),
        sa.Column("paced_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_spending")),
    )
    op.create_table(
        "gateways",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("away_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateways")),
    )
    _make_reports()
    _make_campaigns()


def _widen_outbox() -> None:
    for name, default in (("priority", "0"), ("segments", "1")):
        op.add_column(
            "outbox",
            sa.Column(name, sa.SmallInteger(), nullable=False, server_default=sa.text(default)),
        )
    op.add_column("outbox", sa.Column("same", sa.LargeBinary(length=32)))
    op.add_column("outbox", sa.Column("gateway", sa.String(length=20)))
    op.add_column("outbox", sa.Column("money", sa.BigInteger()))
    op.add_column("outbox", sa.Column("campaign_id", sa.BigInteger()))
    for name in _MOMENTS:
        op.add_column("outbox", sa.Column(name, sa.DateTime(timezone=True)))
    op.drop_index("ix_outbox_state_due_at", "outbox")
    op.create_index("ix_outbox_state_priority", "outbox", ["state", "priority", "due_at"])
    op.create_index("ix_outbox_phone_hmac_made", "outbox", ["phone_hmac", "made_at"])
    op.create_index("ix_outbox_submitting_at", "outbox", ["submitting_at"])
    op.create_index("ix_outbox_gateway_id", "outbox", ["gateway_id"])
    op.create_index("ix_outbox_campaign_id", "outbox", ["campaign_id", "state"])


def _make_reports() -> None:
    op.create_table(
        "stray_reports",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("gateway_id", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("is_absent", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_reports")),
        sa.UniqueConstraint(
            "gateway", "gateway_id", "state", name=op.f("uq_stray_reports_gateway")
        ),
    )
    op.create_index("ix_stray_reports_phone_hmac", "stray_reports", ["phone_hmac"])


def _make_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("skipped", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )
    op.create_table(
        "outbox_documents",
        sa.Column("message_id", _ROW_ID, nullable=False),
        sa.Column("document_id", _ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox.id"], name=op.f("fk_outbox_documents_message_id_outbox")
        ),
        sa.PrimaryKeyConstraint("message_id", "document_id", name=op.f("pk_outbox_documents")),
    )
    op.create_index("ix_outbox_documents_document_id", "outbox_documents", ["document_id"])


def downgrade() -> None:
    """Drop what was added."""
    for table in ("outbox_documents", "campaigns", "stray_reports", "gateways", "spending"):
        op.drop_table(table)
    op.drop_column("callers", "stopped_at")
    for name in (
        "campaign_id",
        "gateway_id",
        "submitting_at",
        "phone_hmac_made",
        "state_priority",
    ):
        op.drop_index(f"ix_outbox_{name}", "outbox")
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    for name in (*_MOMENTS, "campaign_id", "money", "gateway", "same", "segments", "priority"):
        op.drop_column("outbox", name)
