"""`flask lookups`."""

from flask.cli import AppGroup

COMMAND = AppGroup("lookups", help="What callers asked for.")
