"""Sessions and hops by hour, network, channel and language."""

from sqlalchemy import Column, SmallInteger, String

from models.summaries.summary import Summary

NETWORK, CHANNEL, LANGUAGE = 10, 10, 8
"""Letters of a network's code, of a channel's name and of a language's code."""

SESSIONS = Summary(
    "sessions",
    keys=(
        Column("hour", SmallInteger, autoincrement=False),
        Column("network", String(NETWORK)),
        Column("channel", String(CHANNEL)),
        Column("language", String(LANGUAGE)),
    ),
    counts=("sessions", "hops", "ends"),
)
"""`hour` is of the clock there, 0 to 23; `network` a gateway's code, `other` for one that is
not known, and empty where nobody says; `channel` one of `models.lookups.Channel`; `language`
the one that the page was in. `ends` are hops with a last page. A conversation by SMS is a
session from its question on, while digits answer it."""
