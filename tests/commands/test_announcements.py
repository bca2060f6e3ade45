"""`flask announce`: announcements published, listed and withdrawn, and what callers see."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from commands.announcements import DEMONSTRATION
from menus.line import Line
from models import announcements
from models.announcements import CENTRE_TEXT, CODE, TEXT, Announcement
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.dialogue import Dialogue
from tests.servers import RedisServer

NONE = "CON No announcements now."
GOOD = """
[[announcements]]
code = "holiday"
since = 2026-10-01
until = 2026-10-20
as_of = 2026-09-30
source = "A notice of the centres"
text.en = "Centres are closed on 20 October."
text.sw = "Vituo vimefungwa tarehe 20 Oktoba."
"""
OF_KISUMU = """
[[announcements]]
code = "kisumu-lift"
since = 2026-10-01
centre = "042-01"
source = "The centre's manager"
text.en = "The lift is out of order."
text.sw = "Lifti haifanyi kazi."
"""


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on a Monday of October."""
    return open_app(database_url, redis.url, Dialogue("Monday").clock)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def announce(app: Flask) -> Callable[..., Result]:
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["announce", *map(str, arguments)])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_one(text: str) -> Path:
        file = tmp_path / "announcements.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write_one


def published(line: Line) -> dict[str, Announcement]:
    with line.database.working() as connection:
        return {one.code: one for one in announcements.every(connection)}


def news(app: Flask, *keys: str) -> str:
    """Give the page of news as a caller sees it once the line has looked."""
    line_of(app).watch.look()
    return Caller(app.test_client()).keys("98", "6", *keys)


def all_news(app: Flask) -> str:
    """Give every page of the news together."""
    return "\n".join(news(app, *["98"] * more) for more in range(12))


# Publishing.


def test_the_demonstrations_announcements_are_published(
    announce: Callable[..., Result], line: Line
) -> None:
    result = announce(DEMONSTRATION)

    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "number-1919: published",
            "backlog-2024-01: published",
            "centre-53: published",
            "court-desks: published",
            "police-training: published",
        ],
    )
    assert len(published(line)) == 5


def test_an_announcement_is_kept_whole(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD))

    assert published(line)["holiday"] == Announcement(
        code="holiday",
        since=date(2026, 10, 1),
        until=date(2026, 10, 20),
        as_of=date(2026, 9, 30),
        texts={
            "en": "Centres are closed on 20 October.",
            "sw": "Vituo vimefungwa tarehe 20 Oktoba.",
        },
        source="A notice of the centres",
    )


def test_an_announcement_published_again_takes_the_place_of_the_first(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD))
    announce(write(GOOD.replace("closed", "open").replace("until = 2026-10-20\n", "")))
    kept = published(line)["holiday"]

    assert kept.until is None
    assert kept.texts["en"] == "Centres are open on 20 October."


def test_letters_that_phones_lack_are_folded(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD.replace("Centres are", "Centres \u2013 all \u2013 are")))

    assert published(line)["holiday"].texts["en"] == "Centres - all - are closed on 20 October."


# What callers see.


def test_where_nothing_is_announced_callers_are_told_so(app: Flask) -> None:
    assert news(app).startswith(NONE)


def test_a_caller_sees_an_announcement_once_the_line_has_looked(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD))
    before = Caller(app.test_client()).keys("98", "6")

    assert before.startswith(NONE)
    assert news(app).startswith("CON 30 Sep 2026: Centres are closed on 20 October.\n")


def test_a_caller_sees_an_announcement_in_their_own_language(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD))
    line_of(app).watch.look()

    assert (
        Caller(app.test_client())
        .keys("8", "98", "6")
        .startswith("CON 30/09/26: Vituo vimefungwa tarehe 20 Oktoba.\n")
    )


def test_an_announcement_without_a_day_of_its_facts_is_told_without_one(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD.replace("as_of = 2026-09-30\n", "")))

    assert news(app).startswith("CON Centres are closed on 20 October.\n")


@pytest.mark.parametrize(
    ("since", "until", "shown"),
    [
        ("2026-10-05", "2026-10-05", True),
        ("2026-10-01", None, True),
        ("2026-10-06", "2026-10-20", False),
        ("2026-09-01", "2026-10-04", False),
    ],
    ids=["today alone", "until further notice", "from tomorrow", "until yesterday"],
)
def test_an_announcement_is_shown_from_its_first_day_to_its_last(
    since: str,
    until: str | None,
    shown: bool,
    app: Flask,
    announce: Callable[..., Result],
    write: Callable[[str], Path],
) -> None:
    last = f"until = {until}\n" if until else ""
    text = GOOD.replace("since = 2026-10-01", f"since = {since}")
    result = announce(write(text.replace("until = 2026-10-20\n", last)))

    assert result.exit_code == 0
    assert ("Centres are closed" in news(app)) == shown


def test_an_announcement_that_expires_is_gone_without_a_look(
    open_app: Open, sqlite_url: str, redis: RedisServer, write: Callable[[str], Path]
) -> None:
    dialogue = Dialogue("The last day", given=["now 2026-10-20 23:59"])
    app = open_app(sqlite_url, redis.url, lambda: dialogue.clock())
    assert app.test_cli_runner().invoke(args=["announce", str(write(GOOD))]).exit_code == 0
    before = news(app)
    dialogue.given = ["now 2026-10-21 00:00"]
    after = Caller(app.test_client()).keys("98", "6")

    assert before.startswith("CON 30 Sep 2026: Centres are closed")
    assert after.startswith(NONE)


def test_of_the_demonstrations_announcements_the_ones_of_2024_that_ended_are_not_shown(
    app: Flask, announce: Callable[..., Result]
) -> None:
    announce(DEMONSTRATION)
    shown = all_news(app)

    assert "226,247 documents" in shown
    assert "Makutano, Laikipia East" in shown
    assert "Police officers" not in shown


def test_the_newest_announcement_comes_first(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(DEMONSTRATION)
    announce(write(GOOD))

    assert news(app).startswith("CON 30 Sep 2026: Centres are closed on 20 October.")


def test_a_centres_own_announcement_is_shown_on_its_own_page_only(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD + OF_KISUMU))
    everybodys = all_news(app)
    kisumu, thika = (
        Caller(app.test_client()).keys("2", county)
        + Caller(app.test_client()).keys("2", county, "98")
        for county in ("42", "22")
    )

    assert "The lift is out of order." in kisumu
    assert "The lift is out of order." not in thika
    assert "The lift is out of order." not in everybodys
    assert "Centres are closed" not in kisumu


def test_a_centres_announcement_is_not_texted_with_its_details(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(OF_KISUMU))
    line_of(app).watch.look()

    assert Caller(app.test_client()).keys("2", "42", "1").startswith("CON We will text you")


# Listing and withdrawing.


def test_nothing_published_is_listed_as_nothing(announce: Callable[..., Result]) -> None:
    result = announce()

    assert (result.exit_code, result.output) == (0, "")


def test_what_is_published_is_listed_with_its_days(
    announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD + OF_KISUMU))

    assert announce().output.splitlines() == [
        "holiday: 2026-10-01 to 2026-10-20",
        "kisumu-lift: 2026-10-01 to further notice",
    ]


def test_an_announcement_that_was_withdrawn_is_shown_no_longer(
    app: Flask, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    announce(write(GOOD))
    before = news(app)
    result = announce("--withdraw", "holiday")

    assert before.startswith("CON 30 Sep 2026: Centres are closed")
    assert (result.exit_code, result.output) == (0, "holiday: withdrawn\n")
    assert news(app).startswith(NONE)
    assert announce().output == ""


def test_withdrawing_what_is_not_there_says_so(announce: Callable[..., Result]) -> None:
    assert announce("--withdraw", "parking").output == ("parking: there is none of that code\n")


def test_one_is_withdrawn_and_another_published_at_once(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD))
    announce(write(OF_KISUMU), "--withdraw", "holiday")

    assert list(published(line)) == ["kisumu-lift"]


# Faults.


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('code = "holiday"\n', "", "an announcement without a code: code is not of 1 to"),
        ("holiday", "x" * (CODE + 1), f"code is not of 1 to {CODE} letters"),
        ("since = 2026-10-01\n", "", "holiday: since is not a day, as 2026-09-30 is"),
        ("since = 2026-10-01", 'since = "2026-10-01"', "holiday: since is not a day"),
        ("since = 2026-10-01", "since = 2026-10-01T10:00:00", "holiday: since is not a day"),
        ("until = 2026-10-20", "until = 2026", "holiday: until is not a day"),
        ("until = 2026-10-20", "until = 2026-09-30", "holiday: until is before since"),
        ("as_of = 2026-09-30", 'as_of = "yesterday"', "holiday: as_of is not a day"),
        ("source =", "sauce =", "holiday: sauce is not known here"),
        ('source = "A notice of the centres"\n', "", "holiday: source is not given"),
        ("as_of =", 'centre = "042-99"\nas_of =', "holiday: centre is none that is known"),
        ('text.sw = "Vituo vimefungwa tarehe 20 Oktoba."', "", "holiday: text.sw is not given"),
        ('"Vituo vimefungwa tarehe 20 Oktoba."', '" "', "holiday: text.sw is not given"),
        ("text.sw", "text.fr", "holiday: text.fr is in a language that the line does not"),
        ("Centres are", "x" * TEXT, f"holiday: text.en takes {TEXT + 22} of {TEXT} septets"),
        ("Centres are", "Centres\\nare", "holiday: text.en has more than one line"),
        ("Centres are", "Centres \\u0000", "holiday: text.en has"),
        ("Centres are", "Centres \U0001f64f", "holiday: text.en has \U0001f64f, which phones"),
    ],
)
def test_a_fault_is_named_and_nothing_is_published(
    old: str,
    new: str,
    fault: str,
    announce: Callable[..., Result],
    write: Callable[[str], Path],
    line: Line,
) -> None:
    assert old in GOOD
    result = announce(write(GOOD.replace(old, new) + OF_KISUMU))

    assert result.exit_code == 1
    assert fault in result.output
    assert published(line) == {}


def test_a_centres_announcement_has_less_room(
    announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    text = "x" * (CENTRE_TEXT + 1)
    result = announce(write(OF_KISUMU.replace("The lift is out of order.", text)))

    assert f"kisumu-lift: text.en takes {CENTRE_TEXT + 1} of {CENTRE_TEXT}" in result.output


def test_every_fault_is_listed_at_once_and_nothing_is_published(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    bad = GOOD.replace("until = 2026-10-20", "until = 2026-09-01").replace("text.sw", "text.fr")
    bad += OF_KISUMU.replace("042-01", "042-99").replace("since = 2026-10-01\n", "")
    result = announce(write(GOOD.replace("holiday", "first") + bad))

    assert result.exit_code == 1
    assert [one.removeprefix("Error: ") for one in result.output.splitlines()] == [
        "holiday: until is before since",
        "holiday: text.fr is in a language that the line does not speak",
        "holiday: text.sw is not given",
        "kisumu-lift: since is not a day, as 2026-09-30 is",
        "kisumu-lift: centre is none that is known",
    ]
    assert published(line) == {}


def test_faults_leave_what_was_published(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD))
    before = published(line)
    announce(write(GOOD.replace("closed", "open") + OF_KISUMU.replace("042-01", "042-99")))

    assert published(line) == before


def test_what_is_withdrawn_beside_a_file_with_faults_stays(
    announce: Callable[..., Result], write: Callable[[str], Path], line: Line
) -> None:
    announce(write(GOOD))
    result = announce(write(OF_KISUMU.replace("042-01", "042-99")), "--withdraw", "holiday")

    assert result.exit_code == 1
    assert list(published(line)) == ["holiday"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "announcements.toml: no [[announcements]]"),
        ("announcements = []", "announcements.toml: no [[announcements]]"),
        ("[[announcements", "announcements.toml cannot be read: "),
        ("announcements = 7", "announcements.toml"),
        ("[announcements]\ncode = 'one'", "announcements.toml"),
        (GOOD.replace('text.en = "C', 'text = "C').replace("text.sw", "# "), "holiday: text"),
        (GOOD + GOOD, "holiday"),
    ],
    ids=["empty", "none", "no toml", "a number", "a table", "one text", "twice"],
)
def test_a_file_of_another_shape_is_refused_with_a_word(
    text: str, fault: str, announce: Callable[..., Result], write: Callable[[str], Path]
) -> None:
    result = announce(write(text))

    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert result.output.startswith("Error: ")
    assert fault in result.output


def test_bytes_that_are_no_text_are_refused_with_a_word(
    announce: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "announcements.toml"
    file.write_bytes(b"\xff\xfe\x00")
    result = announce(file)

    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert "announcements.toml cannot be read" in result.output


def test_a_file_that_is_not_there_is_refused(announce: Callable[..., Result]) -> None:
    result = announce("nowhere.toml")

    assert result.exit_code == 2
    assert "nowhere.toml" in result.output
