"""The made-up past that supervisors' pages are measured on: whole, and the same every time."""

from datetime import date

from sqlalchemy import func, select

from bench.history import fill
from models.base import Database
from models.country import kenya
from models.documents import documents
from models.finished import finished
from models.summaries.documents import standing
from models.summaries.refresh import refresh
from models.summaries.span import Span
from models.summaries.week import week
from models.summaries.whole_day import WholeDay

LAST = date(2026, 11, 11)


def test_a_past_is_made_up_and_can_be_read(database_url: str) -> None:
    database = Database(database_url)
    database.open()
    span = fill(database, LAST, days=2, sessions=50, documents=40)
    with database.working() as connection:
        kept = connection.scalar(select(func.count()).select_from(finished))
        lying = connection.scalar(select(func.count()).select_from(documents))
        told = week(connection, date(2026, 11, 9), LAST)
    refresh(database, kenya(), WholeDay.of(LAST, kenya()).start, [LAST])
    with database.working() as connection:
        counted = standing(connection, LAST, ())
    database.close()

    assert span == Span(date(2026, 11, 10), LAST)
    assert (kept, lying) == (50, 40)
    assert told.this.missing == (date(2026, 11, 9),)
    assert [row.documents for row in counted] == [40]
