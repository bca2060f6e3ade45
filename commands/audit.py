"""`flask audit`."""

from flask.cli import AppGroup

COMMAND = AppGroup("audit", help="The audit.")
