"""Answering what was parked: by a text, looked up and counted as any other question.

A question is answered once, whatever repeats: the text's cause names the phone, what was
asked and the day. Only what is asked again later than a call after its answer is answered
anew: by then it may be another one.
"""

from datetime import datetime

from menus.line import Line
from menus.parked import Question
from menus.queries import Queries
from menus.screens import Finding, Luck
from menus.session import Session
from models import requests
from models.base import STATEMENT_SECONDS, Unavailable
from models.outbox import CALL, causes_to, queue


class Insisting(Queries):
    """Questions that are not told of a database that is away: they are asked again later."""

    def find(self, number: str, kind: str) -> Finding:
        """Look a number up.

        Raises:
            models.base.Unavailable: the database is away.
        """
        finding = super().find(number, kind)
        if finding.luck is Luck.AWAY:
            raise Unavailable
        return finding


def answer(line: Line, question: Question, asked_at: datetime) -> None:
    """Queue the text that answers a parked question, once, in the name of its request.

    Raises:
        models.base.Unavailable: it cannot be looked up now, or not be queued.
    """
    with requests.named(question.request):
        _answer(line, question, asked_at)


def _answer(line: Line, question: Question, asked_at: datetime) -> None:
    phone, day = question.phone, line.country.day(asked_at)
    abouts = [one.hex() for one in line.keys.subjects(question.subject)]
    with line.database.reading() as connection:
        hmacs = line.keys.phone_hmacs(phone)
        told = causes_to(connection, hmacs, [f"parked|{one}|" for one in abouts])
    if any(made_at > asked_at - CALL for made_at in told.values()):
        return
    body = _body(line, question)
    nth = sum(cause.startswith(f"parked|{abouts[0]}|{day}|") for cause in told)
    with line.database.writing() as connection:
        queue(connection, line.keys, f"parked|{abouts[0]}|{day}|{nth}", phone, body)
    line.bell.ring()


def _body(line: Line, question: Question) -> str:
    """Look the number up, within the phone's budget, and write what comes of it."""
    place = line.sessions.place(question.phone)
    loaded = line.sessions.load(place)
    queries = Insisting(line, question.phone, loaded, lambda: STATEMENT_SECONDS)
    queries.channel = question.channel
    base = Session(line.menus.home, language=question.language)
    stepped = line.texts.begin(base, "find", question.said, queries)
    if queries.charges:
        line.sessions.charge(place, queries.charges)
    return stepped.session.page.text
