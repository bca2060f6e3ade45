"""Announcements: what the line tells everybody, published, replaced and withdrawn."""

from datetime import date
from typing import Any

from flask import Response, make_response, request

from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from models import announcements as published
from models.agents import Role
from models.announcements import CODE, Announcement
from models.announcing import Fault, faults, made, room_of
from models.audit import append
from models.centres import every_centre
from models.gsm7 import plain, septets

pages = Pages("announcements")

_DAYS = ("since", "until", "as_of")
_LETTERS = 1_000
"""Letters of anything typed here that are read at all."""


@pages.page("/announcements", Role.ADMINISTRATOR, menu="announcements.title")
def announcements() -> str:
    """List the announcements, and ask for another, or for one of them anew."""
    code = request.args.get("code", "")[:CODE]
    with desk().reading() as connection:
        found = next((one for one in published.every(connection) if one.code == code), None)
    return _shown(_entry_of(found) if found else {}, replaces=code if found else "")


@pages.page("/announcements", Role.ADMINISTRATOR, methods=["POST"])
def publish() -> Response:
    """Publish an announcement, once it is sure to fit what callers see."""
    entry, replaces = _typed(), request.form.get("replaces", "")[:CODE]
    with desk().reading() as connection:
        centres = {one.code for one in every_centre(connection)}
    found = list(faults(entry, desk().line.languages.keys(), centres))
    if not found and request.form.get("do") == "publish":
        with desk().writing() as connection:
            taken = {one.code for one in published.every(connection)} - {replaces}
            if entry["code"] not in taken:
                published.publish(connection, made(entry))
                append(
                    connection, current().account, "announcement publish", code=entry["code"]
                )
                tell("announcements.published")
                return gone("announcements.announcements")
        found = [Fault("code", "taken")]
    page = _shown(entry, replaces, {one.place: one for one in reversed(found)}, is_checked=True)
    return make_response(page, 422 if found else 200)


@pages.page("/announcements/withdraw", Role.ADMINISTRATOR, methods=["POST"])
def withdraw() -> Response:
    """Show an announcement no longer."""
    code = request.form.get("code", "")[:CODE]
    with desk().writing() as connection:
        was_there = published.withdraw(connection, code)
        if was_there:
            append(connection, current().account, "announcement withdraw", code=code)
    tell("announcements.withdrawn" if was_there else "announcements.none_such")
    return gone("announcements.announcements")


def _typed() -> dict[str, Any]:
    """Read the form as the entry of a file would stand there."""
    said = {name: text.strip()[:_LETTERS] for name, text in request.form.items()}
    days = {name: _day(said[name]) for name in _DAYS if said.get(name)}
    texts = {one: said.get(f"text.{one}", "") for one in desk().line.languages}
    beside = {name: said.get(name, "") for name in ("code", "centre", "source")}
    return {**beside, **days, "text": texts}


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _entry_of(one: Announcement) -> dict[str, Any]:
    return {
        "code": one.code,
        "since": one.since,
        "until": one.until,
        "as_of": one.as_of,
        "centre": one.centre_code,
        "source": one.source,
        "text": one.texts,
    }


def _shown(
    entry: dict[str, Any],
    replaces: str = "",
    found: dict[str, Fault] | None = None,
    is_checked: bool = False,
) -> str:
    line = desk().line
    with desk().reading() as connection:
        known = published.every(connection)
        centres = every_centre(connection)
    today = line.country.day(line.clock())
    listed = [(one, _state(one, today)) for one in known]
    texts = entry.get("text", {})
    return shown(
        "announcements/list.html",
        listed=listed,
        entry=entry,
        replaces=replaces,
        faults={place: _said(one) for place, one in (found or {}).items()},
        is_checked=is_checked,
        languages={code: words.name for code, words in line.languages.items()},
        taken={one: septets(plain(text)) for one, text in texts.items()},
        room=room_of(entry),
        centres=[
            ("", say("announcements.everywhere")),
            *((one.code, one.short_name) for one in centres),
        ],
        named={one.code: one.short_name for one in centres},
        most=CODE,
    )


def _said(fault: Fault) -> str:
    return say(f"announcements.fault_{fault.why}", **fault.facts)


def _state(one: Announcement, today: date) -> str:
    if one.holds_on(today):
        return "now"
    return "later" if one.since > today else "past"
