"""Documents: their history, and what an import needs."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0006"
down_revision = "0005"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEYS = (
    ("documents", "batch_id", "batches"),
    ("documents", "centre_code", "centres"),
    ("document_numbers", "document_id", "documents"),
    ("document_numbers", "batch_id", "batches"),
)


def upgrade() -> None:
    """Make the history; say who loaded what; let foreign keys go that are checked by row."""
    op.create_table(
        "document_changes",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("document_id", _ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_state", sa.String(length=10), nullable=False),
        sa.Column("was_centre", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("centre_code", sa.String(length=8), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("batch_id", _ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_changes")),
    )
    op.create_index("ix_document_changes_document_id", "document_changes", ["document_id"])
    op.add_column("batches", sa.Column("who", sa.String(length=60)))
    op.add_column("batches", sa.Column("why", sa.String(length=60)))
    op.add_column("documents", sa.Column("loaded_by", _ROW_ID))
    op.execute("UPDATE documents SET loaded_by = batch_id")
    with op.batch_alter_table("documents") as documents:
        documents.alter_column("loaded_by", existing_type=_ROW_ID, nullable=False)
        _drop(documents, "documents")
    with op.batch_alter_table("document_numbers") as numbers:
        _drop(numbers, "document_numbers")


def _drop(batch: BatchOperations, table: str) -> None:
    for owner, column, other in _KEYS:
        if owner == table:
            batch.drop_constraint(op.f(f"fk_{table}_{column}_{other}"), type_="foreignkey")


def downgrade() -> None:
    """Put back what was."""
    for table, column, other in _KEYS:
        with op.batch_alter_table(table) as batch:
            key = "code" if other == "centres" else "id"
            name = op.f(f"fk_{table}_{column}_{other}")
            batch.create_foreign_key(name, other, [column], [key])
    with op.batch_alter_table("documents") as documents:
        documents.drop_column("loaded_by")
    for column in ("why", "who"):
        op.drop_column("batches", column)
    op.drop_index("ix_document_changes_document_id", "document_changes")
    op.drop_table("document_changes")
