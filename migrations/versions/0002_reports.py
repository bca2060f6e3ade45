"""Reports, call-backs, ratings; the code that a notice carries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables and the column."""
    op.create_table(
        "call_backs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_backs")),
        sa.UniqueConstraint("phone_hmac", name=op.f("uq_call_backs_phone_hmac")),
    )
    op.create_index(
        "ix_call_backs_closed_at_made_at", "call_backs", ["closed_at", "made_at"], unique=False
    )
    op.create_table(
        "ratings",
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("centre_code", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mark", sa.SmallInteger(), nullable=False),
        sa.Column("desk", sa.String(length=24), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_hmac", "centre_code", "day", name=op.f("pk_ratings")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("matter", sa.String(length=10), nullable=False),
        sa.Column("about", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column(
            "document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("centre_code", sa.String(length=8), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("wanted", sa.String(length=8), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_reports_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "phone_hmac", "matter", "about", "day", name=op.f("uq_reports_phone_hmac")
        ),
    )
    op.create_index("ix_reports_document_id", "reports", ["document_id"], unique=False)
    op.create_index(
        "ix_reports_closed_at_made_at", "reports", ["closed_at", "made_at"], unique=False
    )
    op.add_column("outbox", sa.Column("code", sa.String(length=5), nullable=True))
    op.create_index("ix_outbox_phone_hmac_code", "outbox", ["phone_hmac", "code"], unique=False)


def downgrade() -> None:
    """Drop the tables and the column."""
    op.drop_index("ix_outbox_phone_hmac_code", table_name="outbox")
    op.drop_column("outbox", "code")
    op.drop_index("ix_reports_closed_at_made_at", table_name="reports")
    op.drop_index("ix_reports_document_id", table_name="reports")
    op.drop_table("reports")
    op.drop_table("ratings")
    op.drop_index("ix_call_backs_closed_at_made_at", table_name="call_backs")
    op.drop_table("call_backs")
