"""A person to talk to, and what it costs to reach us."""

from collections.abc import Iterable

from menus.screens import Choice, Look, Menu, Screen
from menus.wishes import CallMeBack, Wish
from menus.words import Facts, Words
from models.country import CURRENCY


def cost(look: Look) -> Facts:
    """Tell what the call and a text cost the caller; empty where it is not set."""
    paid = look.queries.cost
    if paid is None:
        return {"cost": ""}
    words, currency = look.words, look.queries.country.currency
    facts = {
        "session": words.price(paid.session, currency),
        "text": words.price(paid.text, currency),
    }
    return {"cost": words.say("phrases", "cost", facts)}


def call_back(look: Look) -> Wish:
    """Wish to be rung: one open request a phone."""
    return CallMeBack(look.words.code, look.before)


def _widest_cost(words: Words) -> Iterable[Facts]:
    dear = words.price("99.99", "W" * CURRENCY)
    yield {"cost": words.say("phrases", "cost", {"session": dear, "text": dear})}


SCREENS: list[Screen] = [
    Menu(
        "help",
        facts=cost,
        widest=_widest_cost,
        choices=(
            Choice("call_back", "1", to="will_call", wish=call_back),
            Choice("report", "2", to="report"),
            Choice("message", "3", to="ask_code"),
            Choice("served", "4", to="served"),
            Choice("numbers", "5", to="numbers"),
        ),
    ),
    Menu("will_call", choices=(), answers=True),
    Menu("numbers", choices=(), answers=True),
]
