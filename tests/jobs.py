"""Jobs as pages begin them and processes do them, without either."""

from flask import Flask

from menus.line import Line
from models import jobs
from models.campaigns import Choice
from models.jobs import Job, Work
from models.uploads import Uploads
from tests.conftest import line_of

HEADER = "kind,number,centre,state,received_on,phone\n"
GOOD = "id_card,20123456,047-01,ready,2026-09-28,0711987654\n"
BAD = "id_card,20123457,047-01,lost,2026-09-28,0711987655\n"
UNSAID = {"centre": "", "kind": "", "state": ""}
NUDGE = {"name": "nudge", "choice": Choice(days=30).written()}


def begun(line: Line, uploads: Uploads, text: str = "", **asked: str) -> int:
    """Begin a job: an import of a list, or a campaign where there is none."""
    incoming = uploads.receive()
    incoming.write(text.encode())
    incoming.seek(0)
    work = Work.IMPORT if text else Work.CAMPAIGN
    with line.database.working() as connection:
        said = {**(UNSAID if text else NUDGE), **asked}
        its_id = jobs.begin(connection, work, "amina", incoming.name, said, incoming.digest)
    incoming.kept = True
    incoming.close()
    return its_id


def done(app: Flask, job_id: int) -> Job:
    """Do a job as the process does, and give what came of it."""
    app.test_cli_runner().invoke(args=["jobs", "do", str(job_id)])
    return found(line_of(app), job_id)


def found(line: Line, job_id: int) -> Job:
    with line.database.working() as connection:
        job = jobs.find(connection, job_id)
    assert job
    return job
