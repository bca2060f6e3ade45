"""Is my document ready? From the kind and the number to the answer, and to a text of it."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from menus import answers
from menus.parse import number_for, receipt_asked
from menus.screens import Ask, Choice, Item, Look, Luck, Menu, Pick, Route, Screen, Tell
from menus.wishes import AnswerMe, TellMeWhenReady, TextMe, Wish
from menus.words import Facts, Words
from models.counties import NAME
from models.documents import Found
from models.numbers import Kind


class Readiness(StrEnum):
    """What a look-up can come to."""

    READY = "ready"
    COMING = "coming"
    CHECKED = "being checked"
    UNKNOWN = "unknown"
    KINDS = "several kinds"
    COUNTIES = "several counties"
    SPENT = "budget spent"
    AWAY = "database away"


class Room(StrEnum):
    """Whether a phone may subscribe once more."""

    ROOM = "room"
    FULL = "full"


_KIND_KEYS = {"4": Kind.ID_CARD, "5": Kind.BIRTH_CERTIFICATE, "6": Kind.DRIVING_LICENCE}
"""Apart from the keys 1 and 2 that text and subscribe: a number may gain a second document
between two hops, and a key must not come to mean the one for the other."""


def readiness(look: Look) -> Readiness:
    """Decide what a look-up came to."""
    finding = look.queries.find(look.said["number"], look.said.get("kind", ""))
    if finding.luck is not Luck.LOOKED:
        return Readiness.SPENT if finding.luck is Luck.SPENT else Readiness.AWAY
    found = _chosen(look, finding.found)
    if not found:
        return Readiness.UNKNOWN
    if len({one.kind for one in found}) > 1:
        return Readiness.KINDS
    if len({one.centre.county_code for one in found}) > 1:
        return Readiness.COUNTIES
    if found[0].checked:
        return Readiness.CHECKED
    return Readiness.READY if found[0].ready else Readiness.COMING


def room(look: Look) -> Room:
    """Decide whether the caller may subscribe."""
    fits = look.queries.may_subscribe(look.said["number"], _kind_asked(look))
    return Room.ROOM if fits else Room.FULL


def document(look: Look) -> Facts:
    """Tell of the document that was found."""
    found = found_of(look)
    number = look.said["number"]
    return answers.facts_of(look.words, number, found[0]) if found else _number(look)


def kinds(look: Look) -> Sequence[Item]:
    """List the kinds of document that bear the number."""
    borne = {one.kind for one in _borne(look)}
    return [
        Item(key, look.words.say("kinds", kind))
        for key, kind in _KIND_KEYS.items()
        if kind in borne
    ]


def counties(look: Look) -> Sequence[Item]:
    """List the counties where documents with the number lie, by county code."""
    borne = {one.centre.county_code: one.centre.county for one in _of_kind(look, _borne(look))}
    return [Item(code[-2:], name) for code, name in sorted(borne.items())]


def text_answer(look: Look) -> Wish:
    """Wish for a text of the answer, once a day for a number and what was chosen of it."""
    said = look.said
    subject = "|".join(
        (said["number"], said.get("kind", ""), said.get("picked", ""), said.get("lies_in", ""))
    )
    return TextMe(subject, answers.text(look.words, said["number"], found_of(look)))


def answer_later(look: Look) -> Wish:
    """Wish for the answer by a text, once the number can be looked up."""
    names = ("number", "kind", "picked", "lies_in")
    said = {name: look.said.get(name, "") for name in names}
    return AnswerMe(said, look.words.code)


def told(look: Look, septets: int) -> str:
    """Write the answer as a text, the kind of document that was named first."""
    named, found = look.said.get("named", ""), found_of(look)
    ordered = sorted(found, key=lambda one: one.kind != named) if named else found
    return answers.text(look.words, look.said["number"], ordered, septets)


def told_spent(look: Look, septets: int) -> str:
    """Write as a text that there is no asking further today."""
    return answers.fitting(look.words, "spent", {}, septets)


def subscribe(look: Look) -> Wish | None:
    """Wish to be told when the document is ready, where there is room for it."""
    if room(look) is Room.FULL:
        return None
    return TellMeWhenReady(look.said["number"], _kind_asked(look), look.words.code)


def _kind_asked(look: Look) -> str:
    """Give the kind that was picked from a list, else the one asked for, else none."""
    asked = _KIND_KEYS.get(look.said.get("picked", "")) or look.said.get("kind", "")
    return asked or _kind_named(look)


def _kind_named(look: Look) -> str:
    """Give the kind that a text named beside its number, unless another one bears it."""
    named = look.said.get("named", "")
    borne = found_of(look) if named else []
    return borne[0].kind if borne else named


def _borne(look: Look) -> Sequence[Found]:
    return look.queries.find(look.said["number"], look.said.get("kind", "")).found


def found_of(look: Look) -> list[Found]:
    """Give the documents that bear the number, of those the ones that the caller chose."""
    return _chosen(look, _borne(look))


def _chosen(look: Look, found: Iterable[Found]) -> list[Found]:
    """Keep what the caller chose, where there was something to choose."""
    county = look.said.get("lies_in", "")
    return [
        one
        for one in _of_kind(look, found)
        if not county or one.centre.county_code[-2:] == county
    ]


def _of_kind(look: Look, found: Iterable[Found]) -> list[Found]:
    kind = _KIND_KEYS.get(look.said.get("picked", ""))
    return [one for one in found if kind is None or one.kind == kind]


def _number(look: Look) -> Facts:
    return answers.no_facts(look.words, look.said["number"])


def _widest_number(words: Words) -> Iterable[Facts]:
    return [answers.no_facts(words, "99999999")]


def _widest_kinds(words: Words) -> Sequence[Item]:
    return [Item(key, words.say("kinds", kind)) for key, kind in _KIND_KEYS.items()]


def _widest_counties(_words: Words) -> Sequence[Item]:
    return [Item(f"{code:02}", "W" * NAME) for code in range(1, 48)]


def _kind(kind: str) -> Mapping[str, str]:
    """Say a kind of document anew, whatever a text named before."""
    return {"kind": kind, "named": ""}


_AGAIN = Choice("again", "3", to="find")
_ANOTHER = Choice("another", "3", to="documents")
_REPORT = Choice("report", "7", to="report_document")

SCREENS: list[Screen] = [
    Menu(
        "documents",
        if_stuck="help",
        choices=(
            Choice("id_card", "1", to="ask_id_card", says=_kind(Kind.ID_CARD)),
            Choice(
                "birth_certificate",
                "2",
                to="ask_birth_certificate",
                says=_kind(Kind.BIRTH_CERTIFICATE),
            ),
            Choice(
                "driving_licence",
                "3",
                to="ask_driving_licence",
                says=_kind(Kind.DRIVING_LICENCE),
            ),
            Choice("receipt", "4", to="ask_receipt", says=_kind("")),
        ),
    ),
    Ask("ask_id_card", parse=number_for(Kind.ID_CARD), to="find", if_stuck="help"),
    Ask(
        "ask_birth_certificate",
        parse=number_for(Kind.BIRTH_CERTIFICATE),
        to="find",
        if_stuck="help",
    ),
    Ask(
        "ask_driving_licence",
        parse=number_for(Kind.DRIVING_LICENCE),
        to="find",
        if_stuck="help",
    ),
    Ask("ask_receipt", parse=receipt_asked, to="find", if_stuck="help"),
    Route(
        "find",
        decide=readiness,
        to={
            Readiness.READY: "ready",
            Readiness.COMING: "coming",
            Readiness.CHECKED: "checked",
            Readiness.UNKNOWN: "not_found",
            Readiness.KINDS: "which_kind",
            Readiness.COUNTIES: "which_county",
            Readiness.SPENT: "budget_spent",
            Readiness.AWAY: "answered_later",
        },
    ),
    Menu(
        "ready",
        facts=document,
        widest=answers.widest_facts,
        if_stuck="help",
        by_sms=told,
        choices=(Choice("text_me", "1", to="texted", wish=text_answer), _ANOTHER, _REPORT),
    ),
    Menu(
        "coming",
        facts=document,
        widest=answers.widest_facts,
        if_stuck="help",
        by_sms=told,
        choices=(Choice("tell_me", "2", to="subscribing", wish=subscribe), _ANOTHER, _REPORT),
    ),
    Menu(
        "checked",
        facts=document,
        widest=answers.widest_facts,
        if_stuck="help",
        by_sms=told,
        choices=(
            Choice("text_me", "1", to="texted", wish=text_answer),
            Choice("tell_me", "2", to="subscribing", wish=subscribe),
            _ANOTHER,
            _REPORT,
        ),
    ),
    Menu(
        "not_found",
        facts=_number,
        widest=_widest_number,
        if_stuck="help",
        by_sms=told,
        choices=(Choice("tell_me", "2", to="subscribing", wish=subscribe), _ANOTHER),
    ),
    Pick(
        "which_kind",
        items=kinds,
        save="picked",
        says={"lies_in": ""},
        to="find",
        if_stuck="help",
        widest=_widest_kinds,
        by_sms=told,
    ),
    Pick(
        "which_county",
        items=counties,
        save="lies_in",
        to="find",
        if_stuck="help",
        widest=_widest_counties,
        by_sms=told,
    ),
    Tell("budget_spent", by_sms=told_spent),
    Menu(
        "answered_later",
        choices=(_AGAIN,),
        if_stuck="help",
        answers=True,
        promise=answer_later,
        unless_kept="away",
    ),
    Menu("away", choices=(_AGAIN,), if_stuck="help", answers=True),
    Menu("texted", choices=(_ANOTHER,), if_stuck="help", answers=True),
    Route(
        "subscribing",
        decide=room,
        to={Room.ROOM: "subscribed", Room.FULL: "too_many"},
    ),
    Menu("subscribed", choices=(_ANOTHER,), if_stuck="help", answers=True),
    Menu("too_many", choices=(_ANOTHER,), if_stuck="help", answers=True),
]
