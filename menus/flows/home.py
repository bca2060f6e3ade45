"""The first page."""

from menus.parse import any_number
from menus.screens import Choice, Menu, Screen

SCREENS: list[Screen] = [
    Menu(
        "home",
        parse=any_number,
        typed_to="find",
        languages=True,
        carries_on=True,
        if_stuck="help",
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
