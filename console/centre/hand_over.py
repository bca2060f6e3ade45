"""Handing documents over: a number, what is ready here for it, and that it was collected."""

from flask import Response, abort, make_response, request

from console.centre.officers import centre, day_began, tell_of, today
from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, shown, tell
from menus.wishes import number_hmacs
from models.agents import Role
from models.audit import append
from models.hand_overs import hand_over, last_hand_over, take_back
from models.lying import Elsewhere, ready_bearing

_LETTERS = 40

pages = Pages("hand_over")


@pages.page("/hand-over", Role.OFFICER, menu="hand_over.title")
def ask() -> str:
    """Ask for a number."""
    return _asked()


@pages.page("/hand-over", Role.OFFICER, methods=["POST"])
def look() -> Response:
    """Show what is ready here for a number: kind and last three digits, and no more."""
    line, typed = desk().line, request.form.get("number", "").strip()[:_LETTERS]
    if not line.country.formats.asked_by(typed, ""):
        return make_response(_asked(fault="hand_over.bad", number=typed), 422)
    with desk().writing() as connection:
        hmacs = number_hmacs(line.keys, line.country, typed, "")
        found = ready_bearing(connection, centre(), "", hmacs)
        append(connection, current().account, "documents look", found=len(found))
    if not found:
        return make_response(_asked(fault="hand_over.none", number=typed), 422)
    return make_response(shown("hand_over/found.html", found=found))


@pages.page("/hand-over/<int:document>", Role.OFFICER, methods=["POST"])
def collected(document: int) -> Response:
    """Keep that a document was collected."""
    who = current().account
    with desk().writing() as connection:
        try:
            was_ready = hand_over(connection, document, centre(), today(), who)
        except Elsewhere:
            abort(404)
        if was_ready:
            append(connection, who, "documents hand over", document=document)
    tell(*(("hand_over.done",) if was_ready else ("hand_over.gone", "fault")))
    return gone("hand_over.ask")


@pages.page("/hand-over/undo", Role.OFFICER, methods=["POST"])
def undo() -> Response:
    """Take the last hand-over back, on the day of it."""
    who, line = current().account, desk().line
    with desk().writing() as connection:
        document = take_back(connection, centre(), day_began(), today(), who)
        if document:
            tell_of(connection, [document])
            append(connection, who, "documents take back", document=document)
    if document:
        line.bell.ring()
    tell(*(("hand_over.undone",) if document else ("hand_over.nothing", "fault")))
    return gone("hand_over.ask")


def _asked(fault: str = "", number: str = "") -> str:
    with desk().reading() as connection:
        last = last_hand_over(connection, centre(), day_began(), current().account)
    return shown("hand_over/ask.html", last=last, fault=fault, number=number)
