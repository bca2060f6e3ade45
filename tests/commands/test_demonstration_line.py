"""Facts about the demonstration: all of it loaded, on each database, and asked by dialling."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from commands import demonstration_set
from commands.demonstration_set import COMING, READY
from commands.documents import load_demonstration
from config import BadSettings, Config
from menus.line import Line
from models.centres import every_centre
from models.counties import populations
from models.documents import State, counts
from models.matching import Row
from models.numbers import PRINCIPAL, Kind
from tests.conftest import config, line_of
from tests.servers import PostgresServer, RedisServer

pytestmark = pytest.mark.xdist_group("heavy")

KEYS = {Kind.ID_CARD: "1", Kind.BIRTH_CERTIFICATE: "2", Kind.DRIVING_LICENCE: "3"}
SAMPLES = 20
_phones = itertools.count(700_000_001)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
)
def url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A prepared database for this module, SQLite and then PostgreSQL."""
    if request.param == "sqlite":
        prepared: Path = request.getfixturevalue("prepared_sqlite")
        file = tmp_path_factory.mktemp("demonstration") / "1919.sqlite"
        shutil.copy(prepared, file)
        yield f"sqlite:///{file}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    made = postgres.create(template="prepared")
    yield made
    postgres.drop(made)


@pytest.fixture(scope="module")
def settings(
    url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    return {
        "DEMO": "1",
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "DATABASE_URL": url,
        "REDIS_URL": redis_server.url,
    }


@pytest.fixture(scope="module")
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """The demonstration's line, with all its documents."""
    app = create_app(Config.from_env(settings))
    load_demonstration(line_of(app))
    yield app
    line_of(app).close()


@pytest.fixture(scope="module")
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture(scope="module")
def rows(line: Line) -> list[Row]:
    """What was loaded."""
    with line.database.working() as connection:
        return list(demonstration_set.rows(every_centre(connection), populations(connection)))


def dial(app: Flask, text: str) -> str:
    """Dial with all keys at once, from a phone that nobody used before."""
    phone = next(_phones)
    answer = app.test_client().post(
        "/ussd/africastalking/demo",
        data={
            "sessionId": f"demo-{phone}",
            "phoneNumber": f"+254{phone}",
            "serviceCode": "*1919#",
            "networkCode": "63902",
            "text": text,
        },
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_every_document_is_loaded(line: Line) -> None:
    with line.database.working() as connection:
        counted = counts(connection)

    assert counted == {
        **{(kind, State.READY): number for kind, number in READY.items()},
        **{(kind, State.COMING): number for kind, number in COMING.items()},
    }


def test_it_is_not_loaded_twice(line: Line) -> None:
    assert not load_demonstration(line)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("1*1*12345678", ["CON ID ..678 is READY. Free.", "GPO Nairobi"]),
        ("1*1*23456789", ["CON ID ..789 is not ready yet. It will lie at:", "Thika"]),
        ("1*1*34567890", ["CON No document found for ..890."]),
        ("1*2*0123456789", ["CON Birth cert ..789 is READY. Free.", "Kisumu"]),
        ("1*3*45678901", ["CON Licence ..901 is READY. Free.", "Nakuru"]),
        ("1*1*45678901", ["CON ID ..901 is READY. Free.", "Nakuru"]),
        ("1*1*123456789", ["CON ID ..789 is READY. Free.", "GPO Nairobi"]),
        ("12345678", ["CON ID ..678 is READY. Free.", "GPO Nairobi"]),
        ("45678901", ["CON More than one document. Which one?", "4 ID"]),
        ("1*2*7654321098", ["CON Found in more than one county. Which is yours?"]),
        ("1*2*7654321098*27", ["CON Birth cert ..098 is READY. Free.", "Eldoret"]),
    ],
)
def test_a_number_to_try_is_answered(app: Flask, text: str, lines: list[str]) -> None:
    assert dial(app, text).split("\n")[: len(lines)] == lines


def test_an_answer_is_as_of_the_day_of_the_counts(app: Flask) -> None:
    assert "As of 30 Jan 2024" in dial(app, "1*1*12345678")


@pytest.mark.parametrize("nth", range(SAMPLES))
def test_any_document_of_the_set_is_found(
    app: Flask, line: Line, rows: list[Row], nth: int
) -> None:
    row = rows[len(rows) * nth // SAMPLES + 100]
    with line.database.reading() as connection:
        names = {one.code: one.short_name for one in every_centre(connection)}
    page = dial(app, f"1*{KEYS[row.kind]}*{row.numbers[PRINCIPAL[row.kind]]}")
    head, place, *_ = page.split("\n")

    assert ("is READY" in head, place.split(",")[0]) == (
        row.state is State.READY,
        names[row.centre_code],
    )


def test_the_samples_hold_every_kind(rows: list[Row]) -> None:
    sampled = [rows[len(rows) * nth // SAMPLES + 100] for nth in range(SAMPLES)]

    assert {one.kind for one in sampled} == set(Kind)


def test_the_last_document_of_the_set_is_coming(app: Flask, rows: list[Row]) -> None:
    row = rows[-1]
    page = dial(app, f"1*{KEYS[row.kind]}*{row.numbers[PRINCIPAL[row.kind]]}")

    assert "is not ready yet" in page


def test_a_line_in_service_refuses_to_start_on_it(
    app: Flask, url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    with pytest.raises(BadSettings) as refused:
        create_app(config(url, redis_server.url, tmp_path))

    assert "this database holds demonstration documents" in refused.value.message


def test_the_demonstration_starts_on_it_again(app: Flask, settings: dict[str, str]) -> None:
    again = create_app(Config.from_env(settings))
    page = dial(again, "1*1*12345678")
    line_of(again).close()

    assert "is READY" in page
