"""Stock-takes: what is on the shelves is scanned, and what was not seen becomes unconfirmed.

What lies there and should not, by what is known, goes into a box, to be received.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import Response, abort, make_response, request

from console.centre.officers import centre, kinds, tell_of, today
from console.centre.scanning import Said, answered, by_script, refused, typed
from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from menus.wishes import number_hmacs
from models import boxes
from models import stock_takes as kept
from models.agents import Role
from models.audit import append
from models.base import Connection
from models.lying import ready_bearing
from models.numbers import Kind
from models.stock_takes import Ended, StockTake

SHOWN = 500
"""Documents that were not seen, of which a page shows the first."""

pages = Pages("stock_takes")


class Sight(StrEnum):
    """What a scan at a stock-take is.

    Attributes:
        SEEN: it should be here, and is.
        BOXED: it should not; it is in a box now, to be received.
        WHICH: its kind must be said, of the several that it may be.
        AGAIN: it was scanned before.
        BAD: it cannot be a number of this kind.
    """

    SEEN = "seen"
    BOXED = "boxed"
    WHICH = "which"
    AGAIN = "again"
    BAD = "bad"


_LOOKS = {
    Sight.SEEN: "good",
    Sight.BOXED: "odd",
    Sight.WHICH: "bad",
    Sight.AGAIN: "bad",
    Sight.BAD: "bad",
}


@pages.page("/stock-takes", Role.OFFICER, menu="stock_takes.title")
def stock_takes() -> str:
    """List the centre's latest stock-takes, and begin another."""
    return _list()


@pages.page("/stock-takes", Role.OFFICER, methods=["POST"])
def begin() -> Response:
    """Begin a stock-take of one kind, or of all."""
    kind = request.form.get("kind", "all")
    if kind not in ("all", *Kind):
        return make_response(_list(fault="stock_takes.no_kind"), 422)
    who = current().account
    with desk().writing() as connection:
        made = kept.begin(connection, centre(), "" if kind == "all" else kind, who)
        append(connection, who, "stock-takes begin", stock_take=made, kind=kind)
    return gone("stock_takes.stock_take", taken=made)


@pages.page("/stock-takes/<int:taken>", Role.OFFICER)
def stock_take(taken: int) -> str:
    """Show a stock-take: while it goes on, what is scanned; then, what was not seen."""
    with desk().reading() as connection:
        return _page(connection, _mine(connection, taken))


@pages.page("/stock-takes/<int:taken>/scans", Role.OFFICER, methods=["POST"])
def scan(taken: int) -> Response:
    """Note what was seen."""
    numbers, who = typed(), current().account
    try:
        with desk().writing() as connection:
            held = _mine(connection, taken, for_change=True)
            looking = _Looking(connection, held, held.kind or request.form.get("kind", ""))
            scans = [looking.look(one) for one in numbers]
            now = _mine(connection, taken)
            append(connection, who, "stock-takes scan", stock_take=taken, scans=len(scans))
    except Ended:
        return _over(taken)
    if by_script():
        return answered([one.said for one in scans], {"seen": now.seen})
    return _scanned(taken, scans)


@pages.page("/stock-takes/<int:taken>/check", Role.OFFICER)
def check(taken: int) -> str | Response:
    """Show what was not seen so far, before a stock-take is ended."""
    with desk().reading() as connection:
        held = _mine(connection, taken)
        if held.ended_at is not None:
            return gone("stock_takes.stock_take", taken=taken)
        lost = kept.unseen(connection, held)
    return shown("stock_takes/check.html", taken=held, lost=lost, most=SHOWN)


@pages.page("/stock-takes/<int:taken>/end", Role.OFFICER, methods=["POST"])
def end(taken: int) -> Response:
    """End a stock-take: what was seen is confirmed today, and what was not is in doubt."""
    who = current().account
    try:
        with desk().writing() as connection:
            held = _mine(connection, taken, for_change=True)
            seen, lost = kept.end(connection, held, today(), who)
            texts = tell_of(connection, seen)
            append(
                connection,
                who,
                "stock-takes end",
                stock_take=taken,
                seen=len(seen),
                unseen=len(lost),
                texts=texts,
            )
    except Ended:
        return _over(taken)
    desk().line.bell.ring()
    tell("stock_takes.ended", seen=len(seen), unseen=len(lost))
    return gone("stock_takes.stock_take", taken=taken)


@pages.page("/stock-takes/<int:taken>/take-back", Role.OFFICER, methods=["POST"])
def take_back(taken: int) -> Response:
    """Let what a stock-take did not see be in doubt no more: it was ended too early."""
    who = current().account
    with desk().writing() as connection:
        held = _mine(connection, taken, for_change=True)
        back = kept.take_back(connection, held)
        append(connection, who, "stock-takes take back", stock_take=taken, documents=back)
    tell("stock_takes.taken_back", n=back)
    return gone("stock_takes.stock_take", taken=taken)


@dataclass(frozen=True)
class _Seen:
    """What came of one scan."""

    sight: Sight
    last_three: str = ""

    @property
    def said(self) -> Said:
        """What an officer is told."""
        text = say(f"stock_takes.{self.sight}")
        return Said(_LOOKS[self.sight], text, self.last_three)


@dataclass(frozen=True)
class _Looking:
    """Looks at scans of a stock-take that is held for change.

    Attributes:
        kind: of what is scanned now; empty where its number must tell.
    """

    connection: Connection
    taken: StockTake
    kind: str

    def look(self, number: str) -> _Seen:
        """Note what was seen, or put it into a box.

        Raises:
            Ended: the stock-take was ended.
        """
        line = desk().line
        kind = self.kind if self.kind in set(Kind) else ""
        if self.taken.ended_at is not None:
            raise Ended
        if not line.country.formats.asked_by(number, kind):
            return _Seen(Sight.BAD)
        hmacs = number_hmacs(line.keys, line.country, number, kind)
        found = ready_bearing(self.connection, self.taken.centre_code, kind, hmacs)
        if len({one.kind for one in found}) > 1 or not (found or kind):
            return _Seen(Sight.WHICH)
        if not found:
            return self._boxed(Kind(kind), number)
        new = [kept.see(self.connection, self.taken, one.id) for one in found]
        return _Seen(Sight.SEEN if any(new) else Sight.AGAIN, found[0].last_three)

    def _boxed(self, kind: Kind, number: str) -> _Seen:
        """Put what should not lie here into the box of its kind."""
        line = desk().line
        box = boxes.box_of_stock_take(self.connection, self.taken.id, kind) or self._box(kind)
        scan = boxes.scan(self.connection, line.keys, line.country, box, number, today())
        if scan.verdict is boxes.Verdict.BAD:
            return _Seen(Sight.BAD)
        is_new = scan.verdict is not boxes.Verdict.AGAIN
        return _Seen(Sight.BOXED if is_new else Sight.AGAIN, scan.last_three)

    def _box(self, kind: Kind) -> boxes.Box:
        made = boxes.open_box(
            self.connection,
            desk().line.keys,
            self.taken.centre_code,
            kind,
            current().account,
            stock_take_id=self.taken.id,
        )
        box = boxes.find_box(self.connection, made, self.taken.centre_code, for_change=True)
        return box or abort(404)


def _mine(connection: Connection, taken: int, for_change: bool = False) -> StockTake:
    """Give a stock-take of the officer's own centre; any other is not there."""
    return kept.find_stock_take(connection, taken, centre(), for_change) or abort(404)


def _list(fault: str = "") -> str:
    with desk().reading() as connection:
        known = kept.stock_takes_of(connection, centre())
    return shown("stock_takes/stock_takes.html", known=known, kinds=_kinds(), fault=fault)


def _kinds() -> list[tuple[str, str]]:
    return [("all", say("stock_takes.all_kinds")), *kinds()]


def _page(connection: Connection, held: StockTake, fault: str = "", number: str = "") -> str:
    found = boxes.boxes_of_stock_take(connection, held.id)
    facts = {"taken": held, "found": found, "fault": fault, "number": number}
    if held.ended_at is None:
        chosen = request.form.get("kind", "")
        several = [("", say("stock_takes.by_number")), *kinds()]
        return shown("stock_takes/open.html", several=several, chosen=chosen, **facts)
    lost = kept.unseen(connection, held)
    return shown("stock_takes/over.html", lost=lost, most=SHOWN, **facts)


def _scanned(taken: int, scans: Sequence[_Seen]) -> Response:
    """Answer a form: the page again with what is wrong beside the field, or what was seen."""
    faults = [one for one in scans if _LOOKS[one.sight] == "bad"]
    if faults or not scans:
        fault = f"stock_takes.{faults[0].sight}" if faults else "boxes.no_number"
        number = typed()[scans.index(faults[0])] if faults else ""
        with desk().reading() as connection:
            page = _page(connection, _mine(connection, taken), fault, number)
        return make_response(page, 422)
    tell(f"stock_takes.{scans[-1].sight}")
    return gone("stock_takes.stock_take", taken=taken)


def _over(taken: int) -> Response:
    """Say that the stock-take was ended, to a script or on its page."""
    if by_script():
        return refused(say("stock_takes.over"))
    tell("stock_takes.over", "fault")
    return gone("stock_takes.stock_take", taken=taken)
