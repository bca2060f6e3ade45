"""Who types a command: the name that the audit keeps."""

import getpass
import os


def operator() -> str:
    """Give the account of whoever types: `OPERATOR` where it is set, else the login's name."""
    try:
        return (os.environ.get("OPERATOR") or getpass.getuser())[:60]
    except (KeyError, OSError):
        return "operator"
