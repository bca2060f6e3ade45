"""The first tables: counties, centres, documents, callers, texts, subscriptions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "asked",
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("phone_hmac", "day", "slot", name=op.f("pk_asked")),
        sa.UniqueConstraint("phone_hmac", "day", "subject", name=op.f("uq_asked_phone_hmac")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("archive_version", sa.SmallInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("digest", name=op.f("uq_batches_digest")),
    )
    op.create_table(
        "callers",
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_hmac", name=op.f("pk_callers")),
    )
    op.create_table(
        "counties",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("headquarters", sa.String(length=40), nullable=False),
        sa.Column("population_2019", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_counties")),
    )
    op.create_table(
        "finished_sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("network", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("hops", sa.SmallInteger(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("cost", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finished_sessions")),
        sa.UniqueConstraint("session_hmac", name=op.f("uq_finished_sessions_session_hmac")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=100), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gateway_id", sa.String(length=100), nullable=True),
        sa.Column("cost", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("cause", name=op.f("uq_outbox_cause")),
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "phone_hmac", "subject", "kind", name=op.f("uq_subscriptions_phone_hmac")
        ),
    )
    op.create_index("ix_subscriptions_made_at", "subscriptions", ["made_at"], unique=False)
    op.create_table(
        "centres",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("county_code", sa.String(length=3), nullable=False),
        sa.Column("town", sa.String(length=15), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("opens", sa.String(length=5), nullable=False),
        sa.Column("closes", sa.String(length=5), nullable=False),
        sa.Column("days", sa.String(length=10), nullable=False),
        sa.Column("judiciary_desk", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("opened", sa.String(length=10), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code"], ["counties.code"], name=op.f("fk_centres_county_code_counties")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_centres")),
    )
    op.create_table(
        "subscription_numbers",
        sa.Column(
            "subscription_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("hmac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_subscription_numbers_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint(
            "subscription_id", "hmac", name=op.f("pk_subscription_numbers")
        ),
    )
    op.create_index(
        "ix_subscription_numbers_hmac", "subscription_numbers", ["hmac"], unique=False
    )
    op.create_table(
        "documents",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("centre_code", sa.String(length=8), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.Column("phone_hmac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column(
            "batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_documents_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["centre_code"], ["centres.code"], name=op.f("fk_documents_centre_code_centres")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_table(
        "document_numbers",
        sa.Column(
            "document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("last_three", sa.String(length=3), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_document_numbers_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_numbers_document_id_documents"),
        ),
        sa.PrimaryKeyConstraint("document_id", "type", name=op.f("pk_document_numbers")),
    )
    op.create_index("ix_document_numbers_hmac", "document_numbers", ["hmac"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_document_numbers_hmac", table_name="document_numbers")
    op.drop_table("document_numbers")
    op.drop_table("documents")
    op.drop_index("ix_subscription_numbers_hmac", table_name="subscription_numbers")
    op.drop_table("subscription_numbers")
    op.drop_table("centres")
    op.drop_index("ix_subscriptions_made_at", table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_index("ix_outbox_state_due_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("finished_sessions")
    op.drop_table("counties")
    op.drop_table("callers")
    op.drop_table("batches")
    op.drop_table("asked")
