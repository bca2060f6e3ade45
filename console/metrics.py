"""What a monitor scrapes: how the line stands, in Prometheus' own format.

It answers on loopback, or to who knows the token. Nothing in it is personal, and no label
comes from outside: they are our own words, and the names of gateways as they are set. While
the database is away it tells what is known without it.
"""

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST

from console import vitals
from console.gauges import Page
from menus.line import Line
from models.base import Unavailable
from models.lookup_counts import LookupCounts
from models.sms_counts import Counts
from models.spending import MONEY

_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
"""A request that came through a proxy is not the proxy's own."""


def blueprint(
    line: Line,
    counted: Callable[[], Counts],
    looked: Callable[[], LookupCounts],
    token: str,
) -> Blueprint:
    """Make the address that a monitor scrapes.

    Args:
        counted: counts texts anew; raises Unavailable while the database is away.
        looked: counts look-ups likewise.
        token: opens it from elsewhere than loopback; empty where nothing does.
    """
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def metrics() -> Response:
        if not (_is_local() or _knows(token)):
            abort(404)
        page = Page()
        vitals.write(page, line)
        try:
            counts, lookups = counted(), looked()
            _write_counts(page, counts, lookups)
            vitals.write_kept(page, line)
            is_up = line.database.stands()
        except Unavailable:
            is_up = False
        about = "1 while the database itself answers, else 0; a replica does not count."
        page.write("line_database_up", about, is_up)
        return Response(page.octets(), content_type=CONTENT_TYPE_LATEST)

    return pages


def _is_local() -> bool:
    proxied = any(name in request.headers for name in _PROXIED)
    return request.remote_addr in _LOOPBACK and not proxied


def _knows(token: str) -> bool:
    """Say whether the request brings the token, in a time that tells nothing."""
    given = request.authorization
    if not token or given is None or given.type != "bearer":
        return False
    brought = (given.token or "").encode(errors="surrogatepass")
    return hmac.compare_digest(brought, token.encode())


def _write_counts(page: Page, counts: Counts, lookups: LookupCounts) -> None:
    """Write what is counted in the database."""
    _write_messages(page, counts)
    _write_spending(page, counts)
    page.write_each(
        "line_sms_gateway_away",
        "1 for a gateway that is handed nothing for now; none for one that is well.",
        "gateway",
        {one.name: 1 for one in counts.away},
    )
    page.write(
        "line_sms_stray_reports",
        "Reports of the last day for which no message was found yet.",
        counts.strays,
    )
    page.write(
        "line_subscriptions_open",
        "Subscriptions whose document is not ready yet.",
        counts.subscriptions,
    )
    page.write("line_sms_stopped_phones", "Phones that want no texts unasked.", counts.stopped)
    _write_lookups(page, lookups)


def _write_messages(page: Page, counts: Counts) -> None:
    waiting = {one.name.lower(): waits for one, waits in counts.waiting.items()}
    page.write_each(
        "line_sms_messages",
        "Messages in the outbox, by state.",
        "state",
        {str(one): n for one, n in counts.states.items()},
    )
    page.write_each(
        "line_sms_queued",
        "Messages that wait, by priority, those of stopped campaigns included.",
        "priority",
        {name: waits.queued for name, waits in waiting.items()},
    )
    page.write_each(
        "line_sms_due",
        "Messages that wait and are due; notices and campaigns go out by day alone.",
        "priority",
        {name: waits.due for name, waits in waiting.items()},
    )
    page.write_each(
        "line_sms_oldest_due_seconds",
        "For how long the message has been due that has been so for longest; 0 without one.",
        "priority",
        {name: waits.oldest_due_seconds for name, waits in waiting.items()},
    )
    page.write(
        "line_sms_submitting_seconds",
        "How long the oldest submission that is under way has lasted; 0 without one.",
        counts.submitting_seconds,
    )
    unknown = counts.unknown
    page.write_each(
        "line_sms_unknown",
        "Messages of unknown fate: for under an hour, under a day, or longer.",
        "age",
        {"hour": unknown.hour, "day": unknown.day, "older": unknown.older},
    )
    page.write_each(
        "line_sms_handed_over",
        "Messages handed to gateways in the last so many seconds, whatever became of them.",
        "seconds",
        {str(window): n for window, n in counts.handed_over.items()},
    )


def _write_spending(page: Page, counts: Counts) -> None:
    page.write("line_sms_segments_today", "Segments sent today.", counts.spent.segments)
    page.write(
        "line_sms_segments_limit",
        "Segments that a day may come to; 0 is no limit.",
        counts.limits.segments,
    )
    page.write(
        "line_sms_money_today",
        "What today's segments came to, in the country's currency.",
        counts.spent.money / MONEY,
    )
    page.write(
        "line_sms_money_limit",
        "What a day may come to, in the country's currency; 0 is no limit.",
        counts.limits.money / MONEY,
    )


def _write_lookups(page: Page, counts: LookupCounts) -> None:
    page.write_each(
        "line_lookups_last_hour",
        "Look-ups of the last hour, by outcome.",
        "outcome",
        {str(one): n for one, n in counts.outcomes.items()},
    )
    page.write_each(
        "line_lookup_flags_open",
        "Flags that look-ups stand out, until an operator closes them.",
        "kind",
        {str(one): n for one, n in counts.flags.items()},
    )
