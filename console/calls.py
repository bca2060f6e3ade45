"""Calls: to be written."""

from console.pages import Pages
from console.parts import shown
from models.agents import Role

pages = Pages("calls")


@pages.page("/calls", Role.AGENT, menu="calls.title")
def calls() -> str:
    """Show calls."""
    return shown("calls/calls.html")
