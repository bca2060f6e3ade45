"""Flags: what stands out among look-ups, and closing one once it was looked into."""

from datetime import UTC

from flask import Response, abort, make_response, request

from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, shown, tell
from models.agents import Role
from models.audit import append
from models.flag_list import Finding, listed
from models.lookup_flags import close

pages = Pages("flags")

_WRONG = 422
_LARGEST_ID = 2**63 - 1


@pages.page("/figures/flags", Role.SUPERVISOR, menu="figures.flags")
def flags() -> Response:
    """List what stands out."""
    return _list()


@pages.page("/figures/flags/<int:flag>/close", Role.SUPERVISOR, methods=["POST"])
def close_flag(flag: int) -> Response:
    """Close a flag with what was found: what was asked until now raises no other one."""
    if flag > _LARGEST_ID:
        abort(404)
    found = request.form.get("found", "")
    if found not in set(Finding):
        return _list(flag)
    now = desk().line.clock().astimezone(UTC)
    with desk().writing() as connection:
        kind = close(connection, flag, now)
        if kind is None:
            abort(404)
        append(
            connection,
            current().account,
            "lookups close",
            flag=flag,
            kind=str(kind),
            found=found,
        )
    tell("figures.flag_closed", flag=flag)
    return gone("flags.flags")


def _list(unfound: int = 0) -> Response:
    """Show the list.

    Args:
        unfound: the flag that was to be closed without a word of what was found.
    """
    with desk().reading() as connection:
        found = listed(connection)
    if unfound and unfound not in {one.id for one in found if one.closed_at is None}:
        abort(404)
    page = shown("figures/flags.html", flags=found, findings=tuple(Finding), unfound=unfound)
    return make_response(page, _WRONG if unfound else 200)
