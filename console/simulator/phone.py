"""The phone on a page: a plain handset that dials the line's real gateway addresses.

It is the demonstration's alone. All that it does it does from the browser, with the fields
that Africa's Talking sends: nothing behind it knows that no network lies between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from flask import Blueprint, render_template, request, url_for

from console import words
from console.simulator.gateway import loopback_only
from menus.line import Line
from models.gsm7 import SMS_PART, SMS_SEGMENT, UCS2_PART, UCS2_SEGMENT, septets

NOUN = "simulator"
SANDBOX = "99999"
"""What Africa's Talking calls the network of its own simulator."""

PATIENCE_SECONDS = 30
"""How long a caller of most networks has for a page, before the network ends the session."""

SESSION_SECONDS = 180
"""How long such a session lasts at most."""

_LAST_LETTER = 0x20AC
"""The last letter of the GSM alphabet: the euro sign."""

_SAID = "said_"
"""How those words begin that the script says."""


@dataclass(frozen=True)
class Handset:
    """What the phone must know of the line that it dials.

    Attributes:
        page: septets of a USSD page.
        token: what the gateway's addresses end in.
        sender: what texts are sent to, and come from.
        networks: the networks of the country by their codes.
        numbers: document numbers to try.
    """

    line: Line
    page: int
    token: str
    sender: str
    networks: Mapping[str, str]
    numbers: Sequence[str]


def blueprint(handset: Handset) -> Blueprint:
    """Make the page with the phone."""
    pages = Blueprint(
        NOUN,
        __name__,
        url_prefix="/simulator",
        template_folder="../templates",
        static_folder="../static",
        static_url_path="/static",
    )
    pages.before_request(loopback_only)

    @pages.get("/")
    def phone() -> str:
        spoken = _language()
        return render_template(
            "simulator/phone.html",
            say=partial(_say, spoken),
            demo=words.say(spoken, "layout.demo"),
            language=spoken,
            languages=list(words.languages()),
            handset=handset,
            sandbox=SANDBOX,
            facts=_facts(handset, spoken),
        )

    return pages


def _language() -> str:
    """Give the language that was asked for, else the browser's, else the first."""
    known = list(words.languages())
    asked = request.args.get("language", "")
    return asked if asked in known else request.accept_languages.best_match(known, words.FIRST)


def _say(spoken: str, name: str, **facts: object) -> str:
    return words.say(spoken, f"{NOUN}.{name}", **facts)


def _facts(handset: Handset, spoken: str) -> dict[str, Any]:
    """Give what the script must know."""
    ussd, sms = (f"/{face}/africastalking/{handset.token}" for face in ("ussd", "sms"))
    one_each, two_each = _alphabet()
    return {
        "ussd": ussd,
        "events": f"{ussd}/events",
        "sms": sms,
        "reports": f"{sms}/reports",
        "inbox": url_for("simulated_gateway.inbox"),
        "code": handset.line.code,
        "sender": handset.sender,
        "phone": handset.line.country.example_phone,
        "zone": str(handset.line.country.time_zone),
        "page": handset.page,
        "patience": PATIENCE_SECONDS,
        "session": SESSION_SECONDS,
        "oneEach": one_each,
        "twoEach": two_each,
        "segment": [SMS_SEGMENT, SMS_PART],
        "wide": [UCS2_SEGMENT, UCS2_PART],
        "words": _words_of_script(spoken),
    }


@cache
def _alphabet() -> tuple[str, str]:
    """List the letters that take one septet, and those that take two."""
    letters = [chr(code) for code in range(_LAST_LETTER + 1)]
    one_each, two_each = ("".join(one for one in letters if septets(one) == n) for n in (1, 2))
    return one_each, two_each


def _words_of_script(spoken: str) -> dict[str, str]:
    """Give what the script says; its `{places}` are filled there."""
    prefix = f"{NOUN}.{_SAID}"
    first = words.languages()[words.FIRST]
    own = {**first, **words.languages()[spoken]}
    return {name.removeprefix(prefix): own[name] for name in first if name.startswith(prefix)}
