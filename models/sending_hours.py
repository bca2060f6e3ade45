"""The hours in which people are texted what they did not just ask for."""

from datetime import datetime, time, timedelta

from models.country import Country

FROM, TILL = time(8), time(18)
"""Every day, on the country's clock."""

SECONDS = (TILL.hour - FROM.hour) * 60 * 60
"""From one to the other."""


def is_open(country: Country, moment: datetime) -> bool:
    """Say whether notices and campaigns may go out at a moment (UTC)."""
    return FROM <= country.now_there(moment).time() < TILL


def next_morning(country: Country, moment: datetime) -> datetime:
    """Give the first opening after a moment (UTC), as a moment in the country's zone."""
    there = country.now_there(moment)
    opening = there.replace(hour=FROM.hour, minute=FROM.minute, second=0, microsecond=0)
    return opening if there < opening else opening + timedelta(days=1)
