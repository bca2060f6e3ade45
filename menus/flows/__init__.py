"""The line's screens, gathered from the files beside this one."""

from menus.flows import documents, home
from menus.screens import Screen

SCREENS: list[Screen] = [*home.SCREENS, *documents.SCREENS]
HOME = "home"
