"""The first page, and where help is."""

from menus.parse import any_number
from menus.screens import Choice, Menu, Screen

SCREENS: list[Screen] = [
    Menu(
        "home",
        parse=any_number,
        typed_to="find",
        languages=True,
        if_stuck="call_us",
        choices=(
            Choice("documents", "1", to="documents"),
            # 2 centres, 3 services and 4 court are kept for those: a key never changes.
            Choice("help", "5", to="call_us"),
        ),
    ),
    Menu("call_us", choices=(), answers=True),
]
