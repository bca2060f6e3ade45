"""A console at which a lot has happened: something stands on every page of it."""

from datetime import UTC, datetime

from flask import Flask

from menus.line import Line
from menus.wishes import CallMeBack, Complain, Rate, grant
from models import jobs
from models.agents import Role
from models.reports import Matter, Report
from models.uploads import Uploads
from tests.commands.campaign_set import load, ready
from tests.conftest import desk_of, line_of
from tests.console import past
from tests.console.desk import post, sign_in
from tests.console.officer import Officer
from tests.console.test_calls import begin, press
from tests.console.test_wordings import approve, proposed
from tests.jobs import BAD, GOOD, HEADER, begun, done
from tests.world import notify, put, report_not_there

CALLER, OTHER = "+254711000100", "+254722000200"


def busy(app: Flask) -> dict[str, str]:
    """Let a lot have happened; give what stands in the addresses of pages.

    Returns:
        For a part of a route, or for a whole route where it is one of its own, what is there.
    """
    line = line_of(app)
    _write_past(line)
    return {
        **_call(app, line),
        **_centre(app),
        **_jobs(app, line),
        **_words(app, line),
        "agent": "1",
    }


def _write_past(line: Line) -> None:
    """Let days have passed, and people have asked for things."""
    put(line, "id_card", "12345678", "ready")
    put(line, "id_card", "23456789", "coming", "042-01")
    past.fill(line, line.country.day(datetime.now(UTC)), 35)
    notify(line, "48213", "2026-11-20", [CALLER])
    money = Report(
        Matter.MONEY, "en", (), "12345678", words="A guard at the door asked for 500."
    )
    wishes = (
        CallMeBack("sw", "not_found"),
        Complain(money),
        Rate("047-01", 2),
    )
    for phone in (CALLER, OTHER):
        assert grant(line.database, line.keys, line.country, phone, wishes, 5.0)


def _call(app: Flask, line: Line) -> dict[str, str]:
    """Take a report and a call; the call stays open at an answer."""
    client = app.test_client()
    sign_in(client, line, Role.AGENT)
    post(client, "/console/reports/1/take")
    call = begin(client, CALLER)
    press(client, call, "12345678")
    return {"call_id": call.rpartition("/")[2], "report_id": "1"}


def _centre(app: Flask) -> dict[str, str]:
    """Receive one box, open another, begin a stock-take, and hand a document over."""
    officer = Officer(app)
    closed = officer.receive("30000001", "30000002", "30000003")
    box = officer.open_box("30000011", "30000012", "30000013")
    officer.scan(f"/boxes/{box}", "30000011", "30000012", "39999999", "30000011", "12")
    taken = officer.made("/stock-takes", kind="driving_licence")
    officer.scan(f"/stock-takes/{taken}", "30000001", "38888888")
    report_not_there(officer.line, "30000002", CALLER)
    report_not_there(officer.line, "30000002", OTHER)
    return {"box": str(box), "/console/boxes/<int:box>/undo": str(closed), "taken": str(taken)}


def _jobs(app: Flask, line: Line) -> dict[str, str]:
    """Try a list of which a row is refused, and count one campaign beside another that goes."""
    uploads = Uploads(desk_of(app).var_dir / "uploads", line.keys)
    owners = [ready(line, str(20_123_460 + nth), f"+25471198765{nth}") for nth in range(3)]
    load(line, owners)
    nudge = begun(line, uploads)
    done(app, nudge)
    with line.database.working() as connection:
        jobs.go_on(connection, nudge)
    done(app, nudge)
    planned = begun(line, uploads, name="second")
    done(app, planned)
    imported = begun(line, uploads, HEADER + GOOD + BAD)
    done(app, imported)
    return {
        "job": str(imported),
        "/console/campaigns/plans/<int:job>": str(planned),
        "name": "nudge",
    }


def _words(app: Flask, line: Line) -> dict[str, str]:
    """Change a text of the line, and propose another change of it."""
    author, other = app.test_client(), app.test_client()
    sign_in(author, line, Role.ADMINISTRATOR, "wanjiru")
    sign_in(other, line, Role.ADMINISTRATOR, "otieno")
    approve(other, proposed(line, author))
    return {"part": "screens.ready", "wording": str(proposed(line, author, "Which paper?"))}
