"""`flask people`."""

from flask.cli import AppGroup

COMMAND = AppGroup("people", help="What is known of one phone.")
