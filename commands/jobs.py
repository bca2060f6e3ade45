"""`flask jobs`: what administrators start from pages, done in a process of its own."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from commands.imports import Loaded, Refused, Wanted, load_file
from commands.keys import move_phones
from commands.line import line
from commands.progress import Heard
from menus.campaigns import Tally, plan, queue
from menus.line import Line
from models import jobs
from models.audit import append
from models.base import Connection
from models.campaigns import OtherChoice, Stopped, choice_of
from models.importing import AlreadyLoaded
from models.jobs import Job, Stage, Work
from models.lists.columns import Fill
from models.lists.report import write_refusals
from models.lists.vocabulary import Vocabulary
from models.preparing import ProcessEnded
from models.uploads import Damaged, Uploads

COMMAND = AppGroup("jobs", help="What was started from the console's pages.", hidden=True)

_NOTED_SECONDS = 0.5
_CHANGES = 30
"""Kinds of change that a page shows."""

_log = logging.getLogger(__name__)


@COMMAND.command()
@click.argument("job_id", type=int)
@click.option("--nice", default=0, help="By how much others come first.")
def do(job_id: int, nice: int) -> None:
    """Do one job: the console starts this, with the lock of the job's file handed on."""
    os.nice(nice)
    opened = line()
    with opened.database.working() as connection:
        job = jobs.find(connection, job_id)
    if job is None or not job.is_under_way:
        raise click.ClickException("there is no such job under way")
    uploads = Uploads(current_app.config["VAR_DIR"] / "uploads", opened.keys)
    doing = _Doing(opened, job, uploads)
    try:
        {Work.IMPORT: doing.load, Work.CAMPAIGN: doing.remind}[job.work]()
    except Exception:
        _log.exception("a job failed")
        doing.end(Stage.FAILED)
    finally:
        doing.let_go()


@dataclass(frozen=True)
class _Doing:
    """One job being done."""

    line: Line
    job: Job
    uploads: Uploads
    noted: list[float] = field(default_factory=lambda: [0.0])

    @property
    def is_trial(self) -> bool:
        """Whether nothing is to be kept."""
        return self.job.stage is Stage.TRYING

    def load(self) -> None:
        """Load a list, or try to."""
        try:
            with self.uploads.opened(self.job.file, self.job.digest) as path:
                today = self.line.country.day(datetime.now(UTC))
                loaded = load_file(self.line, path, today, self._wanted())
        except AlreadyLoaded:
            self.end(Stage.SAME)
        except Refused as refused:
            write_refusals(self.uploads.report(self.job.file), refused.refusals)
            self.end(Stage.REFUSED, {"refused": len(refused.refusals)})
        except (Damaged, ProcessEnded):
            self.end(Stage.FAILED)
        else:
            write_refusals(self.uploads.report(self.job.file), loaded.refusals)
            if self.is_trial:
                self.end(Stage.TRIED, _outcome(loaded))

    def remind(self) -> None:
        """Queue a campaign's texts, or count them."""
        if self.line.keys.phone.has_older:
            move_phones(self.line)  # an owner is one owner, under one key
        name, choice = self.job.asked["name"], choice_of(self.job.asked["choice"])
        try:
            if self.is_trial:
                self.end(Stage.TRIED, _tallied(plan(self.line, name, choice, self._hear)))
            else:
                queue(self.line, name, choice, self._hear, self._note_queued)
                self.line.bell.ring()
        except OtherChoice:
            self.end(Stage.REFUSED, {"why": "other"})
        except Stopped:
            self.end(Stage.REFUSED, {"why": "stopped"})

    def end(self, stage: Stage, outcome: Mapping[str, Any] | None = None) -> None:
        """Keep what came of it, unless that is kept already."""
        with self.line.database.working() as connection:
            found = jobs.find(connection, self.job.id)
            if found and found.is_under_way:
                jobs.end(connection, self.job.id, stage, outcome)

    def let_go(self) -> None:
        """Remove the list, unless it is to be loaded yet."""
        with self.line.database.working() as connection:
            found = jobs.find(connection, self.job.id)
        if found is None or found.stage is not Stage.TRIED:
            self.uploads.forget(self.job.file)

    def _wanted(self) -> Wanted:
        asked = self.job.asked
        return Wanted(
            Fill(asked["centre"], asked["kind"], asked["state"]),
            Vocabulary.read(current_app.config["REFERENCE_DIR"]),
            leave_out_bad=self.is_trial or bool(self.job.outcome["refused"]),
            dry_run=self.is_trial,
            demonstration=current_app.config["DEMO"],
            who=self.job.account,
            counting=self._counting,
            note=None if self.is_trial else self._note_loaded,
        )

    def _note_loaded(self, connection: Connection, loaded: Loaded) -> None:
        jobs.end(connection, self.job.id, Stage.DONE, _outcome(loaded))

    def _note_queued(self, connection: Connection, campaign_id: int, messages: int) -> None:
        said = {**self.job.outcome, "queued": messages}
        jobs.end(connection, self.job.id, Stage.DONE, said)
        about = {"campaign": campaign_id, "messages": messages}
        append(connection, self.job.account, "campaign queue", **about)

    @contextmanager
    def _counting(self, _what: str, of: int | None) -> Iterator[Heard]:
        yield lambda done: self._hear(done, of or 0)

    def _hear(self, done: int, of: int) -> None:
        """Note now and then how far the job is, where the page can read it."""
        if time.monotonic() - self.noted[0] > _NOTED_SECONDS:
            self.noted[0] = time.monotonic()
            self.uploads.note(self.job.file, done, of)


def _outcome(loaded: Loaded) -> dict[str, Any]:
    """Say what an import did: counts, and which kinds of change, the most frequent first."""
    outcome = loaded.outcome
    counts = {
        name: getattr(outcome, name)
        for name in ("rows", "added", "changed", "confirmed", "same", "elsewhere", "refused")
    }
    changes = [
        [kind, was and [was.state, was.centre_code], [now.state, now.centre_code], times]
        for (kind, was, now), times in outcome.changes.most_common(_CHANGES)
    ]
    more = max(len(outcome.changes) - _CHANGES, 0)
    return {**counts, "told": loaded.told, "changes": changes, "more": more}


def _tallied(tally: Tally) -> dict[str, Any]:
    return {
        "chosen": tally.chosen,
        "told": tally.told,
        "recipients": tally.recipients,
        "segments": tally.segments,
        "languages": dict(tally.languages),
        "examples": tally.examples,
        "skipped": {str(why): count for why, count in tally.skipped.items()},
    }
