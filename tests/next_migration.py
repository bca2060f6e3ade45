"""A next migration, which nobody has written yet: it expands, as every one must."""

import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from commands import database

NEXT = "9999"

_SOURCE = '''"""The next one: a column, a table and an index more."""

import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("shelf", sa.String(20)))
    op.add_column("outbox", sa.Column("tries", sa.Integer, server_default="0", nullable=False))
    op.create_table("shelves", sa.Column("code", sa.String(20), primary_key=True))


def downgrade() -> None:
    op.drop_table("shelves")
    op.drop_column("outbox", "tries")
    op.drop_column("documents", "shelf")
'''


def with_next(folder: Path) -> Path:
    """Copy the migrations into a folder, the next one among them; give where they lie."""
    copied = folder / "migrations"
    shutil.copytree(database._MIGRATIONS, copied)
    head = ScriptDirectory.from_config(database.alembic_settings()).get_current_head()
    source = _SOURCE.format(next=NEXT, head=head)
    (copied / "versions" / f"{NEXT}_next.py").write_text(source, encoding="utf-8")
    return copied
