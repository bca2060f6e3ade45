"""Reports: what callers say is wrong, taken on by an agent, read, and closed."""

from enum import StrEnum

from flask import Response, abort, make_response, request

from console.calls.calls import mask, spoken
from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, shown, tell
from models import report_queue
from models.agents import Role
from models.audit import append
from models.reports import Matter, Received


class Closing(StrEnum):
    """What came of a report."""

    SOLVED = "solved"
    PASSED_ON = "passed_on"
    KNOWN = "known"
    UNFOUNDED = "unfounded"


KEYS = dict(zip(Closing, "1234", strict=True))
"""The key of each."""

_SHOWN = 3
"""Digits of a number that are shown."""

pages = Pages("reports")


@pages.page("/reports", Role.AGENT, menu="reports.title")
def reports() -> str:
    """List open reports: of money first, then the oldest."""
    with desk().reading() as connection:
        waiting = report_queue.in_queue(connection)
    return shown("calls/reports.html", waiting=waiting, centre=_centre, spoken=spoken())


@pages.page("/reports/<int:report_id>/take", Role.AGENT, methods=["POST"])
def take(report_id: int) -> Response:
    """Take a report on, for one agent alone."""
    with desk().writing() as connection:
        taken = report_queue.take(connection, report_id, current().id)
        if taken:
            append(connection, current().account, "reports take", report=report_id)
    if not taken:
        tell("reports.taken_already", kind="fault")
        return gone("reports.reports")
    return gone("reports.report", report_id=report_id)


@pages.page("/reports/<int:report_id>", Role.AGENT)
def report(report_id: int) -> str:
    """Show a report that the agent has taken."""
    return _page(_mine(report_id))


@pages.page("/reports/<int:report_id>/close", Role.AGENT, methods=["POST"])
def close(report_id: int) -> Response:
    """Close a report with what came of it; those of lacking documents are their centre's."""
    mine, given = _mine(report_id), request.form.get("outcome", "")
    if mine.matter is Matter.NOT_THERE:
        abort(403)
    if given not in set(Closing):
        return make_response(_page(mine, fault="no_outcome"), 422)
    with desk().writing() as connection:
        if report_queue.settle(connection, report_id, current().id, given):
            append(
                connection, current().account, "reports close", report=report_id, outcome=given
            )
    tell("reports.closed")
    return gone("reports.reports")


def _mine(report_id: int) -> Received:
    """Give a report that the agent has taken; any other is not there (404)."""
    with desk().reading() as connection:
        found = report_queue.taken_by(connection, desk().line.keys, report_id, current().id)
    return found or abort(404)


def _page(one: Received, fault: str = "") -> str:
    return shown(
        "calls/report.html",
        report=one,
        centre=_centre(one.centre_code),
        wanted=_centre(one.wanted),
        number=f"..{one.number[-_SHOWN:]}" if one.number else "",
        mask=mask,
        closings=KEYS,
        may_close=one.matter is not Matter.NOT_THERE,
        fault=fault,
    )


def _centre(code: str) -> str:
    """Name a centre, or a county; empty where there is none."""
    directory = desk().line.watch.directory
    if found := directory.centre(code):
        return found.short_name
    county = directory.county(code)
    return county.name if county else code
