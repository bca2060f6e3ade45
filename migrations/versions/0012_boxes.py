"""Boxes that centres receive, and their stock-takes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and let a document be in doubt."""
    _add_boxes()
    _add_stock_takes()
    op.add_column(
        "documents",
        sa.Column("is_unconfirmed", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_documents_is_unconfirmed",
        "documents",
        ["id"],
        postgresql_where=sa.text("is_unconfirmed"),
        sqlite_where=sa.text("is_unconfirmed"),
    )


def _add_boxes() -> None:
    op.create_table(
        "boxes",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("centre_code", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("stock_take_id", _ROW_ID),
        sa.Column("opened_by", sa.String(30), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(30)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.String(30)),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("batch_id", _ROW_ID),
        sa.Column("texts", sa.Integer),
    )
    op.create_index("ix_boxes_centre_code", "boxes", ["centre_code", "id"])
    op.create_index("ix_boxes_closed_at", "boxes", ["closed_at"])
    op.create_table(
        "box_items",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("box_id", _ROW_ID, sa.ForeignKey("boxes.id"), nullable=False),
        sa.Column("hmac", sa.LargeBinary(32)),
        sa.Column("number", sa.LargeBinary),
        sa.Column("last_three", sa.String(3), nullable=False),
        sa.Column("line", sa.Integer),
        sa.Column("scanned_at", sa.DateTime(timezone=True)),
        sa.Column("verdict", sa.String(10)),
        sa.Column("document_id", _ROW_ID),
        sa.Column("was_state", sa.String(10)),
        sa.Column("was_centre", sa.String(8)),
        sa.Column("was_received_on", sa.Date),
        sa.Column("was_confirmed_on", sa.Date),
        sa.Column("was_unconfirmed", sa.Boolean),
        sa.Column("left_as", sa.String(10)),
        sa.UniqueConstraint("box_id", "hmac", name="uq_box_items_box_id"),
    )
    op.create_index("ix_box_items_document_id", "box_items", ["document_id"])


def _add_stock_takes() -> None:
    op.create_table(
        "stock_takes",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("centre_code", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("begun_by", sa.String(30), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(30)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_stock_takes_centre_code", "stock_takes", ["centre_code", "id"])
    op.create_index("ix_stock_takes_ended_at", "stock_takes", ["ended_at"])
    op.create_table(
        "stock_take_documents",
        sa.Column("stock_take_id", _ROW_ID, sa.ForeignKey("stock_takes.id"), primary_key=True),
        sa.Column("document_id", _ROW_ID, primary_key=True, autoincrement=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("was_unconfirmed", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_index("ix_documents_is_unconfirmed", "documents")
    op.drop_column("documents", "is_unconfirmed")
    for table in ("stock_take_documents", "stock_takes", "box_items", "boxes"):
        op.drop_table(table)
