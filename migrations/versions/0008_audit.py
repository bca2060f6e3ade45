"""The audit: a chain of what agents, operators and the line itself did.

Its rows are written once: the database itself refuses to change or delete one. Who owns the
database can lift that; then the chain shows it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SQLITE = """
CREATE TRIGGER audit_{act} BEFORE {act} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is written once'); END
"""
_FUNCTION = """
CREATE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is written once'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER audit_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_written_once()
"""


def upgrade() -> None:
    """Make the chain's table, and what keeps its rows."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_act", "audit", ["act", "id"])
    if _on_postgresql():
        op.execute(_FUNCTION)
        op.execute(_POSTGRESQL)
    else:
        for act in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(act=act))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("audit")
    if _on_postgresql():
        op.execute("DROP FUNCTION audit_is_written_once()")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
