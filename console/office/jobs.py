"""Jobs that pages start: a process does each, and the page says how far it is."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Response, abort, g, jsonify

from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, tell
from models import jobs
from models.agents import Role
from models.audit import append
from models.jobs import Busy, Job, Overtaken, Work
from models.uploads import Incoming, Uploads

PAGES = {Work.IMPORT: "imports.job", Work.CAMPAIGN: "campaigns.plan"}
"""Where a job of each work is shown."""

LISTS = {Work.IMPORT: "imports.imports", Work.CAMPAIGN: "campaigns.campaigns"}

_NICENESS = 5
"""By how much callers come before jobs."""

_ENDING_SECONDS = 5
"""How long a process may take to end, once what came of its job is kept."""

_WSGI = Path(__file__).parent.parent.parent / "wsgi.py"

pages = Pages("jobs")


@pages.page("/jobs/<int:job>", Role.ADMINISTRATOR)
def progress(job: int) -> Response:
    """Say how far a job is, for the page's script."""
    found = found_or_404(job)
    done, of = uploads().progress(found.file)
    return jsonify(stage=found.stage, done=done, of=of)


@pages.page("/jobs/<int:job>/cancel", Role.ADMINISTRATOR, methods=["POST"])
def cancel(job: int) -> Response:
    """Give up what was tried; its list is removed at once."""
    found = found_or_404(job)
    try:
        with desk().writing() as connection:
            jobs.drop(connection, job)
            append(connection, current().account, f"{found.work} cancel", job=job)
    except Overtaken:
        tell("jobs.overtaken", "fault")
        return gone(PAGES[found.work], job=job)
    uploads().forget(found.file)
    tell("jobs.cancelled")
    return gone(LISTS[found.work])


def receive() -> Incoming:
    """Begin a file, which goes at the end of the request unless a job is of it by then."""
    incoming = uploads().receive()
    g.setdefault("incoming", []).append(incoming)
    return incoming


@pages.teardown_app_request
def _close(_error: BaseException | None) -> None:
    """Let go of what came in, and remove it where no job is of it."""
    for incoming in g.pop("incoming", ()):
        incoming.close()


def begin(work: Work, asked: Mapping[str, Any], incoming: Incoming) -> int:
    """Let a process try something; give the job's id.

    Args:
        incoming: the list that it is of, whole; empty where it is of none.

    Raises:
        Busy: another job is under way.
    """
    account = current().account
    with desk().writing() as connection:
        its_id = jobs.begin(connection, work, account, incoming.name, asked, incoming.digest)
        append(connection, account, f"{work} try", job=its_id)
    incoming.kept = True
    _run(its_id, incoming.lock)
    return its_id


def go_on(job: Job) -> None:
    """Let a process do what was tried; say on the next page if that is not to be."""
    lock = _lock(job.file)
    if lock is None:
        tell("jobs.overtaken" if uploads().is_here(job.file) else "jobs.not_here", "fault")
        return
    try:
        with desk().writing() as connection:
            jobs.go_on(connection, job.id)
            append(connection, current().account, f"{job.work} start", job=job.id)
        uploads().note(job.file, 0, 0)
        _run(job.id, lock)
    except Overtaken:
        tell("jobs.overtaken", "fault")
    except Busy:
        tell("jobs.busy", "fault")
    finally:
        os.close(lock)


def _lock(file: str) -> int | None:
    """Take a file's lock; the process that tried it may hold it while it ends."""
    until = time.monotonic() + _ENDING_SECONDS
    lock = uploads().locked(file)
    while lock is None and uploads().is_here(file) and time.monotonic() < until:
        time.sleep(0.05)
        lock = uploads().locked(file)
    return lock


def start(job_id: int, lock: int) -> "subprocess.Popen[bytes]":
    """Start the process that does a job. It holds the file's lock for as long as it lives.

    It outlives this one: a restart of the web does not break an import off. It may run on all
    the cores that the web's processes have between them, and not on this one's alone.
    """
    command = [sys.executable, "-m", "flask", "--app", str(_WSGI), "jobs", "do", str(job_id)]
    process = subprocess.Popen(  # noqa: S603 # our own program, and a number of ours
        [*command, "--nice", str(_NICENESS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(lock,),
        start_new_session=True,
    )
    with suppress(ProcessLookupError):
        os.sched_setaffinity(process.pid, os.sched_getaffinity(os.getppid()))
    return process


def _run(job_id: int, lock: int) -> None:
    """Start a job's process, and wait for its end elsewhere."""
    process = start(job_id, lock)
    threading.Thread(target=process.wait, name="job", daemon=True).start()


def uploads() -> Uploads:
    """Give the folder of lists that were sent."""
    return Uploads(desk().var_dir / "uploads", desk().line.keys)


def sweep() -> None:
    """Let go of what nobody works at any more."""
    jobs.sweep(desk().database, uploads())


def found_or_404(job_id: int, work: Work | None = None) -> Job:
    """Give a job as it is now: one whose process has ended is not under way."""
    found = _find(job_id, work)
    if found.is_under_way:
        jobs.settle(desk().database, uploads(), found.file)
        found = _find(job_id, work)
    return found


def _find(job_id: int, work: Work | None) -> Job:
    with desk().reading() as connection:
        found = jobs.find(connection, job_id, work)
    if found is None:
        abort(404)
    return found
