"""`flask retention`."""

from flask.cli import AppGroup

COMMAND = AppGroup("retention", help="What is kept, and for how long.")
