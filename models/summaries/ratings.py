"""How people say that they were served, by day, centre and mark."""

from datetime import date

from sqlalchemy import Column, Connection, SmallInteger, String, func, select

from models.ratings import ratings
from models.summaries.summary import Summary

RATINGS = Summary(
    "ratings",
    keys=(
        Column("centre_code", String(8)),
        Column("mark", SmallInteger, autoincrement=False),
    ),
    counts=("ratings",),
)
"""`mark` is one of `models.ratings.MARKS`, 1 the best."""


def count(connection: Connection, day: date) -> dict[tuple[str, int], tuple[int]]:
    """Count a day's marks, from the rows themselves."""
    keys = (ratings.c.centre_code, ratings.c.mark)
    query = select(*keys, func.count()).where(ratings.c.day == day).group_by(*keys)
    return {(centre, mark): (n,) for centre, mark, n in connection.execute(query)}
