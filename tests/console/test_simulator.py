"""The phone on the page without a browser: where it is, and what it is made of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from commands import demonstration_set
from console import words
from console.security import HEADERS
from tests.conftest import line_of
from tests.console.handset import demonstration
from tests.servers import RedisServer

FOLDER = Path(words.__file__).parent
SCRIPT = (FOLDER / "static" / "simulator.js").read_text("utf-8")
ADDRESSES = (
    ("GET", "/simulator/"),
    ("GET", "/simulator/static/simulator.js"),
    ("POST", "/simulator/inbox"),
    ("POST", "/simulator/messages"),
    ("POST", "/simulator/version1/messaging"),
    ("GET", "/simulator/version1/user"),
)
ONE, OTHER = "+254711000111", "+254711000222"
_SAID = re.compile(r'say\(\s*(?:\w+ \? )?"([a-z_]+)"|\["([a-z]+)", [a-z][A-Za-z]+\]')


@pytest.fixture(scope="module")
def phone(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path, redis_server: RedisServer
) -> Iterator[Flask]:
    """A demonstration line."""
    folder = tmp_path_factory.mktemp("phone")
    with demonstration(folder, prepared_sqlite, redis_server.url) as app:
        yield app


def facts(page: str) -> dict[str, Any]:
    """Read what the page tells its script."""
    found = re.search(r"data-facts='([^']+)'", page)
    assert found
    read: dict[str, Any] = json.loads(found[1].replace("&#34;", '"'))
    return read


def hand_over(client: FlaskClient, to: str, body: str) -> str:
    """Hand a message to the gateway as the sender does; give its name."""
    form = {"username": "demo", "to": to, "message": body, "from": "1919"}
    answer = client.post("/simulator/version1/messaging", data=form)
    assert answer.status_code == 201
    return str(answer.get_json()["SMSMessageData"]["Recipients"][0]["messageId"])


def test_a_line_in_service_has_none_of_it(client: FlaskClient) -> None:
    answers = [client.open(one, method=method).status_code for method, one in ADDRESSES]

    assert answers == [404] * len(ADDRESSES)


def test_it_is_for_its_own_machine_alone(phone: Flask) -> None:
    client, far = phone.test_client(), {"REMOTE_ADDR": "10.1.2.3"}
    here = [client.open(one, method=method, buffered=True) for method, one in ADDRESSES]
    elsewhere = [client.open(one, method=method, environ_base=far) for method, one in ADDRESSES]

    assert {answer.status_code for answer in here} == {200, 201}
    assert {answer.status_code for answer in elsewhere} == {404}


def test_its_pages_have_every_header(phone: Flask) -> None:
    answer = phone.test_client().get("/simulator/")

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_stands_in_the_page_that_the_policy_forbids(phone: Flask) -> None:
    page = phone.test_client().get("/simulator/").text

    assert (
        re.findall(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=|https?://", page) == []
    )


@pytest.mark.parametrize(
    ("address", "accepts", "spoken"),
    [
        ("/simulator/", "", "en"),
        ("/simulator/", "sw,en;q=0.5", "sw"),
        ("/simulator/?language=sw", "en", "sw"),
        ("/simulator/?language=xx", "", "en"),
    ],
)
def test_it_speaks_the_language_that_is_asked_for(
    phone: Flask, address: str, accepts: str, spoken: str
) -> None:
    page = phone.test_client().get(address, headers={"Accept-Language": accepts}).text

    assert f'<html lang="{spoken}">' in page
    assert words.say(spoken, "simulator.drop") in page


def test_the_script_speaks_both_languages(phone: Flask) -> None:
    client = phone.test_client()
    said = {
        one: facts(client.get(f"/simulator/?language={one}").text)["words"]
        for one in words.languages()
    }
    asked_for = {one or other for one, other in _SAID.findall(SCRIPT)}
    needless = {one for one in said["en"] if f'"{one}"' not in SCRIPT and "kind_" not in one}

    assert all(asked_for <= set(one) for one in said.values())
    assert (len(asked_for) > 20, needless) == (True, set())
    assert said["en"] != said["sw"]


def test_it_names_the_networks_by_their_codes(phone: Flask) -> None:
    page = phone.test_client().get("/simulator/").text

    assert re.findall(r'<option value="([0-9]+)" data-name="([^"]+)"', page) == [
        ("63902", "Safaricom"),
        ("63903", "Airtel"),
        ("63907", "Telkom"),
        ("63999", "Equitel"),
        ("99999", "Gateway&#39;s sandbox"),
    ]


def test_it_offers_the_numbers_to_try(phone: Flask) -> None:
    page = phone.test_client().get("/simulator/?language=sw").text
    offered = re.findall(r'data-try="([0-9]+)">[0-9]+</button> <span>([^<]+)<', page)

    assert [number for number, _ in offered] == [one for one, _ in demonstration_set.TRY]
    assert len({what for _, what in offered}) == len(offered)


def test_a_message_is_shown_to_its_phone_alone(phone: Flask) -> None:
    client = phone.test_client()
    name = hand_over(client, ONE, "Habari\nyako")
    mine = client.post("/simulator/inbox", data={"phone": ONE}).get_json()
    others = client.post("/simulator/inbox", data={"phone": OTHER}).get_json()

    assert [(one["id"], one["sender"], one["body"]) for one in mine] == [
        (name, "1919", "Habari\nyako")
    ]
    assert others == []


def test_no_phone_stands_in_an_address_or_on_the_disk(phone: Flask) -> None:
    client = phone.test_client()
    hand_over(client, ONE, "Habari")
    kept = (phone.config["VAR_DIR"] / "messages").read_text("utf-8")

    assert client.get(f"/simulator/messages?phone={OTHER}").status_code == 405
    assert "Habari" in kept
    assert ONE.removeprefix("+254") not in kept


def test_messages_kept_by_an_older_line_are_shown_too(phone: Flask) -> None:
    file = phone.config["VAR_DIR"] / "messages"
    name = line_of(phone).keys.phone_hmac("+254711000333").hex()
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps({"to": name, "body": "Ya zamani"}) + "\n")
    shown = phone.test_client().post("/simulator/messages", data={"phone": "+254711000333"})

    assert shown.text == "Ya zamani\n"
