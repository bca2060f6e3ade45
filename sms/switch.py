"""The switch between gateways: the first that is well gets what there is to send.

What one sender finds, all hear of within a second: of a gateway that is away, and of one
that is back. One of them at a time tries an absent gateway.
"""

import logging
import time
from collections.abc import Sequence

from models.base import Connection, Database
from models.gateways import Absence, absences, claim_probe, note_away, note_back
from sms.lane import Lane

LOOK_SECONDS = 1.0
"""How often a sender hears of what others found."""

_log = logging.getLogger(__name__)


class Switch:
    """One sender's choice among its lanes.

    Args:
        lanes: the gateways, the one that is used while it is well first.
    """

    def __init__(self, database: Database, lanes: Sequence[Lane]) -> None:
        self._database = database
        self._lanes = lanes
        self._next_look = 0.0

    def lane(self) -> Lane | None:
        """Give the lane to use now; None where every gateway is away or being tried."""
        for lane in self._lanes:
            lane.look()
        return next((one for one in self._lanes if one.is_ready), None)

    def look(self) -> None:
        """Tell other senders of gateways that are away or back, and hear it from them."""
        news = any(lane.health.is_away != lane.noted_away for lane in self._lanes)
        if not news and time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        with self._database.working() as connection:
            away = {one.name: one for one in absences(connection)}
            for lane in self._lanes:
                _share(connection, lane, away.get(lane.sender.name))


def _share(connection: Connection, lane: Lane, absence: Absence | None) -> None:
    """Bring together what this sender found of a gateway and what all know."""
    health, name = lane.health, lane.sender.name
    if health.is_away:
        if absence and claim_probe(connection, absence):
            lane.probe()
        elif absence is None and lane.noted_away:
            health.come_back()
        elif absence is None:
            note_away(connection, name, health.reason)
            _log.warning("gateway away", extra={"gateway": name, "outcome": health.reason})
    elif absence and not health.is_tried:
        if lane.noted_away:
            note_back(connection, name)
            _log.info("gateway back", extra={"gateway": name})
            absence = None
        else:
            health.leave(absence.reason)
    lane.noted_away = health.is_away or health.is_tried
