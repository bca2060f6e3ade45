"""Agents: to be written."""

from console.pages import Pages
from console.parts import shown
from models.agents import Role

pages = Pages("staff")


@pages.page("/staff", Role.ADMINISTRATOR, menu="staff.title")
def staff() -> str:
    """Show agents."""
    return shown("staff/staff.html")
