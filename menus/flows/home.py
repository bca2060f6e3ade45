"""The first page."""

from menus import answers
from menus.parse import any_number
from menus.screens import Choice, Look, Menu, Screen

WHOLE = "whole"
"""Said where the page itself is wanted in a text, with all that it offers."""


def told(look: Look, septets: int) -> str | None:
    """Write as a text how to ask, unless the page itself is wanted."""
    return None if look.said.get(WHOLE) else answers.fitting(look.words, "how", {}, septets)


SCREENS: list[Screen] = [
    Menu(
        "home",
        parse=any_number,
        typed_to="find",
        languages=True,
        carries_on=True,
        if_stuck="help",
        by_sms=told,
        choices=(
            Choice("documents", "1", to="documents"),
            Choice("centres", "2", to="centres"),
            Choice("services", "3", to="services"),
            Choice("court", "4", to="court"),
            Choice("help", "5", to="help"),
            Choice("news", "6", to="news"),
        ),
    ),
]
