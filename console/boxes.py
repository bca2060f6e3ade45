"""Boxes: to be written."""

from console.pages import Pages
from console.parts import shown
from models.agents import Role

pages = Pages("boxes")


@pages.page("/boxes", Role.OFFICER, menu="boxes.title")
def boxes() -> str:
    """Show boxes."""
    return shown("boxes/boxes.html")
