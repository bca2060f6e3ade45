"""What callers reported as wrong, by day, matter, centre and kind of document."""

from datetime import date

from sqlalchemy import Column, Connection, String, func, select

from models.documents import documents
from models.reports import reports
from models.summaries.summary import Summary

REPORTS = Summary(
    "reports",
    keys=(
        Column("matter", String(10)),
        Column("centre_code", String(8)),
        Column("kind", String(20)),
    ),
    counts=("reports",),
)
"""`matter` is one of `models.reports.Matter`; centre and kind are empty where a report names
no document and no centre. A report of two documents counts for each."""


def count(connection: Connection, day: date) -> dict[tuple[str, str, str], tuple[int]]:
    """Count a day's reports, from the rows themselves."""
    centre = func.coalesce(reports.c.centre_code, documents.c.centre_code, "").label("centre")
    kind = func.coalesce(documents.c.kind, "").label("of_kind")
    query = (
        select(reports.c.matter, centre, kind, func.count())
        .select_from(reports)
        .outerjoin(documents, documents.c.id == reports.c.document_id)
        .where(reports.c.day == day)
        .group_by(reports.c.matter, "centre", "of_kind")
    )
    return {
        (matter, place, of_kind): (n,)
        for matter, place, of_kind, n in connection.execute(query)
    }
