"""What all pages of figures do: read the period, ask the summaries, and show."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, request

from console.desk import desk
from console.figures.charts import bar, weaves
from console.figures.period import MOST, Asked, read
from console.figures.table import Measure, written
from console.parts import language, shown
from models.base import Connection
from models.lookups import Channel

Gather = Callable[[Connection, Asked], Mapping[str, Any]]

_WRONG = 422


def asked(given: Mapping[str, str]) -> Asked:
    """Read the period and what else is asked for, on the clock of the country."""
    line = desk().line
    channels = tuple(one.value for one in Channel)
    return read(given, line.country.day(line.clock()), channels, tuple(line.languages))


def figure_page(template: str, gather: Gather) -> Response:
    """Show figures of the period that was asked for.

    A period that cannot be shown is said beside its field, above the usual one.

    Args:
        template: its file under `templates/console/figures`.
        gather: asks for what the page shows, by name.
    """
    given = asked(request.args)
    with desk().reading() as connection:
        facts = gather(connection, given)
    page = shown(f"figures/{template}", **_tools(), asked=given, **facts)
    return make_response(page, _WRONG if given.fault else 200)


def _tools() -> Mapping[str, Any]:
    """Give what templates of figures write with."""
    spoken = language()
    return {
        "weaves": weaves(),
        "bar_of": lambda kind, part, whole: bar([(kind, part)], whole),
        "share": lambda one: written(one, Measure.SHARE, spoken),
        "money": lambda one: written(one, Measure.MONEY, spoken),
        "most_days": MOST,
    }
