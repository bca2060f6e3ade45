"""Figures: to be written."""

from console.pages import Pages
from console.parts import shown
from models.agents import Role

pages = Pages("figures")


@pages.page("/figures", Role.SUPERVISOR, menu="figures.title")
def overview() -> str:
    """Show figures."""
    return shown("figures/overview.html")
