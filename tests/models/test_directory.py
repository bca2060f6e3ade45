"""Facts about the directory: what is asked of it, and how it is read."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from commands.database import prepare
from models import announcements
from models.announcements import Announcement
from models.base import Database
from models.centres import Centre
from models.desks import COURT, Desk
from models.directory import EMPTY, Directory, read_directory
from models.services import CENTRE_DESK, COURT_DESK, Service, ServiceText, Terms

DAY = date(2026, 9, 30)
ROOT = Path(__file__).parent.parent.parent
NEWS = Announcement(
    code="backlog",
    since=date(2026, 1, 30),
    until=date(2026, 12, 31),
    as_of=date(2026, 1, 30),
    texts={"en": "261,661 documents lie ready.", "sw": "Stakabadhi 261,661 ziko tayari."},
    source="Huduma Kenya, Jan 2026",
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, prepared."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def directory(prepared_sqlite: Path) -> Directory:
    """The directory of the reference data."""
    return directory_of(f"sqlite:///{prepared_sqlite}")


def directory_of(url: str) -> Directory:
    database = Database(url)
    with database.working() as connection:
        found = read_directory(connection)
    database.close()
    return found


def read(database: Database) -> Directory:
    with database.working() as connection:
        return read_directory(connection)


def publish(database: Database, *given: Announcement) -> list[bool]:
    with database.working() as connection:
        return [announcements.publish(connection, one) for one in given]


def words(name: str) -> ServiceText:
    return ServiceText(name, "", "", "", "", "")


# Asking it


def test_a_county_is_found_by_its_code(directory: Directory) -> None:
    county = directory.county("022")

    assert county is not None
    assert (county.name, county.headquarters) == ("Kiambu", "Kiambu")


def test_a_constituency_is_found_by_its_code(directory: Directory) -> None:
    constituency = directory.constituency("290")

    assert constituency is not None
    assert (constituency.name, constituency.county_code) == ("Mathare", "047")


def test_a_centre_is_found_by_its_code(directory: Directory) -> None:
    centre = directory.centre("047-01")

    assert centre is not None
    assert centre.short_name == "GPO Nairobi"


def test_a_centre_tells_its_address(directory: Directory) -> None:
    centre = directory.centre("033-01")

    assert centre is not None
    assert centre.address == "Narok town"


def test_a_planned_centre_says_so(directory: Directory) -> None:
    centre = directory.centre("032-02")

    assert centre is not None
    assert (centre.short_name, centre.planned, centre.constituency_code) == (
        "Molo",
        True,
        "166",
    )


def test_a_service_is_found_by_its_code(directory: Directory) -> None:
    service = directory.service("kra_pin")

    assert service is not None
    assert (service.key, service.desk) == ("12", CENTRE_DESK)


def test_what_is_not_there_is_none(directory: Directory) -> None:
    asked = (directory.county, directory.constituency, directory.centre, directory.service)

    assert [ask("no such code") for ask in asked] == [None] * 4


def test_a_countys_centres_come_by_number(directory: Directory) -> None:
    named = [(one.sequence, one.short_name) for one in directory.centres_of("003")]

    assert named == [(1, "Kilifi"), (2, "Malindi"), (3, "Kaloleni")]


def test_a_tenth_centre_comes_after_the_ninth() -> None:
    centre = Centre("047-100", "Far", "047", "Nairobi", "", "", "", "", False)

    assert centre.sequence == 100


def test_the_services_of_a_desk_come_by_key(directory: Directory) -> None:
    keys = [one.key for one in directory.services_at_desk(CENTRE_DESK)]

    assert keys == [str(key) for key in range(1, 16)]


def test_the_court_desk_has_nine_services(directory: Directory) -> None:
    keys = [one.key for one in directory.services_at_desk(COURT_DESK)]

    assert keys == [str(key) for key in range(1, 10)]


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        (date(2024, 1, 28), False),
        (date(2024, 1, 29), True),
        (DAY, True),
    ],
)
def test_a_desk_stands_since_its_day(directory: Directory, day: date, stands: bool) -> None:
    assert directory.has_desk("022-01", COURT, day) is stands


@pytest.mark.parametrize(("day", "stands"), [(DAY, True), (date(2026, 10, 1), False)])
def test_a_desk_stands_until_its_day(directory: Directory, day: date, stands: bool) -> None:
    closing = Desk("010-01", COURT, date(2026, 1, 1), DAY)

    assert replace(directory, desks=(closing,)).has_desk("010-01", COURT, day) is stands


def test_another_desk_is_another(directory: Directory) -> None:
    assert not directory.has_desk("047-02", "id_first", DAY)


def test_the_centres_with_a_desk_are_listed(directory: Directory) -> None:
    named = [one.short_name for one in directory.centres_with(COURT, DAY)]

    assert named == ["Thika", "GPO Nairobi", "City Square", "Makadara", "Kibra", "Eastleigh"]


def test_a_planned_centre_has_no_desk_yet(directory: Directory) -> None:
    desk = Desk("032-02", COURT, date(2026, 1, 1), None)

    assert replace(directory, desks=(desk,)).centres_with(COURT, DAY) == ()


def test_an_empty_directory_answers() -> None:
    assert (EMPTY.county("047"), EMPTY.centres_of("047"), EMPTY.announcements_on(DAY)) == (
        None,
        (),
        (),
    )


# Terms and words


@pytest.mark.parametrize(
    ("day", "fee"),
    [
        (date(2023, 12, 31), 100),
        (date(2024, 2, 29), 100),
        (date(2024, 3, 1), 1000),
        (date(2025, 10, 30), 1000),
        (date(2025, 10, 31), 0),
        (date(2026, 4, 30), 0),
        (date(2026, 10, 30), 0),
        (date(2026, 10, 31), None),
        (date(2030, 1, 1), None),
    ],
)
def test_the_fee_of_a_lost_id_is_that_of_the_day(
    directory: Directory, day: date, fee: int | None
) -> None:
    terms = terms_of(directory, "id_replacement", day)

    assert terms.fee == fee


@pytest.mark.parametrize(
    ("day", "agency"),
    [
        (date(2024, 9, 30), "National Hospital Insurance Fund (NHIF)"),
        (date(2024, 10, 1), "Social Health Authority (SHA)"),
    ],
)
def test_the_agency_of_health_insurance_is_that_of_the_day(
    directory: Directory, day: date, agency: str
) -> None:
    assert terms_of(directory, "nhif_sha", day).agency == agency


@pytest.mark.parametrize(
    ("code", "fee"),
    [
        ("driving_licence", 3050),
        ("good_conduct", 1050),
        ("id_first", 0),
        ("police_abstract", 0),
    ],
)
def test_the_fees_that_sources_give(directory: Directory, code: str, fee: int) -> None:
    assert terms_of(directory, code, DAY).fee == fee


@pytest.mark.parametrize("code", ["business_permit", "stamp_duty", "tele_counselling", "nssf"])
def test_a_fee_that_no_source_gives_is_none(directory: Directory, code: str) -> None:
    assert terms_of(directory, code, DAY).fee is None


def test_before_the_first_terms_there_are_none(directory: Directory) -> None:
    service = directory.service("id_replacement")

    assert service is not None
    assert service.terms_on(date(2010, 1, 1)) is None


def test_of_terms_that_overlap_the_later_hold() -> None:
    terms = (
        Terms(date(2024, 1, 1), None, "A", 100, "2024"),
        Terms(date(2025, 1, 1), None, "B", 200, "2025"),
    )

    assert Service("x", "1", CENTRE_DESK, "every", "2025", {}, terms).terms_on(DAY) == terms[1]


@pytest.mark.parametrize(("language", "name"), [("en", "Card"), ("sw", "Kadi"), ("ki", "Card")])
def test_words_that_are_missing_are_english(language: str, name: str) -> None:
    texts = {"en": words("Card"), "sw": words("Kadi")}
    service = Service("x", "1", CENTRE_DESK, "every", "2025", texts, ())

    assert service.text(language).name == name


def test_words_that_are_missing_in_english_are_any() -> None:
    service = Service("x", "1", CENTRE_DESK, "every", "2025", {"sw": words("Kadi")}, ())

    assert service.text("ki").name == "Kadi"


def terms_of(directory: Directory, code: str, day: date) -> Terms:
    service = directory.service(code)
    assert service is not None
    terms = service.terms_on(day)
    assert terms is not None
    return terms


# Announcements


def test_an_announcement_is_read_as_it_was_published(database: Database) -> None:
    publish(database, NEWS)

    assert read(database).announcements == (NEWS,)


def test_an_announcement_that_is_new_says_so(database: Database) -> None:
    assert publish(database, NEWS, NEWS) == [True, False]


def test_an_announcement_replaces_the_whole_of_one_with_its_code(database: Database) -> None:
    later = replace(NEWS, since=DAY, until=None, as_of=None, texts={"en": "All is collected."})
    publish(database, NEWS, later)

    assert read(database).announcements == (later,)


def test_an_announcement_without_a_text_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="without a text"):
        publish(database, replace(NEWS, texts={}))


def test_an_announcement_that_is_withdrawn_is_gone(database: Database) -> None:
    publish(database, NEWS)
    with database.working() as connection:
        announcements.withdraw(connection, NEWS.code)

    assert read(database).announcements == ()


def test_withdrawing_says_whether_there_was_one(database: Database) -> None:
    publish(database, NEWS)
    with database.working() as connection:
        told = [announcements.withdraw(connection, NEWS.code) for _ in range(2)]

    assert told == [True, False]


def test_preparing_leaves_announcements_alone(database: Database) -> None:
    publish(database, NEWS)
    prepare(database)

    assert read(database).announcements == (NEWS,)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 1, 29), False),
        (date(2026, 1, 30), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_an_announcement_is_shown_from_a_day_to_a_day(day: date, shown: bool) -> None:
    assert bool(replace(EMPTY, announcements=(NEWS,)).announcements_on(day)) is shown


def test_the_newest_announcement_comes_first() -> None:
    days = (date(2026, 2, 1), date(2026, 3, 1), date(2026, 1, 1))
    given = tuple(replace(NEWS, code=str(day), since=day) for day in days)
    shown = replace(EMPTY, announcements=given).announcements_on(DAY)

    assert [one.since.month for one in shown] == [3, 2, 1]


def test_an_announcement_speaks_the_callers_language() -> None:
    assert [NEWS.text(one) for one in ("sw", "en", "ki")] == [
        NEWS.texts["sw"],
        NEWS.texts["en"],
        NEWS.texts["en"],
    ]


# Reading it


def test_both_databases_give_the_same(sqlite_url: str, postgres_url: str) -> None:
    assert vars(directory_of(sqlite_url)) == vars(directory_of(postgres_url))


def test_both_databases_give_the_same_digest(sqlite_url: str, postgres_url: str) -> None:
    assert directory_of(sqlite_url).digest == directory_of(postgres_url).digest


def test_another_process_gives_the_same_digest(sqlite_url: str) -> None:
    code = """
import sys
from models.base import Database
from models.directory import read_directory
with Database(sys.argv[1]).working() as connection:
    print(read_directory(connection).digest)
"""
    told = subprocess.run(
        [sys.executable, "-c", code, sqlite_url],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == directory_of(sqlite_url).digest


def test_an_announcement_changes_the_digest(database: Database) -> None:
    before = read(database).digest
    publish(database, NEWS)

    assert read(database).digest != before


@pytest.mark.parametrize("part", ["counties", "constituencies", "centres", "services", "desks"])
def test_every_part_counts_in_the_digest(directory: Directory, part: str) -> None:
    shorter = replace(directory, **{part: getattr(directory, part)[1:]})

    assert shorter.digest != directory.digest


def test_it_is_read_in_seven_statements(database: Database) -> None:
    said: list[str] = []
    event.listen(
        database.engines[1],
        "before_cursor_execute",
        lambda *given: said.append(str(given[2])),
    )
    read(database)

    assert len([one for one in said if one.startswith("SELECT")]) == 7


def test_it_is_read_in_15_milliseconds(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.working() as connection:
        took = min(timed(connection) for _ in range(20))
    database.close()

    assert took < 0.015


def timed(connection: Connection) -> float:
    before = time.perf_counter()
    read_directory(connection)
    return time.perf_counter() - before
