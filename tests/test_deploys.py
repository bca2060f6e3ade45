"""A deploy, or a change of lists, in the middle of a call."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

import app as application
from menus.flows import SCREENS
from menus.screens import Choice, Menu, Screen
from menus.words import Words
from models.centres import centres
from models.desks import desks
from models.directory import read_directory
from models.editions import editions
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

HOME = "1919 Ndio Form!\nType your ID or waiting card number,\nor choose:\n"
LOST = "CON Sorry, the line lost your place.\n" + HOME
GONE = "CON The menu has changed. Please start here.\n" + HOME

Deploy = Callable[..., Flask]


@pytest.fixture
def deploy(
    open_app: Open, sqlite_url: str, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    """Start the line anew on the same stores, with other menus where some are given."""
    read = application.load  # type: ignore[attr-defined]

    def start(
        screens: list[Screen] | None = None,
        moved: dict[str, str] | None = None,
        words: Callable[[dict[str, Words]], dict[str, Words]] = lambda same: same,
    ) -> Flask:
        monkeypatch.setattr(application, "SCREENS", screens or SCREENS)
        monkeypatch.setattr(application, "MOVED", moved or {})
        monkeypatch.setattr(
            application, "load", lambda *given, **named: words(read(*given, **named))
        )
        return open_app(sqlite_url, redis.url)

    return start


class Call(Caller):
    """A call that goes on through a deploy."""

    def over_to(self, app: Flask) -> None:
        self._client = app.test_client()


def test_choices_that_were_reordered_mean_what_was_read(deploy: Deploy) -> None:
    call = Call(deploy().test_client())
    call.keys("1")
    call.over_to(deploy(_swapped("documents", "1", "2")))

    assert call.key("1").startswith("CON Type your ID number, or the number on your waiting")


def test_choices_that_were_reordered_mean_the_new_thing_once_they_were_read(
    deploy: Deploy,
) -> None:
    call = Call(deploy().test_client())
    call.keys("1")
    call.over_to(deploy(_swapped("documents", "1", "2")))
    call.key("1")
    page = call.key("0")

    assert page.startswith("CON Which document?\n2 ID card\n1 Birth certificate\n")
    assert call.key("1").startswith("CON Type the birth entry number")


def test_a_wish_that_was_reordered_is_the_one_that_was_read(deploy: Deploy) -> None:
    app = deploy()
    call = Call(app.test_client())
    call.keys("3", "1")
    call.over_to(deploy(_swapped("service", "1", "3")))
    page = call.key("1")

    assert page.startswith("CON We will text you that.")
    assert len(inbox(line_of(app))) == 1


def test_a_repeated_hop_after_a_deploy_makes_no_other_wish(deploy: Deploy) -> None:
    app = deploy()
    call = Call(app.test_client())
    page = call.keys("5", "1")
    call.over_to(deploy(_swapped("help", "1", "2")))

    assert call.send() == page
    assert _call_backs(app) == 1


def test_a_screen_that_was_renamed_is_followed(deploy: Deploy) -> None:
    call = Call(deploy().test_client())
    call.keys("1")
    call.over_to(
        deploy(_renamed("documents", "papers"), {"documents": "papers"}, _also("papers"))
    )

    assert call.key("1").startswith("CON Type your ID number")
    assert call.key("0").startswith("CON Which document?")


def test_a_renamed_screen_is_followed_on_the_way_back(deploy: Deploy) -> None:
    call = Call(deploy().test_client())
    call.keys("1", "1")
    call.over_to(
        deploy(_renamed("documents", "papers"), {"documents": "papers"}, _also("papers"))
    )

    assert call.key("0").startswith("CON Which document?")


def test_a_decision_that_was_renamed_is_followed(deploy: Deploy) -> None:
    app = deploy()
    put(line_of(app), "id_card", "12345678", "ready")
    call = Call(app.test_client())
    call.keys("12345678", "1")
    call.over_to(deploy(_renamed("find", "look_up"), {"find": "look_up"}))

    assert call.key("0").startswith("CON ID ..678 is READY.")


def test_a_screen_that_is_gone_leads_home_with_a_word(deploy: Deploy) -> None:
    app = deploy()
    call = Call(app.test_client())
    call.keys("5", "2")
    call.over_to(deploy(_renamed("report", "complaints"), words=_also("complaints", "report")))
    page = call.key("2")

    assert page.startswith(GONE)
    assert _reports(app) == 0
    assert call.key("5").startswith("CON Call 1919 or 020 690 0020.")


def test_a_choice_that_is_gone_is_a_slip(deploy: Deploy) -> None:
    app = deploy()
    put(line_of(app), "id_card", "12345678", "ready")
    call = Call(app.test_client())
    call.keys("12345678")
    call.over_to(deploy(_without("ready", "another"), words=_silent("ready", "another")))

    assert call.key("3").startswith("CON That is not one of the choices.\nID ..678 is READY.")


def test_a_list_that_grew_means_what_was_read(deploy: Deploy) -> None:
    app = deploy()
    call = Call(app.test_client())
    page = call.keys("2", "30")
    assert page.startswith("CON Huduma Centres in Baringo:\n11 Baringo: ")
    _add_centre(app, "030-03", "Eldama Ravine")

    assert call.key("12").startswith("CON Mogotio\nBaringo\n")
    assert "\n13 Eldama Ravine" in call.key("0")


def test_a_county_that_gained_a_centre_still_texts_the_one_that_was_read(
    deploy: Deploy,
) -> None:
    app = deploy()
    call = Call(app.test_client())
    assert call.keys("2", "42").startswith("CON Kisumu\n")
    _add_centre(app, "042-02", "Ahero")
    call.key("1")

    assert inbox(line_of(app))[0].startswith("Huduma Centre Kisumu.")


def test_a_session_lost_within_a_call_of_a_deploy_goes_home_with_a_word(
    deploy: Deploy, redis: RedisServer
) -> None:
    app = deploy()
    call = Call(app.test_client())
    call.keys("5")
    call.over_to(deploy(_swapped("help", "1", "2")))
    redis.flush()

    assert call.key("2").startswith(LOST)
    assert _call_backs(app) == 0
    assert call.send().startswith(LOST)
    assert call.key("3").startswith("CON Which service?")


def test_a_session_lost_within_a_call_of_a_change_of_lists_goes_home_with_a_word(
    deploy: Deploy, redis: RedisServer
) -> None:
    app = deploy()
    call = Call(app.test_client())
    call.keys("2", "42")
    _add_centre(app, "042-02", "Ahero")
    redis.flush()

    assert call.key("1").startswith(LOST)
    assert inbox(line_of(app)) == []


def test_a_session_lost_later_is_folded_again(deploy: Deploy, redis: RedisServer) -> None:
    deploy()
    app = deploy(_swapped("documents", "1", "2"))
    _age_the_deploy(app, 181)
    call = Call(app.test_client())
    call.keys("1")
    redis.flush()

    assert call.key("2").startswith("CON Type your ID number, or the number on your waiting")


def test_the_same_line_started_again_is_no_change(deploy: Deploy, redis: RedisServer) -> None:
    call = Call(deploy().test_client())
    call.keys("1")
    call.over_to(deploy())
    redis.flush()

    assert call.key("1").startswith("CON Type your ID number, or the number on your waiting")


def test_a_direct_dial_after_a_deploy_is_answered_at_once(
    deploy: Deploy, redis: RedisServer
) -> None:
    app = deploy()
    put(line_of(app), "id_card", "12345678", "ready")
    _remember_since(redis, 181)
    app = deploy(_swapped("documents", "1", "2"))

    assert Call(app.test_client()).dial("12345678").startswith("CON ID ..678 is READY.")


def test_a_session_of_an_earlier_form_goes_home_with_a_word(
    deploy: Deploy, redis: RedisServer
) -> None:
    call = Call(deploy().test_client())
    call.keys("1")
    call.over_to(deploy(_swapped("documents", "1", "2")))
    for key in redis.client.keys("s:*"):
        redis.client.set(key, b"something of another form")

    assert call.key("1").startswith(LOST)


def test_a_dropped_call_is_carried_on_at_a_screen_that_was_renamed(deploy: Deploy) -> None:
    Call(deploy().test_client()).keys("1")
    app = deploy(_renamed("documents", "papers"), {"documents": "papers"}, _also("papers"))

    assert Call(app.test_client()).keys("9").startswith("CON Which document?")


def test_a_dropped_call_at_a_screen_that_is_gone_is_told_so(deploy: Deploy) -> None:
    Call(deploy().test_client()).keys("5", "2")
    app = deploy(_renamed("report", "complaints"), words=_also("complaints", "report"))

    assert Call(app.test_client()).keys("9").startswith(GONE)


def test_a_centre_that_is_gone_is_not_promised(deploy: Deploy) -> None:
    app = deploy()
    call = Call(app.test_client())
    call.keys("2", "47")
    line = line_of(app)
    with line.database.working() as connection:
        connection.execute(desks.delete().where(desks.c.centre_code == "047-01"))
        connection.execute(centres.delete().where(centres.c.code == "047-01"))
    line.watch.look()

    assert call.key("11").startswith("CON We know no such county, town or centre.")
    assert inbox(line) == []


def _swapped(name: str, one: str, other: str) -> list[Screen]:
    """Give the screens with two keys of a menu swapped."""
    swap = {one: other, other: one}

    def changed(choice: Choice) -> Choice:
        return replace(choice, key=swap.get(choice.key, choice.key))

    return [
        replace(screen, choices=tuple(map(changed, screen.choices)))
        if isinstance(screen, Menu) and screen.name == name
        else screen
        for screen in SCREENS
    ]


def _without(name: str, choice: str) -> list[Screen]:
    """Give the screens with a choice of a menu left out."""
    return [
        replace(screen, choices=tuple(one for one in screen.choices if one.name != choice))
        if isinstance(screen, Menu) and screen.name == name
        else screen
        for screen in SCREENS
    ]


def _renamed(old: str, new: str) -> list[Screen]:
    """Give the screens with one called otherwise, and every way to it."""

    def called(name: str) -> str:
        return new if name == old else name

    changed: list[Screen] = []
    for screen in SCREENS:
        given: dict[str, object] = {"name": called(screen.name)}
        for field in ("to", "typed_to", "if_stuck"):
            value = getattr(screen, field, None)
            if isinstance(value, str):
                given[field] = called(value)
            elif isinstance(value, dict):
                given[field] = {outcome: called(to) for outcome, to in value.items()}
        if isinstance(screen, Menu):
            given["choices"] = tuple(replace(one, to=called(one.to)) for one in screen.choices)
        changed.append(replace(screen, **given))  # type: ignore[arg-type]
    return changed


def _also(new: str, old: str = "documents") -> Callable[[dict[str, Words]], dict[str, Words]]:
    """Give a screen's words to another name."""

    def change(languages: dict[str, Words]) -> dict[str, Words]:
        changed = {}
        for code, words in languages.items():
            screens = dict(words.section("screens"))
            screens[new] = screens.pop(old)
            changed[code] = replace(words, sections={**words.sections, "screens": screens})
        return changed

    return change


def _silent(screen: str, choice: str) -> Callable[[dict[str, Words]], dict[str, Words]]:
    """Take the words of a choice away."""

    def change(languages: dict[str, Words]) -> dict[str, Words]:
        changed = {}
        for code, words in languages.items():
            screens = dict(words.section("screens"))
            labels = {
                name: label
                for name, label in screens[screen]["choices"].items()
                if name != choice
            }
            screens[screen] = {**screens[screen], "choices": labels}
            changed[code] = replace(words, sections={**words.sections, "screens": screens})
        return changed

    return change


def _add_centre(app: Flask, code: str, name: str) -> None:
    """Let a county gain a centre, and the line see it."""
    line = line_of(app)
    with line.database.working() as connection:
        like = connection.execute(centres.select().limit(1)).one()._asdict()
        new = {**like, "code": code, "short_name": name, "name": f"Huduma Centre {name}"}
        new |= {"county_code": code[:3], "town": "", "address": ""}
        connection.execute(centres.insert().values(new))
        assert read_directory(connection).centre(code)
    line.watch.look()


def _age_the_deploy(app: Flask, seconds: int) -> None:
    line = line_of(app)
    with line.database.working() as connection:
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
        connection.execute(update(editions).values(changed_at=moment))
    line.watch.look()


def _remember_since(redis: RedisServer, seconds: int) -> None:
    """Let Redis have remembered everything for so long."""
    run = redis.client.info("server")["run_id"]
    since = datetime.now(UTC).timestamp() - seconds
    redis.client.set("remembers-since", f"{run} {since:.0f}")


def _reports(app: Flask) -> int:
    with line_of(app).database.working() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM reports").scalar_one())


def _call_backs(app: Flask) -> int:
    with line_of(app).database.working() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM call_backs").scalar_one())
