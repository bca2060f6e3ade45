"""The audit: the latest acts, and whether the chain that holds them together still does."""

import json
from datetime import datetime

from flask import Response, make_response, request

from console.desk import desk
from console.pages import Pages
from console.parts import shown
from models.agents import Role
from models.audit import Act, acts
from models.chain import Checked, anchor, verify

pages = Pages("audit")

_SHOWN = 200
"""Acts on the page: the latest."""

QUICK = 100_000
"""Acts that are checked while somebody waits; a longer audit is the command's."""

_READERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@pages.page("/audit", *_READERS, menu="audit.title")
def audit() -> str:
    """List the latest acts, those that begin as is asked for."""
    return _shown()


@pages.page("/audit/verify", *_READERS, methods=["POST"])
def check() -> Response:
    """Check the chain, where it is short enough to wait for."""
    with desk().reading() as connection:
        last = anchor(connection)
    checked = verify(desk().database, with_lookups=False) if last.id <= QUICK else None
    return make_response(_shown(checked, is_long=checked is None))


def _shown(checked: Checked | None = None, is_long: bool = False) -> str:
    sought = " ".join(request.args.get("act", "").split())[:40]
    with desk().reading() as connection:
        found = list(acts(connection, act=sought, most=_SHOWN))[::-1]
    rows = [(one, datetime.fromisoformat(one.at), _about(one)) for one in found]
    return shown("audit/list.html", rows=rows, sought=sought, checked=checked, is_long=is_long)


def _about(act: Act) -> str:
    """Write what an act was about as people read it; as it is where it is no JSON of ours."""
    try:
        said = json.loads(act.about)
        return ", ".join(f"{name} {value}" for name, value in said.items())
    except (ValueError, AttributeError):
        return act.about
