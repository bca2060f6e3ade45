"""Imports: a centre's list, sent from a page, tried, and loaded."""

import csv
from itertools import islice

from flask import Response, abort, make_response, request, send_file

from console.desk import desk
from console.office import jobs
from console.pages import READ_BY, Pages
from console.parts import gone, say, shown
from models.agents import Role
from models.centres import Centre, every_centre
from models.documents import State
from models.jobs import Busy, Job, Work, latest
from models.numbers import Kind
from models.uploads import LARGEST, Incoming

_BESIDE = 64 * 1024
"""Octets of a form beside the list that it brings."""

_SHOWN = 50
"""Refused rows on the page; the report has all."""

pages = Pages("imports")


@pages.page("/imports", Role.ADMINISTRATOR, menu="imports.title")
def imports() -> str:
    """List the latest imports, and ask for a list."""
    jobs.sweep()
    return _listed()


@pages.page("/imports", Role.ADMINISTRATOR, methods=["POST"])
def send() -> Response:
    """Take a list in, and let a process try it."""
    incoming = _incoming()
    asked = {name: request.form.get(name, "") for name in ("centre", "kind", "state")}
    known: dict[str, set[str]] = {
        "centre": {one.code for one in _centres()},
        "kind": {*Kind},
        "state": {*State},
    }
    if any(text and text not in known[name] for name, text in asked.items()):
        return make_response(_listed(say("imports.unknown")), 422)
    if incoming is None:
        return make_response(_listed(say("imports.no_file")), 422)
    try:
        return gone("imports.job", job=jobs.begin(Work.IMPORT, asked, incoming))
    except Busy:
        return make_response(_listed(say("jobs.busy")), 409)


@pages.page("/imports/<int:job>", Role.ADMINISTRATOR)
def job(job: int) -> str:
    """Show an import: how far it is, what it would do, or what it did."""
    return _shown(jobs.found_or_404(job, Work.IMPORT))


@pages.page("/imports/<int:job>/start", Role.ADMINISTRATOR, methods=["POST"])
def start(job: int) -> Response:
    """Load what was tried; without its refused rows where that is ticked."""
    found = jobs.found_or_404(job, Work.IMPORT)
    refused = found.outcome.get("refused", 0)
    if refused and request.form.get("leave_out") != str(refused):
        return make_response(_shown(found, say("imports.not_ticked")), 422)
    jobs.go_on(found)
    return gone("imports.job", job=job)


@pages.page("/imports/<int:job>/refused.csv", Role.ADMINISTRATOR)
def refused(job: int) -> Response:
    """Give the report of the refused rows: line, column and reason, and no cell of them."""
    report = jobs.uploads().report(jobs.found_or_404(job, Work.IMPORT).file)
    if not report.is_file():
        abort(404)
    name = f"refused-rows-{job}.csv"
    return send_file(report, mimetype="text/csv", as_attachment=True, download_name=name)


def _receive() -> None:
    """Let the form bring a list, which goes to disk sealed as it comes."""
    request.max_content_length = LARGEST + _BESIDE
    request._get_file_stream = _begin  # type: ignore[method-assign, assignment] # one request's


READ_BY[send] = _receive


def _begin(*_told: object, **_more: object) -> Incoming:
    """Begin to take in one file of the form; what it is called is not kept."""
    return jobs.receive()


def _incoming() -> Incoming | None:
    """Give the list that the form brought; None where it brought none, or an empty one."""
    came = request.files.get("list")
    stream = came.stream if came else None
    return stream if isinstance(stream, Incoming) and stream.size else None


def _listed(fault: str = "") -> str:
    with desk().reading() as connection:
        known = latest(connection, Work.IMPORT)
    return shown(
        "imports/list.html",
        known=known,
        centres=[(one.code, one.short_name) for one in _centres()],
        kinds=[(one, say(f"imports.kind_{one}")) for one in Kind],
        states=[(one, say(f"imports.state_{one}")) for one in State],
        most=LARGEST // 1024**2,
        fault=fault,
    )


def _shown(job: Job, fault: str = "") -> str:
    report = jobs.uploads().report(job.file)
    rows = []
    if report.is_file() and not job.is_under_way:
        with report.open(encoding="utf-8", newline="") as opened:
            rows = list(islice(csv.reader(opened), 1, _SHOWN + 1))
    done, of = jobs.uploads().progress(job.file)
    return shown(
        "imports/job.html",
        job=job,
        rows=rows,
        centres={one.code: one.short_name for one in _centres()},
        done=done,
        of=of,
        fault=fault,
    )


def _centres() -> list[Centre]:
    with desk().reading() as connection:
        return every_centre(connection)
