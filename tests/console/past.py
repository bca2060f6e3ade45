"""A past for supervisors' pages: small, and every figure of it known."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from menus.line import Line
from models.documents import State
from models.lookups import Channel, Outcome
from models.numbers import Kind
from models.outbox import Delivery, Priority
from models.reports import Matter
from models.summaries import days
from models.summaries.documents import AGES, DOCUMENTS
from models.summaries.flows import FLOWS
from models.summaries.lookups import LOOKUPS
from models.summaries.ratings import RATINGS
from models.summaries.reports import REPORTS
from models.summaries.sessions import SESSIONS
from models.summaries.summary import Summary
from models.summaries.texts import TEXTS
from models.summaries.times import TIMES
from models.summaries.ways import OUTSIDE, WAYS

WALK = (
    (OUTSIDE, "home", 1_000),
    (OUTSIDE, "ready", 60),
    ("home", "home", 40),
    ("home", "documents", 500),
    ("home", "ready", 100),
    ("home", "not_found", 80),
    ("home", "help", 70),
    ("home", "find_centre", 50),
    ("documents", "ask_id_card", 300),
    ("documents", "ask_birth_certificate", 80),
    ("documents", "home", 20),
    ("ask_id_card", "ready", 150),
    ("ask_id_card", "not_found", 60),
    ("ask_birth_certificate", "not_found", 70),
    ("ready", "texted", 120),
    ("not_found", "documents", 30),
    ("find_centre", "centre", 40),
    ("not_found", "budget_spent", 10),
    ("budget_spent", OUTSIDE, 10),
)
"""What a day's callers do: from 1,000 who come to the first page 220 give up there, and 130 of
the 530 who come to the choice of a document; 90 of 300 before an ID number."""

_Counts = Mapping[tuple[object, ...], Sequence[int]]

COUNTED: Mapping[Summary, _Counts] = {
    SESSIONS: {
        (hour, network, channel, language): (count, 4 * count, count // 10)
        for hour, times in ((8, 5), (9, 8), (12, 4), (17, 3))
        for network, channel, language, part in (
            ("63902", Channel.USSD, "sw", 30),
            ("63902", Channel.USSD, "en", 12),
            ("63903", Channel.USSD, "sw", 7),
            ("", Channel.SMS, "en", 3),
            ("", Channel.CONSOLE, "sw", 1),
        )
        for count in (part * times,)
    },
    TIMES: {
        (hour, Channel.USSD, bound): (hops,)
        for hour in (8, 9, 12, 17)
        for bound, hops in ((2, 10), (5, 700), (10, 200), (20, 60), (100, 25), (500, 5))
    },
    WAYS: {(Channel.USSD, "sw", before, after): (hops,) for before, after, hops in WALK},
    DOCUMENTS: {
        (centre, kind, State.READY, age): (many // (1 + nth),)
        for centre, many in (("047-01", 900), ("001-01", 400), ("031-02", 90))
        for kind in Kind
        for nth, age in enumerate(AGES)
    },
    FLOWS: {
        (centre, kind): (20, 0, 16, 6, 1) for centre in ("047-01", "001-01") for kind in Kind
    },
    TEXTS: {
        (Priority.ANSWER, Delivery.DELIVERED): (400, 400, 3_200_000, 0),
        (Priority.ANSWER, Delivery.SENT): (40, 40, 0, 40),
        (Priority.NOTICE, Delivery.DELIVERED): (90, 90, 720_000, 0),
        (Priority.NOTICE, Delivery.FAILED): (5, 0, 0, 0),
    },
    LOOKUPS: {
        (Channel.USSD, Outcome.FOUND): (310, 250),
        (Channel.USSD, Outcome.UNKNOWN): (180, 150),
        (Channel.SMS, Outcome.SPENT): (10, 0),
    },
    RATINGS: {
        (centre, mark): (many,)
        for centre, marks in (("047-01", (9, 4, 2)), ("001-01", (3, 3, 4)))
        for mark, many in enumerate(marks, 1)
    },
    REPORTS: {
        (Matter.MONEY, "047-01", Kind.ID_CARD): (2,),
        (Matter.NOT_THERE, "001-01", Kind.ID_CARD): (3,),
        (Matter.OTHER, "", ""): (1,),
    },
}
"""What a day came to, by summary."""


def fill(line: Line, last: date, length: int = 30) -> None:
    """Let days have passed, all of them alike."""
    with line.database.working() as connection:
        for nth in range(length):
            day = last - timedelta(days=nth)
            for summary, counts in COUNTED.items():
                summary.add(connection, {(day, *key): n for key, n in counts.items()})
            days.note(connection, day, line.clock(), pictured=True)
