"""Faults that change nothing that anybody could see, each with why: they are not counted."""

_NEVER = "no moment is met to the microsecond"

EQUALS = {
    "models/agent_sessions.py begin: "
    "kept.seen_at < now - IDLE => (kept.seen_at <= now - IDLE)": _NEVER,
    "menus/turn.py _Dialled.__init__: False => (True)": (
        "whether the line is wary is read before it is used"
    ),
}
