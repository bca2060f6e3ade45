"""What may not be there: an officer looks, and says what became of each document."""

from collections.abc import Sequence

from flask import Response, abort, make_response, request

from console.centre.officers import centre, tell_of, today
from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, shown, tell
from models.agents import Role
from models.audit import append
from models.base import Connection
from models.centres import Centre, every_centre
from models.lying import Elsewhere
from models.not_there import Answer, Doubt, doubts, settle_doubt

pages = Pages("not_there")


@pages.page("/not-there", Role.OFFICER, menu="not_there.title")
def doubted() -> str:
    """List what may not be there, and ask of one what became of it."""
    with desk().reading() as connection:
        return _page(connection, request.args.get("document", 0, int))


@pages.page("/not-there/<int:document>", Role.OFFICER, methods=["POST"])
def settle(document: int) -> Response:
    """Keep what an officer found, and close what callers reported."""
    answer, who = request.form.get("answer", ""), current().account
    to = request.form.get("to", "")
    with desk().writing() as connection:
        fault = _fault(connection, answer, to)
        if fault:
            return make_response(_page(connection, document, fault), 422)
        try:
            was_there = settle_doubt(
                connection, document, centre(), Answer(answer), today(), who, to
            )
        except Elsewhere:
            abort(404)
        if was_there:
            texts = tell_of(connection, [document]) if answer == Answer.FOUND else 0
            about = {"to": to} if answer == Answer.MOVED else {}
            append(
                connection, who, f"documents {answer}", document=document, texts=texts, **about
            )
    if not was_there:
        tell("not_there.gone", "fault")
    else:
        desk().line.bell.ring()
        tell(f"not_there.told_{Answer(answer).name.lower()}", texts=texts)
    return gone("not_there.doubted")


def _fault(connection: Connection, answer: str, to: str) -> str:
    """Say what is wrong with a form; empty where nothing is."""
    if answer not in set(Answer):
        return "not_there.no_answer"
    is_known = to in {one.code for one in _others(connection)}
    return "not_there.no_centre" if answer == Answer.MOVED and not is_known else ""


def _others(connection: Connection) -> list[Centre]:
    """List the centres that a document may have gone to."""
    return [one for one in every_centre(connection) if not one.planned and one.code != centre()]


def _page(connection: Connection, chosen: int, fault: str = "") -> str:
    known = doubts(connection, centre())
    return shown(
        "not_there/doubted.html",
        known=known,
        one=_chosen(known, chosen),
        others=[(one.code, one.short_name) for one in _others(connection)],
        fault=fault,
    )


def _chosen(known: Sequence[Doubt], document: int) -> Doubt | None:
    """Give the document that is asked about: the one that was chosen, or the first."""
    first = known[0] if known else None
    return next((one for one in known if one.document.id == document), first)
