"""The directory: all that the menus know of centres, services and desks, in one snapshot.

It is read whole, and then asked without the database.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlalchemy import Connection

from models import announcements as announced
from models.announcements import Announcement
from models.centres import Centre, every_centre
from models.constituencies import Constituency, every_constituency
from models.counties import County, every_county
from models.desks import Desk, every_desk
from models.services import Service, every_service


@dataclass(frozen=True)
class Name:
    """A name that people know a place by.

    It is a county's where it is no centre's and no constituency's.
    """

    text: str
    county_code: str
    centre_code: str = ""
    constituency_code: str = ""


@dataclass(frozen=True, eq=False)
class Directory:
    """A snapshot of the reference data and the announcements; compare them by `digest`.

    Counties, constituencies and announcements come by code, centres by county and number,
    services by desk and key, desks by centre, desk and day.
    """

    counties: tuple[County, ...]
    constituencies: tuple[Constituency, ...]
    centres: tuple[Centre, ...]
    services: tuple[Service, ...]
    desks: tuple[Desk, ...]
    announcements: tuple[Announcement, ...]

    def county(self, code: str) -> County | None:
        """Give a county by its code; None where there is no such one."""
        return self._counties.get(code)

    def constituency(self, code: str) -> Constituency | None:
        """Give a constituency by its code; None where there is no such one."""
        return self._constituencies.get(code)

    def centre(self, code: str) -> Centre | None:
        """Give a centre by its code; None where there is no such one."""
        return self._centres.get(code)

    def service(self, code: str) -> Service | None:
        """Give a service by its code; None where there is no such one."""
        return self._services.get(code)

    def centres_of(self, county_code: str) -> tuple[Centre, ...]:
        """List a county's centres, the planned ones among them."""
        return tuple(one for one in self.centres if one.county_code == county_code)

    def services_at_desk(self, kind: str) -> tuple[Service, ...]:
        """List the services of a kind of desk, by key."""
        return tuple(one for one in self.services if one.desk == kind)

    def has_desk(self, centre_code: str, desk: str, day: date) -> bool:
        """Say whether a centre has a desk on a day."""
        return any(
            one.stands_on(day)
            for one in self.desks
            if (one.centre_code, one.desk) == (centre_code, desk)
        )

    def centres_with(self, desk: str, day: date) -> tuple[Centre, ...]:
        """List the open centres that have a desk on a day."""
        having = {
            one.centre_code for one in self.desks if one.desk == desk and one.stands_on(day)
        }
        return tuple(one for one in self.centres if one.code in having and not one.planned)

    def announcements_on(self, day: date) -> tuple[Announcement, ...]:
        """List the announcements of a day, the newest first."""
        holding = (one for one in self.announcements if one.holds_on(day))
        return tuple(sorted(holding, key=lambda one: -one.since.toordinal()))

    @cached_property
    def digest(self) -> str:
        """A digest of everything in here: equal contents have equal ones, anywhere."""
        return _digest(self.of_lists, self.announcements)

    @cached_property
    def of_lists(self) -> str:
        """A digest of what keys are chosen from: announcements are only read."""
        return _digest(
            self.counties, self.constituencies, self.centres, self.services, self.desks
        )

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The names of all places: a constituency with a centre of its own is that centre."""
        own = {one.constituency_code: one.code for one in self.centres if one.constituency_code}
        names = [
            Name(text, one.code)
            for one in self.counties
            for text in (one.name, one.headquarters)
        ]
        names += [
            Name(text, one.county_code, one.code)
            for one in self.centres
            for text in (one.short_name, one.town)
        ]
        names += [
            Name(one.name, one.county_code, own.get(one.code, ""), one.code)
            for one in self.constituencies
        ]
        return tuple(one for one in names if one.text)

    @cached_property
    def _counties(self) -> dict[str, County]:
        return {one.code: one for one in self.counties}

    @cached_property
    def _constituencies(self) -> dict[str, Constituency]:
        return {one.code: one for one in self.constituencies}

    @cached_property
    def _centres(self) -> dict[str, Centre]:
        return {one.code: one for one in self.centres}

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {one.code: one for one in self.services}


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


EMPTY = Directory((), (), (), (), (), ())
"""The directory of a database that has not been read."""


def read_directory(connection: Connection) -> Directory:
    """Read the whole directory, in seven statements."""
    return Directory(
        counties=every_county(connection),
        constituencies=every_constituency(connection),
        centres=tuple(every_centre(connection)),
        services=every_service(connection),
        desks=every_desk(connection),
        announcements=announced.every(connection),
    )
