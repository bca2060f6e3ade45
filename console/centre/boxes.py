"""Boxes that a centre receives: opened, scanned into, held against a sheet, closed, undone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

from flask import Response, abort, make_response, request

from console.centre.officers import centre, kinds, tell_of, today
from console.centre.scanning import Said, answered, by_script, refused, typed
from console.desk import desk
from console.pages import READ_BY, Pages, current
from console.parts import gone, say, shown, tell
from models import boxes as kept
from models.agents import Role
from models.audit import append
from models.base import Connection
from models.boxes import Box, NotOpen, Scan, Stage, Unreadable, Verdict
from models.closing import close, keep_texts
from models.delivery_sheets import LARGEST, Sheet, read_sheet
from models.lists.refusal import BadFile
from models.lists.vocabulary import Vocabulary
from models.numbers import Kind
from models.undoing import TooLate, may_undo, undo

LOG = 12
"""Scans that the page of an open box shows: the last ones."""

_BESIDE = 20_000
"""Octets of a form beside what it brings."""

_LOOKS = {
    Verdict.EXPECTED: "good",
    Verdict.HERE: "good",
    Verdict.NEW: "good",
    Verdict.MOVED: "odd",
    Verdict.BACK: "odd",
    Verdict.AGAIN: "bad",
    Verdict.BAD: "bad",
}

pages = Pages("boxes")


@pages.page("/boxes", Role.OFFICER, menu="boxes.title")
def boxes() -> str:
    """List the centre's latest boxes, and open another."""
    return _list()


@pages.page("/boxes", Role.OFFICER, methods=["POST"])
def open_box() -> Response:
    """Open a box of one kind, with its delivery sheet if there is one."""
    kind = request.form.get("kind", "")
    if kind not in set(Kind):
        return make_response(_list(fault="boxes.no_kind"), 422)
    try:
        sheet = _sheet(Kind(kind))
    except BadFile as bad:
        return make_response(_list(fault="boxes.bad_sheet", reason=str(bad)), 422)
    if sheet.refusals and "leave_out" not in request.form:
        return make_response(_list(refusals=sheet.refusals), 422)
    with desk().writing() as connection:
        box = kept.open_box(
            connection, desk().line.keys, centre(), Kind(kind), current().account, sheet.numbers
        )
        append(connection, current().account, "boxes open", box=box, listed=len(sheet.numbers))
    if sheet.repeated:
        tell("boxes.repeated", "warn", n=sheet.repeated)
    return gone("boxes.box", box=box)


def _receive() -> None:
    """Let the form bring a sheet, which is kept in memory alone: its numbers touch no disk."""
    request.max_content_length = 2 * LARGEST + _BESIDE
    request.max_form_memory_size = LARGEST + _BESIDE
    request._get_file_stream = _in_memory  # type: ignore[method-assign] # one request's


def _in_memory(*_told: object, **_more: object) -> BytesIO:
    return BytesIO()


READ_BY[open_box] = _receive


@pages.page("/boxes/<int:box>", Role.OFFICER)
def box(box: int) -> str:
    """Show a box: while it is open, what is scanned; then, what became of it."""
    with desk().reading() as connection:
        return _page(connection, _mine(connection, box))


@pages.page("/boxes/<int:box>/scans", Role.OFFICER, methods=["POST"])
def scan(box: int) -> Response:
    """Put numbers into an open box."""
    line, numbers = desk().line, typed()
    try:
        with desk().writing() as connection:
            held = _mine(connection, box, for_change=True)
            scans = [
                kept.scan(connection, line.keys, line.country, held, one, today())
                for one in numbers
            ]
            counts = kept.tally_box(connection, held)
            append(connection, current().account, "boxes scan", box=box, scans=len(scans))
    except NotOpen:
        return _over(box)
    if by_script():
        return answered([_said(one) for one in scans], counts)
    return _scanned(held, scans)


@pages.page("/boxes/<int:box>/scans/<int:item>/remove", Role.OFFICER, methods=["POST"])
def remove(box: int, item: int) -> Response:
    """Take one scan out of an open box."""
    try:
        with desk().writing() as connection:
            held = _mine(connection, box, for_change=True)
            if not kept.remove(connection, held, item):
                abort(404)
            append(connection, current().account, "boxes remove", box=box, item=item)
    except NotOpen:
        return _over(box)
    tell("boxes.removed")
    return gone("boxes.box", box=box)


@pages.page("/boxes/<int:box>/check", Role.OFFICER)
def check(box: int) -> str | Response:
    """Show how a box differs from its sheet, before it is closed."""
    with desk().reading() as connection:
        held = _mine(connection, box)
        counted = kept.count_box(connection, held)
    if held.stage is not Stage.OPEN:
        return gone("boxes.box", box=box)
    return shown("boxes/check.html", box=held, counted=counted)


@pages.page("/boxes/<int:box>/close", Role.OFFICER, methods=["POST"])
def close_box(box: int) -> Response:
    """Close a box: what was scanned is ready here, and who waits for it is told."""
    line, who = desk().line, current().account
    try:
        with desk().writing() as connection:
            held = _mine(connection, box, for_change=True)
            counts = kept.tally_box(connection, held)
            if not counts["scanned"]:
                tell("boxes.empty", "fault")
                return gone("boxes.box", box=box)
            closed = close(connection, line.keys, held, today(), who, desk().demo)
            texts = tell_of(connection, closed.by_hand, closed.batch_id)
            keep_texts(connection, held, texts)
            append(
                connection,
                who,
                "boxes close",
                box=box,
                batch=closed.batch_id,
                documents=closed.documents,
                added=closed.added,
                missing=counts["missing"],
                surplus=counts["surplus"],
                texts=texts,
            )
    except NotOpen:
        return _over(box)
    except Unreadable:
        tell("boxes.unreadable", "fault")
        return gone("boxes.box", box=box)
    line.bell.ring()
    tell("boxes.closed", n=closed.documents, texts=texts)
    return gone("boxes.box", box=box)


@pages.page("/boxes/<int:box>/undo", Role.OFFICER)
def ask_undo(box: int) -> str | Response:
    """Ask whether a box is to be undone, and say what that means."""
    with desk().reading() as connection:
        held = _mine(connection, box)
    if not may_undo(held, datetime.now(UTC)):
        return gone("boxes.box", box=box)
    return shown("boxes/undo.html", box=held)


@pages.page("/boxes/<int:box>/undo", Role.OFFICER, methods=["POST"])
def undo_box(box: int) -> Response:
    """Undo a box that was closed."""
    who = current().account
    try:
        with desk().writing() as connection:
            held = _mine(connection, box, for_change=True)
            undone = undo(connection, held, today(), datetime.now(UTC), who)
            append(
                connection,
                who,
                "boxes undo",
                box=box,
                back=undone.back,
                stayed=undone.stayed,
                withdrawn=undone.withdrawn,
                sent=undone.sent,
            )
    except TooLate:
        tell("boxes.too_late", "fault")
        return gone("boxes.box", box=box)
    tell("boxes.undone", n=undone.back, withdrawn=undone.withdrawn)
    for name, many in (("boxes.stayed", undone.stayed), ("boxes.sent", undone.sent)):
        if many:
            tell(name, "warn", n=many)
    return gone("boxes.box", box=box)


@pages.page("/boxes/<int:box>/drop", Role.OFFICER, methods=["POST"])
def drop(box: int) -> Response:
    """Throw an open box away: nothing of it is kept."""
    try:
        with desk().writing() as connection:
            held = _mine(connection, box, for_change=True)
            counts = kept.tally_box(connection, held)
            kept.drop(connection, held)
            append(
                connection,
                current().account,
                "boxes drop",
                box=box,
                scans=counts["scanned"],
            )
    except NotOpen:
        return _over(box)
    tell("boxes.dropped")
    return gone("boxes.boxes")


def _mine(connection: Connection, box: int, for_change: bool = False) -> Box:
    """Give a box of the officer's own centre; whatever else is asked for is not there."""
    return kept.find_box(connection, box, centre(), for_change) or abort(404)


def _list(**facts: object) -> str:
    with desk().reading() as connection:
        known = kept.boxes_of(connection, centre())
    chosen, pasted = request.form.get("kind", ""), request.form.get("pasted", "")
    return shown(
        "boxes/boxes.html", known=known, kinds=kinds(), chosen=chosen, pasted=pasted, **facts
    )


def _sheet(kind: Kind) -> Sheet:
    """Read the sheet that was uploaded or pasted; an empty one where neither was.

    Raises:
        BadFile: it is none.
    """
    file = request.files.get("sheet")
    octets = file.read() if file else b""
    octets = octets or request.form.get("pasted", "").encode(errors="replace")
    if not octets.strip():
        return Sheet({}, 0, [])
    words = Vocabulary.read(desk().reference_dir)
    return read_sheet(octets, kind, desk().line.country.formats, words)


def _page(connection: Connection, held: Box, fault: str = "", number: str = "") -> str:
    counted = kept.count_box(connection, held)
    template = "boxes/open.html" if held.stage is Stage.OPEN else "boxes/over.html"
    return shown(
        template,
        box=held,
        counted=counted,
        looks=_LOOKS,
        log=counted.scanned[:LOG],
        stayed=[one for one in counted.scanned if one.left_as],
        may_undo=may_undo(held, datetime.now(UTC)),
        fault=fault,
        number=number,
    )


def _said(scan: Scan) -> Said:
    return Said(
        _LOOKS[scan.verdict], say(f"boxes.{scan.verdict}"), scan.last_three, _item(scan)
    )


def _item(scan: Scan) -> int:
    """Give what takes a scan out again: one that is in the box already is not taken out."""
    return 0 if scan.verdict in (Verdict.AGAIN, Verdict.BAD) else scan.item_id


def _scanned(held: Box, scans: Sequence[Scan]) -> Response:
    """Answer a form: the page again, or the fault beside the field."""
    faults = [one for one in scans if one.verdict in (Verdict.BAD, Verdict.AGAIN)]
    if faults or not scans:
        fault = f"boxes.{faults[0].verdict}" if faults else "boxes.no_number"
        number = typed()[scans.index(faults[0])] if faults else ""
        with desk().reading() as connection:
            return make_response(_page(connection, held, fault, number), 422)
    tell(f"boxes.{scans[-1].verdict}")
    return gone("boxes.box", box=held.id)


def _over(box: int) -> Response:
    """Say that the box is closed, to a script or on its page."""
    if by_script():
        return refused(say("boxes.over"))
    tell("boxes.over", "fault")
    return gone("boxes.box", box=box)
