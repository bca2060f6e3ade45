"""Reports and requests: kept for the agents, with the document that the caller asked about."""

from menus.flows import lists
from menus.flows.documents import found_of
from menus.parse import free_text, place, receipt
from menus.screens import Ask, Choice, Look, Menu, Screen
from menus.wishes import Complain, Wish
from models.reports import Matter, Report


def not_there(look: Look) -> Wish:
    """Report that a document was not there."""
    return _complaint(look, Matter.NOT_THERE)


def money(look: Look) -> Wish:
    """Report that somebody asked for money."""
    return _complaint(look, Matter.MONEY)


def other(look: Look) -> Wish:
    """Report something else, in the caller's words."""
    return _complaint(look, Matter.OTHER, words=look.said.get("words", ""))


def move(look: Look) -> Wish:
    """Ask for a document to be moved to a place, as far as it is known."""
    found = lists.places(look)
    wanted = found.centre_code or found.county_code
    return _complaint(look, Matter.MOVE, wanted=wanted, words=look.said.get("place", ""))


def _complaint(look: Look, matter: Matter, wanted: str = "", words: str = "") -> Wish:
    """Keep a report with the documents that the caller asked about, and their centre.

    Only a document that was said to be ready can have been absent.
    """
    number = look.said.get("number", "")
    found = found_of(look) if number else []
    if matter is Matter.NOT_THERE:
        found = [one for one in found if one.ready]
    return Complain(
        Report(
            matter,
            look.words.code,
            documents=tuple(one.id for one in found),
            number=number,
            centre_code=found[0].centre.code if found else "",
            wanted=wanted,
            words=words,
        )
    )


SCREENS: list[Screen] = [
    Menu(
        "report",
        choices=(
            Choice("not_there", "1", to="ask_not_there"),
            Choice("money", "2", to="noted_money", wish=money),
            Choice("move", "3", to="ask_move"),
            Choice("other", "4", to="ask_other"),
        ),
        if_stuck="help",
    ),
    Menu(
        "report_document",
        choices=(
            Choice("not_there", "1", to="noted_not_there", wish=not_there),
            Choice("money", "2", to="noted_money", wish=money),
            Choice("move", "3", to="ask_move_to"),
            Choice("other", "4", to="ask_other"),
        ),
        if_stuck="help",
    ),
    Ask(
        "ask_not_there",
        parse=receipt,
        to="noted_not_there",
        if_stuck="help",
        wish=not_there,
    ),
    Ask("ask_move", parse=receipt, to="ask_move_to", if_stuck="help"),
    Ask("ask_move_to", parse=place, to="noted_move", if_stuck="help", wish=move),
    Ask("ask_other", parse=free_text, to="noted", if_stuck="help", wish=other),
    Menu("noted_not_there", choices=(), answers=True),
    Menu("noted_money", choices=(), answers=True),
    Menu("noted_move", choices=(), answers=True),
    Menu("noted", choices=(), answers=True),
]
