"""The line's screens, gathered from the files beside this one."""

from menus.flows import (
    centres,
    contact,
    court,
    documents,
    home,
    marks,
    messages,
    news,
    reports,
    services,
)
from menus.screens import Screen

SCREENS: list[Screen] = [
    *home.SCREENS,
    *documents.SCREENS,
    *reports.SCREENS,
    *centres.SCREENS,
    *services.SCREENS,
    *court.SCREENS,
    *contact.SCREENS,
    *messages.SCREENS,
    *marks.SCREENS,
    *news.SCREENS,
]
HOME = "home"

MOVED = {"call_us": "help"}
"""Screens that an earlier version called otherwise: dropped calls may stand there."""
