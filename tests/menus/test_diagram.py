"""The picture of the menus."""

from commands.menus import PICTURE
from menus.diagram import draw, page
from menus.flows import HOME, SCREENS
from menus.screens import Route, exits


def test_the_committed_picture_is_that_of_the_menus() -> None:
    assert PICTURE.read_text(encoding="utf-8") == page(SCREENS, HOME), "run: flask menus draw"


def test_every_way_but_that_of_three_slips_is_drawn() -> None:
    drawn = draw(SCREENS, HOME)

    for screen in SCREENS:
        for label, to in exits(screen):
            if label != "stuck":
                assert f"  {screen.name} --> {to}: " in drawn


def test_a_way_bears_the_key_that_is_pressed() -> None:
    assert "  home --> centres: 2 centres\n" in draw(SCREENS, HOME)


def test_decisions_are_drawn_as_such() -> None:
    drawn = draw(SCREENS, HOME)

    for screen in SCREENS:
        assert (f"state {screen.name} <<choice>>" in drawn) == isinstance(screen, Route)
