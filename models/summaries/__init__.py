"""Summaries: what supervisors see, counted by day; nothing in them is of a person.

What calls and texts did is added by every process as it happens (`menus/tally.py`). The
others are counted from the rows themselves by `refresh.py`, a whole day at a time.
"""

from models.summaries import (
    days,
    documents,
    flows,
    lookups,
    ratings,
    reports,
    sessions,
    texts,
    times,
    ways,
    writers,
)

__all__ = [
    "days",
    "documents",
    "flows",
    "lookups",
    "ratings",
    "reports",
    "sessions",
    "texts",
    "times",
    "ways",
    "writers",
]
