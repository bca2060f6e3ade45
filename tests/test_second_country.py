"""A second country runs from data files alone: whole conversations in one that there is not.

`tests/countries.py` writes its folder. Nothing here is set but the environment.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from commands.database import prepare
from menus.words import load
from models.base import Database
from models.reference_data import BadReference, read
from tests.caller import TOKEN, Caller, text
from tests.conftest import LINE_KEYS, Open, inbox, line_of
from tests.countries import (
    CODE,
    COUNTRY,
    KENYAN,
    OTHER_PHONE,
    PHONE,
    REFERENCE,
    ROOT,
    ruritania,
)
from tests.servers import RedisServer
from tests.world import put

MONDAY = datetime(2026, 10, 5, 4, 0, tzinfo=UTC)
"""A quarter to ten in Ruritania, and seven in Nairobi. The day after is Founding Day."""

PRESSED = re.compile(r"^([0-9]{1,2}) ", re.MULTILINE)


@pytest.fixture
def country(tmp_path: Path) -> Path:
    return ruritania(tmp_path / "ruritania")


@pytest.fixture
def settings(country: Path) -> dict[str, str]:
    """All that a second country's line is told beside its stores and keys."""
    return {"COUNTRY_DIR": str(country), "USSD_CODE": CODE, "SMS_SENDER": "1500"}


@pytest.fixture
def database(country: Path, tmp_path: Path) -> str:
    """A database of that country's."""
    database = Database(f"sqlite:///{tmp_path}/second.sqlite")
    prepare(database, country / "reference")
    database.close()
    return f"sqlite:///{tmp_path}/second.sqlite"


@pytest.fixture
def app(open_app: Open, database: str, redis: RedisServer, settings: dict[str, str]) -> Flask:
    """Ruritania's line, on a Monday morning, with one document at Strelsau."""
    app = open_app(database, redis.url, lambda: MONDAY, **settings)
    put(line_of(app), "id_card", "AB 12345", "ready", "11-1")
    return app


def talk(app: Flask, *keys: str, phone: str = PHONE) -> str:
    """Dial and press keys; give the conversation as text."""
    caller = Caller(app.test_client(), phone, CODE)
    pages = [caller.dial(), *map(caller.key, keys)]
    said = zip((CODE, *keys), pages, strict=True)
    return "\n\n".join(f"> {key}\n{page[4:]}" for key, page in said)


def last(app: Flask, *keys: str, phone: str = PHONE) -> str:
    """Dial and press keys; give the last page."""
    return talk(app, *keys, phone=phone).split("\n\n")[-1].partition("\n")[2]


HOME = """\
> *1500#
Amt 1500
Passnummer tippen,
oder wählen:
1 Mein Papier
2 Ämter
3 Dienste
4 Gericht
5 Hilfe
10 Strelsk
98 Mehr
"""


def test_a_document_is_found_by_a_number_as_the_country_writes_it(app: Flask) -> None:
    assert talk(app, "1", "1", "ab 12345", "1") == (
        HOME
        + """
> 1
Welches Papier?
1 Pass
2 Geburtsurkunde
3 Führerschein
4 Nur ein Beleg
0 Zurück 00 Anfang

> 1
Passnummer tippen, wie AB 12345:
0 Zurück 00 Anfang

> ab 12345
Pass ..345 ist FERTIG.
Strelsau Hof
Mo-Sa 09:00-16:30
Mitbringen: Bild
Stand 30.9.2026
1 SMS an mich
3 Andere
7 Melden
0 Zurück 00 Anfang

> 1
Wir schicken eine SMS.
Nur 1500 schreibt.
3 Andere
0 Zurück 00 Anfang"""
    )
    assert inbox(line_of(app), PHONE) == [
        "Pass ..345 ist FERTIG: Strelsau Hof. Mo-Sa 09:00-16:30. Mitbringen: Bild."
        " Kostet nichts; nur 1500 schreibt."
    ]


def test_a_whole_question_may_be_dialled(app: Flask) -> None:
    page = Caller(app.test_client(), PHONE, f"{CODE[:-1]}*AB12345#").dial()

    assert page.startswith("CON Pass ..345 ist FERTIG.\nStrelsau Hof\n")


@pytest.mark.parametrize("number", ["12345678", "123456789", "A 12345", "AB 1234"])
def test_a_number_as_kenya_writes_it_is_like_an_unknown_one(app: Flask, number: str) -> None:
    unknown = last(app, "1", "1", "CD99999").replace("..999", f"..{number[-3:]}")

    assert last(app, "1", "1", number) == unknown


@pytest.mark.parametrize("typed", ["AB", "zwei drei"])
def test_what_holds_no_digit_is_a_slip_in_its_words(app: Flask, typed: str) -> None:
    assert last(app, "1", "1", typed) == (
        "Zwei Buchstaben und fünf Ziffern. Noch einmal:\n0 Zurück 00 Anfang"
    )
    assert last(app, typed, phone=OTHER_PHONE).startswith("Das steht nicht zur Wahl.\n")


def test_centres_are_told_by_the_countrys_clock(app: Flask) -> None:
    assert talk(app, "2", "11", "11", "1") == (
        HOME
        + """
> 2
Ort tippen, oder Kreis wählen:
11 Strelsau
12 Zenda
13 Großwald
0 Zurück 00 Anfang

> 11
Ämter in Strelsau:
11 Strelsau Hof: offen bis 16:30
12 Alter Markt
0 Zurück 00 Anfang

> 11
Strelsau Hof
offen bis 16:30
Castle Row 3
Gericht: ja
1 SMS an mich
2 Dienste
3 Anderer Ort
0 Zurück 00 Anfang

> 1
Wir schicken eine SMS.
Nur 1500 schreibt.
0 Zurück 00 Anfang"""
    )


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 10, 5, 3, 0, tzinfo=UTC), "zu, öffnet heute 09:00"),
        (datetime(2026, 10, 5, 11, 0, tzinfo=UTC), "zu, öffnet Mittwoch 09:00"),
        (datetime(2026, 10, 6, 6, 0, tzinfo=UTC), "zu, öffnet Mittwoch 09:00"),
        (datetime(2026, 10, 10, 6, 0, tzinfo=UTC), "offen bis 16:30"),  # a Saturday
        (datetime(2026, 10, 20, 6, 0, tzinfo=UTC), "offen bis 16:30"),  # Kenya's Mashujaa
    ],
)
def test_doors_keep_the_countrys_hours_days_and_holiday(
    open_app: Open,
    database: str,
    redis: RedisServer,
    settings: dict[str, str],
    moment: datetime,
    said: str,
) -> None:
    app = open_app(database, redis.url, lambda: moment, **settings)

    assert f"\n11 Strelsau Hof: {said}\n" in last(app, "2", "11")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ödeby shire", "Ødeby\nGroßwald\ngeplant, noch nicht offen"),
        ("ODEBY", "Ødeby\nGroßwald\ngeplant, noch nicht offen"),
        ("grosswald", "Ødeby\nGroßwald\ngeplant, noch nicht offen"),
        ("Tannenbru\u0308ck", "Zenda Tor\noffen bis 12:00"),
        ("tannenbruk", "Zenda Tor\noffen bis 12:00"),
        ("Burg Zenda", "Zenda Tor\noffen bis 12:00"),
        ("Strelsau", "Ämter in Strelsau:\n11 Strelsau Hof"),
        ("tarlenh", "Tarlenheim liegt in Großwald.\nDort ist noch kein Amt."),
    ],
)
def test_a_place_is_found_however_its_name_is_typed(app: Flask, typed: str, found: str) -> None:
    assert last(app, "2", typed).startswith(found)


def test_services_cost_the_countrys_money(app: Flask) -> None:
    assert talk(app, "3", "1", "2") == (
        HOME
        + """
> 3
Welcher Dienst?
1 Pass
2 Pflug
0 Zurück 00 Anfang

> 1
Pass
Mitbringen: Zwei Bilder.
1 SMS an mich
2 Preis, Dauer
4 Wo
3 Anderer Dienst
0 Zurück 00 Anfang

> 2
Pass
Preis: 12.500 Kr (2026)
Dauer: 5 Tage
Abholen: Sie selbst.
Von: Royal Chancery
Stand 05/2026
4 Wo
3 Anderer Dienst
0 Zurück 00 Anfang"""
    )


def test_the_court_has_its_desk_where_the_country_says(app: Flask) -> None:
    assert last(app, "4") == (
        "Das Gericht ist in 1 Ämtern.\n1 Dienste\n2 Welche Ämter\n0 Zurück 00 Anfang"
    )
    assert last(app, "4", "1") == "Gericht. Welcher Dienst?\n1 Eid\n0 Zurück 00 Anfang"
    assert last(app, "4", "2") == ("Gericht in:\nStrelsau Hof\n0 Zurück 00 Anfang")


def test_a_language_is_chosen_and_remembered(app: Flask) -> None:
    chosen = last(app, "10")
    again = talk(app)

    assert chosen.endswith("\n8 Ruritanisch\n98 Maro")
    assert again.startswith(f"> {CODE}\n1500 ")
    assert "\n8 Ruritanisch\n" in again


def test_what_a_language_lacks_is_said_in_the_first(app: Flask) -> None:
    """Strelsk has words for one service of two; the other's name is Ruritan."""
    listed = last(app, "10", "3").split("\n")

    assert listed[1:3] == ["1 Poss", "2 Pflug"]


def test_each_language_writes_money_its_own_way(app: Flask) -> None:
    assert "\nFoo: Kr 12 500 (2026)\n" in last(app, "10", "3", "1", "2")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("AB12345", "Pass ..345 ist FERTIG: Strelsau Hof. Mo-Sa 09:00-16:30. "),
        ("whiri is my pess ab12345?", "Pass ..345 ist FERTIG: Strelsau Hof. "),
        ("whoro AB12345", "UD ..345 us ROIDY it "),
        ("CD99999", "Kein Papier ..999. Wählen Sie *1500#. Nur 1500 schreibt."),
        ("12345678", "Kein Papier ..678. Wählen Sie *1500#. Nur 1500 schreibt."),
        ("whiri", "1500: tixt yuar OD"),
    ],
)
def test_a_text_is_answered_in_the_countrys_languages(
    app: Flask, body: str, answer: str
) -> None:
    assert text(app.test_client(), body, PHONE, date="") == 200

    assert inbox(line_of(app), PHONE)[0].startswith(answer)


@pytest.mark.parametrize(("language", "begins"), [("8", "Yuar Pass"), ("10", "Yaer UD")])
def test_who_waits_is_told_in_their_language(app: Flask, language: str, begins: str) -> None:
    put(line_of(app), "id_card", "AB 77777", "coming", "12-1")
    last(app, language, "1", "1", "AB77777", "2")
    put(line_of(app), "id_card", "AB 77777", "ready", "12-1")

    told = inbox(line_of(app), PHONE)

    assert len(told) == 1
    assert told[0].startswith(begins)


def test_a_broken_hop_is_apologized_for_in_the_first_language(app: Flask) -> None:
    page = Caller(app.test_client(), PHONE, "*1919#").dial()

    assert page == "END Thos os nut thi nambir uf thos sirvoci. Pliesi doel *1500#."


# Nothing of Kenya's


def test_no_word_of_the_country_is_kenyas(country: Path) -> None:
    for words in load(country / "words", CODE, first="rt").values():
        assert [said for said in texts_of(words.sections) if KENYAN.search(said)] == []


def texts_of(value: object) -> Iterator[str]:
    """List every text of a file of words, without the names of facts."""
    if isinstance(value, str):
        yield re.sub(r"\{[a-z_]+\}", "", value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


def test_no_page_and_no_text_says_a_word_of_kenyas(app: Flask) -> None:
    pages, phones = walk(app, "AB12345", "Zenda", "Nowhere", "11111", ".")
    texts = [body for phone in phones for body in inbox(line_of(app), phone)]

    assert (len(pages) > 100, len(texts) > 10) == (True, True)
    assert [said for said in (*pages, *texts) if KENYAN.search(said)] == []


def walk(app: Flask, *typed: str) -> tuple[list[str], list[str]]:
    """Dial every page that four keys lead to; give the pages, and the phones that dialled."""
    pages: dict[str, None] = {}
    phones: list[str] = []
    waiting: list[tuple[str, ...]] = [()]
    for keys in waiting:
        phones.append(f"+354{6_200_000 + len(phones)}")
        page = Caller(app.test_client(), phones[-1], CODE).dial(*keys)
        if page not in pages and len(keys) < 4:
            waiting += [(*keys, key) for key in (*PRESSED.findall(page), *typed)]
        pages[page] = None
    return list(pages), phones


# Its commands, as processes


@pytest.fixture
def environment(settings: dict[str, str], redis: RedisServer, tmp_path: Path) -> dict[str, str]:
    return {
        **LINE_KEYS,
        **settings,
        "PATH": os.environ["PATH"],
        "GATEWAY_TOKENS": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path}/processes.sqlite",
        "REDIS_URL": redis.url,
        "VAR_DIR": str(tmp_path / "var"),
        "AT_USERNAME": "live",
        "AT_API_KEY": "k",
    }


def flask(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command as an operator does; give its status, and what it printed."""
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("flask")), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout


def test_its_commands_want_nothing_but_settings(
    environment: dict[str, str], tmp_path: Path
) -> None:
    documents = tmp_path / "list.csv"
    documents.write_text(
        "kind,number,centre,state,received_on,phone\n"
        "id_card,AB 12345,Strelsau Hof,ready,2026-01-05,611 1234\n"
        "birth_certificate,4321,Office Zenda Tor,coming,,+3546111234\n",
        encoding="utf-8",
    )

    assert flask(environment, "menus", "check")[1].split("\n")[-2].startswith("0 faults; ")
    assert flask(environment, "database", "prepare") == (
        0,
        "the database is ready: 3 counties, 2 constituencies, 4 centres, 3 services, 2 desks\n",
    )
    status, told = flask(environment, "documents", "import", str(documents))
    assert (status, "2 rows: 2 new, 0 changed" in told) == (0, True)
    status, shown = flask(environment, "phone", "--keys", "1 1 AB12345")
    assert (status, "\nPass ..345 ist FERTIG.\nStrelsau Hof\n" in shown) == (0, True)
    # its log lines go by: a time of day may have the short code in it
    pages = [line for line in shown.split("\n") if not line.startswith("timestamp=")]
    assert (len(pages) > 20, KENYAN.findall("\n".join(pages))) == (True, [])


def test_a_list_as_kenya_would_write_it_is_refused(
    environment: dict[str, str], tmp_path: Path
) -> None:
    documents = tmp_path / "list.csv"
    documents.write_text(
        "kind,number,centre,state,received_on,phone\n"
        "id_card,12345678,Strelsau Hof,ready,2026-01-05,\n"
        "id_card,AB12345,GPO Nairobi,ready,2026-01-05,\n"
        "id_card,AB12345,11-1,ready,2026-01-05,0711000111\n",
        encoding="utf-8",
    )
    flask(environment, "database", "prepare")
    status, told = flask(environment, "documents", "import", str(documents))

    assert status == 1
    assert [line for line in told.split("\n") if line.startswith("line ")] == [
        "line 2: number: cannot be a number of type national_id",
        "line 3: centre: no centre of this code or name",
        "line 4: phone: not a phone number",
    ]


# What a country may not be


def test_a_country_without_words_in_its_first_language_is_refused(
    environment: dict[str, str], country: Path
) -> None:
    (country / "words" / "rt.toml").unlink()

    status, told = flask(environment, "database", "prepare")

    assert status == 1
    assert "rt: no words, and callers who chose none are spoken to in it" in told


def test_a_country_must_name_its_first_language(
    environment: dict[str, str], country: Path
) -> None:
    file = country / "country.toml"
    file.write_text(COUNTRY.replace('first_language = "rt"\n', ""), encoding="utf-8")

    status, told = flask(environment, "database", "prepare")

    assert status == 1
    assert "country.toml: first_language: not given, or no text" in told


def rewrite(country: Path, name: str, rows: str) -> None:
    (country / "reference" / f"{name}.csv").write_text(rows.lstrip(), encoding="utf-8")


def faults(country: Path) -> list[str]:
    with pytest.raises(BadReference) as bad:
        read(country / "reference")
    return str(bad.value).split("\n")


def test_counties_whose_keys_clash_are_all_named(country: Path) -> None:
    more = "".join(
        f"{code},Somewhere,,1,high,The Gazette\n"
        for code in ("111", "2", "02", "98", "00", "1A")
    )
    rewrite(country, "counties", REFERENCE["counties"] + more)

    assert faults(country) == [
        "counties.csv: 111: the key 11 is 11's",
        "counties.csv: 02: the key 02 is 2's",
        "counties.csv: 98: no key that can be pressed: 98",
        "counties.csv: 00: no key that can be pressed: 00",
        "counties.csv: 1A: no key that can be pressed: 1A",
    ]


def test_centres_whose_keys_clash_are_all_named(country: Path) -> None:
    row = ",11,,There,There,office,There,,,,,open,,high,The Gazette\n"
    more = "".join(code + row for code in ("11-01", "11-88", "11", "11-0", "12-2"))
    rewrite(country, "centres", REFERENCE["centres"] + more)

    assert faults(country) == [
        "centres.csv: 11-01: the number 1 is 11-1's in its county",
        *(
            f"centres.csv: {code}: its number in the county is none from 1 to 87"
            for code in ("11-88", "11", "11-0")
        ),
        "centres.csv: 12-2: the number 2 is 11-2's in its county",
    ]


def test_letters_that_phones_lack_are_named_where_they_stand(country: Path) -> None:
    rows = REFERENCE["counties"].replace("Zenda", "Žendař").replace("The Gazette", "Věstník")
    rewrite(country, "counties", rows)

    assert faults(country) == ["counties.csv, line 3, name: ř Ž, which phones cannot show"]


def test_a_country_may_have_more_counties_than_kenya(
    open_app: Open, country: Path, database: str, redis: RedisServer, settings: dict[str, str]
) -> None:
    codes = [code for code in range(1, 98) if code not in (11, 12, 13)]
    more = "".join(f"{code},Shire {code},,1,high,The Gazette\n" for code in codes)
    rewrite(country, "counties", REFERENCE["counties"] + more)
    opened = Database(database)
    prepare(opened, country / "reference")
    opened.close()
    app = open_app(database, redis.url, lambda: MONDAY, **settings)

    seen = [last(app, "2", *["98"] * turns) for turns in range(20)]

    shown = {key for page in seen for key in PRESSED.findall(page)}
    assert {str(code) for code in codes} <= shown
    assert last(app, "2", "12").startswith("Zenda Tor\n")
