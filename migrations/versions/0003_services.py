"""Constituencies, services, desks, announcements; centres that are planned, and their kind."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; give centres a kind and a constituency, and desks of their own."""
    op.create_table(
        "announcements",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("centre_code", sa.String(length=8), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_announcements")),
    )
    op.create_table(
        "services",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=2), nullable=False),
        sa.Column("desk", sa.String(length=8), nullable=False),
        sa.Column("availability", sa.String(length=8), nullable=False),
        sa.Column("as_of", sa.String(length=10), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_services")),
    )
    op.create_table(
        "announcement_texts",
        sa.Column("announcement_code", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=280), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_code"],
            ["announcements.code"],
            name=op.f("fk_announcement_texts_announcement_code_announcements"),
        ),
        sa.PrimaryKeyConstraint(
            "announcement_code", "language", name=op.f("pk_announcement_texts")
        ),
    )
    op.create_table(
        "constituencies",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("county_code", sa.String(length=3), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code"],
            ["counties.code"],
            name=op.f("fk_constituencies_county_code_counties"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_constituencies")),
    )
    op.create_table(
        "service_terms",
        sa.Column("service_code", sa.String(length=24), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("agency", sa.String(length=60), nullable=False),
        sa.Column("fee", sa.Integer(), nullable=True),
        sa.Column("fee_as_of", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_code"],
            ["services.code"],
            name=op.f("fk_service_terms_service_code_services"),
        ),
        sa.PrimaryKeyConstraint("service_code", "since", name=op.f("pk_service_terms")),
    )
    op.create_table(
        "service_texts",
        sa.Column("service_code", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=28), nullable=False),
        sa.Column("bring", sa.String(length=140), nullable=False),
        sa.Column("takes", sa.String(length=60), nullable=False),
        sa.Column("collects", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=90), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_code"],
            ["services.code"],
            name=op.f("fk_service_texts_service_code_services"),
        ),
        sa.PrimaryKeyConstraint("service_code", "language", name=op.f("pk_service_texts")),
    )
    op.create_table(
        "desks",
        sa.Column("centre_code", sa.String(length=8), nullable=False),
        sa.Column("desk", sa.String(length=24), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_code"], ["centres.code"], name=op.f("fk_desks_centre_code_centres")
        ),
        sa.PrimaryKeyConstraint("centre_code", "desk", "since", name=op.f("pk_desks")),
    )
    op.add_column(
        "centres",
        sa.Column("kind", sa.String(length=10), server_default="huduma", nullable=False),
    )
    # in words of SQL's own: SQLite takes the constraint only within the column's definition
    op.execute(
        "ALTER TABLE centres ADD COLUMN constituency_code VARCHAR(3)"
        " CONSTRAINT fk_centres_constituency_code_constituencies"
        " REFERENCES constituencies (code)"
    )
    op.drop_column("centres", "judiciary_desk")


def downgrade() -> None:
    """Drop the tables and the columns; which centre has a court desk is not carried back."""
    op.add_column(
        "centres",
        sa.Column("judiciary_desk", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.drop_column("centres", "constituency_code")
    op.drop_column("centres", "kind")
    op.drop_table("desks")
    op.drop_table("service_texts")
    op.drop_table("service_terms")
    op.drop_table("constituencies")
    op.drop_table("announcement_texts")
    op.drop_table("services")
    op.drop_table("announcements")
