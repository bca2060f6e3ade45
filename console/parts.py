"""What every page is made with: its words, its dates, and what it says on the next page."""

from datetime import date, datetime
from functools import partial
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Response, flash, g, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from console import words
from models.agents import Agent

_DAY = "d\N{NO-BREAK SPACE}MMM\N{NO-BREAK SPACE}y"


def language() -> str:
    """Give the language of this page: the agent's, or the one chosen at the door."""
    agent: Agent | None = g.get("agent")
    if agent:
        return agent.language
    chosen = session.get("language") or request.accept_languages.best_match(words.languages())
    return str(chosen or words.FIRST)


def say(name: str, **facts: object) -> str:
    """Give one of the console's texts in this page's language, with facts filled in."""
    return words.say(language(), name, **facts)


def shown(template: str, **facts: Any) -> str:
    """Write a page.

    Args:
        template: its file under `templates/console`.
        facts: what it shows, by name.
    """
    spoken = language()
    return render_template(
        f"console/{template}",
        say=say,
        language=spoken,
        agent=g.get("agent"),
        csrf=_csrf,
        day=partial(_day, spoken=spoken),
        moment=partial(_moment, spoken=spoken),
        count=partial(_count, spoken=spoken),
        **facts,
    )


def gone(endpoint: str, **values: Any) -> Response:
    """Send the browser to another page of the console, to be read anew (303)."""
    return redirect(url_for(f"console.{endpoint}", **values), 303)  # type: ignore[return-value]


def tell(name: str, kind: str = "done", **facts: object) -> None:
    """Say something at the top of the next page. It is kept by the browser: nothing personal.

    Args:
        name: the text, as `say` knows it.
        kind: `done` or `fault`.
    """
    flash(say(name, **facts), kind)


def _csrf() -> Markup:
    """Write the field that tells our own forms from forged ones."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def _day(one: date | None, spoken: str) -> str:
    """Write a day, which no line breaks in."""
    return format_date(one, _DAY, locale=spoken) if one else ""


def _moment(one: datetime | None, spoken: str) -> str:
    """Write a moment in the country's time: it is g.there that knows it."""
    return format_datetime(g.there(one), f"{_DAY} HH:mm", locale=spoken) if one else ""


def _count(number: float, spoken: str) -> str:
    return format_decimal(number, locale=spoken)
