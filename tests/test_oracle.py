"""One wording for every number that nothing is told of: unknown, odd or withdrawn.

The pages differ only in the digits that the caller typed and reads again.
"""

import re

import pytest
from flask import Flask

from tests.caller import Caller, text
from tests.conftest import Open, inbox, line_of
from tests.lookups import SPENT, moved, phone
from tests.servers import RedisServer
from tests.test_cost import watching
from tests.world import put

UNKNOWN, COLLECTED, RETURNED = "30000123", "31000123", "32000123"
WITHDRAWN = (COLLECTED, RETURNED)
ODD_AT_A_QUESTION = ("66", "1", "12", "123", "000", "00000000", "1/1", "A1", "9876543210987654")
ODD_ON_HOME = ("123", "000", "0000000", "1234", "A12", "12-3", "123456789012345678")
ODD_IN_A_TEXT = ("123", "ID 123", "id no 12", "1234", "00000000", "123456789012345678")
NOT_FOUND = {"": "CON No document found for ..###.", "8": "CON Hakuna stakabadhi ya ..### "}
BY_SMS = {"": "No document found for ..###. Check", "8": "Hakuna stakabadhi ya ..### iliyo"}

in_both_languages = pytest.mark.parametrize(
    "language", ["", "8"], ids=["in English", "in Kiswahili"]
)


@pytest.fixture
def redis_url(redis: RedisServer) -> str:
    return redis.url


@pytest.fixture
def app(redis_url: str, open_app: Open, sqlite_url: str) -> Flask:
    app = open_app(sqlite_url, redis_url)
    put(line_of(app), "id_card", COLLECTED, "collected")
    put(line_of(app), "driving_licence", RETURNED, "returned")
    return app


def pages(app: Flask, way: list[str], numbers: tuple[str, ...], *keys: str) -> set[str]:
    """Ask for each number on a phone of its own; give the pages, what was typed taken out."""
    seen = {
        Caller(app.test_client(), phone(count)).dial(*way, number, *keys)
        for count, number in enumerate((UNKNOWN, *numbers))
    }
    return set(map(_without_digits, seen))


def _without_digits(page: str) -> str:
    return re.sub(r"\.\.[A-Z0-9/]{1,3}\b", "..###", page)


@in_both_languages
@pytest.mark.parametrize("way", ["1", "2", "3", "4"])
def test_at_a_question_every_number_gets_the_same_words(
    way: str, language: str, app: Flask
) -> None:
    keys = [*filter(None, [language]), "1", way]
    odd = ODD_AT_A_QUESTION if way != "2" else (*ODD_AT_A_QUESTION[:-1], "1" * 20)
    [page] = pages(app, keys, (*WITHDRAWN, *odd))

    assert page.startswith(NOT_FOUND[language])


@pytest.mark.parametrize("redis_url", ["unix:///nonexistent/redis.sock"])
def test_without_redis_every_number_gets_the_same_words(app: Flask) -> None:
    [page] = pages(app, ["1", "1"], (*WITHDRAWN, *ODD_AT_A_QUESTION))

    assert page.startswith(NOT_FOUND[""])


@in_both_languages
def test_on_the_home_page_every_number_gets_the_same_words(language: str, app: Flask) -> None:
    [page] = pages(app, [*filter(None, [language])], (*WITHDRAWN, *ODD_ON_HOME))

    assert page.startswith(NOT_FOUND[language])


@in_both_languages
def test_waiting_for_any_of_them_gets_the_same_words(language: str, app: Flask) -> None:
    [page] = pages(app, [*filter(None, [language])], (*WITHDRAWN, *ODD_ON_HOME), "2")

    assert page.startswith(
        "CON Utapokea ujumbe" if language else "CON We will text you when it is ready."
    )


@in_both_languages
def test_in_a_text_every_number_gets_the_same_words(language: str, app: Flask) -> None:
    texts = set()
    for count, body in enumerate((UNKNOWN, *WITHDRAWN, *ODD_IN_A_TEXT)):
        if language:
            Caller(app.test_client(), phone(count)).dial(language)
        assert text(app.test_client(), body, phone(count)) == 200
        texts.add(_without_digits(inbox(line_of(app), phone(count))[-1]))
    [said] = texts

    assert said.startswith(BY_SMS[language])


def test_an_odd_number_costs_the_budget_what_an_unknown_one_does(app: Flask) -> None:
    for number in ("123", "124", UNKNOWN, COLLECTED, "0000"):
        Caller(app.test_client()).dial(number)

    assert Caller(app.test_client()).dial("125").startswith(SPENT)
    assert Caller(app.test_client()).dial(UNKNOWN).startswith("CON No")


@pytest.mark.parametrize("number", [UNKNOWN, COLLECTED, "123", "98765432109876543"])
def test_every_number_costs_the_same_statement(
    number: str,
    open_app: Open,
    sqlite_url: str,
    redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = open_app(sqlite_url, redis.url)
    put(line_of(app), "id_card", COLLECTED, "collected")
    caller = Caller(app.test_client())
    caller.dial()
    with watching(app, monkeypatch) as cost:
        caller.key(number)
    [statement] = cost.statements

    assert "document_numbers" in statement
    assert cost.trips == 2


@pytest.mark.parametrize("typed", ["66", "Thika", "abc", "?", "-"])
def test_a_key_that_is_none_is_a_slip_on_the_home_page(typed: str, app: Flask) -> None:
    page = Caller(app.test_client()).dial(typed)

    assert page.startswith("CON That is not one of the choices.")
    assert moved(line_of(app)) == []


@pytest.mark.parametrize(
    "typed", ["my id", "abc", "?", "-", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_holds_no_digit_is_a_slip_where_a_number_is_asked_for(
    typed: str, app: Flask
) -> None:
    page = Caller(app.test_client()).dial("1", "1", typed)

    assert page.startswith("CON An ID number has 6 to 9 digits")
    assert moved(line_of(app)) == []


def test_an_odd_number_never_finds_the_receipt_that_is_written_like_it(app: Flask) -> None:
    put(line_of(app), "id_card", "33000123", "ready", receipt="1234")
    home = Caller(app.test_client()).dial("1234")
    asked = Caller(app.test_client()).dial("1", "1", "1234")
    receipt = Caller(app.test_client()).dial("1", "4", "1234")

    assert _without_digits(home).startswith(NOT_FOUND[""])
    assert _without_digits(asked).startswith(NOT_FOUND[""])
    assert receipt.startswith("CON ID ..234 is READY.")
