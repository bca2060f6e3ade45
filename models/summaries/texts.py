"""Texts by the day they were queued on, by purpose and state: how many, and what they cost."""

from sqlalchemy import Column, Connection, SmallInteger, String, case, func, select

from models.outbox import HANDED_OVER, outbox
from models.summaries.summary import Summary
from models.summaries.whole_day import WholeDay

TEXTS = Summary(
    "texts",
    keys=(
        Column("priority", SmallInteger, autoincrement=False),
        Column("state", String(10)),
    ),
    counts=("messages", "segments", "money", "uncharged"),
)
"""`priority` is one of `models.outbox.Priority`, which is what a text is for; `state` one of
`models.outbox.Delivery`. `segments`, `money` (in ten-thousandths of the currency) and
`uncharged`, the segments of which no gateway has said what they cost, are of what was handed
to a gateway; of the others they are 0."""


def count(connection: Connection, day: WholeDay) -> dict[tuple[int, str], tuple[int, ...]]:
    """Count a day's texts, from the rows themselves."""
    went_out = outbox.c.state.in_(HANDED_OVER) | outbox.c.sent_at.is_not(None)
    unknown = went_out & outbox.c.money.is_(None)
    query = (
        select(
            outbox.c.priority,
            outbox.c.state,
            func.count().label("messages"),
            func.sum(case((went_out, outbox.c.segments), else_=0)).label("segments"),
            func.sum(case((went_out, outbox.c.money), else_=0)).label("money"),
            func.sum(case((unknown, outbox.c.segments), else_=0)).label("uncharged"),
        )
        .where(day.holds(outbox.c.made_at))
        .group_by(outbox.c.priority, outbox.c.state)
    )
    return {
        (row.priority, row.state): (
            row.messages,
            row.segments,
            int(row.money or 0),
            row.uncharged,
        )
        for row in connection.execute(query)
    }
