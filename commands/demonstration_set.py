"""The demonstration's documents: exactly the counts of January 2024, the same every time.

Huduma Kenya said on 30 January 2024 that 122,027 ID cards, 51,773 birth certificates and
52,447 smart driving licences lay uncollected in 53 centres (The Star, 30 Jan 2024). How
they were spread over the centres was not said: here it follows the counties' people. The
numbers are made up; IDs begin with 9, as none in use does, but for a few to try.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from models.centres import HUDUMA, Centre
from models.documents import State
from models.matching import Row
from models.numbers import Kind, NumberType

READY = {
    Kind.ID_CARD: 122_027,
    Kind.BIRTH_CERTIFICATE: 51_773,
    Kind.DRIVING_LICENCE: 52_447,
}
COMING = {Kind.ID_CARD: 2_400, Kind.BIRTH_CERTIFICATE: 900, Kind.DRIVING_LICENCE: 900}
TOTAL = sum(READY.values()) + sum(COMING.values())
AS_OF = date(2024, 1, 30)
COUNTED_ON = "2024-02-01"
"""The day that a 53rd centre opened, the last of those that the counts were said of."""

TRY = (
    ("12345678", "an ID number: its card is ready in Nairobi"),
    ("23456789", "an ID number: its card is coming to Thika"),
    ("45678901", "an ID number: its card and a driving licence are ready"),
    ("0123456789", "a birth entry number: its certificate is ready in Kisumu"),
    ("7654321098", "a birth entry number that two counties gave"),
    ("34567890", "an ID number that nothing is known of"),
)

_FIRST_DAY = date(2021, 1, 4)
_STEP = 7_919
_SPREAD = 10_000_000


def rows(centres: Sequence[Centre], people: Mapping[str, int]) -> Iterator[Row]:
    """Give every document of the demonstration, at the centres of that day.

    Args:
        people: each county's, by county code.
    """
    centres = counted(centres)
    by_code = {one.code: one for one in centres}
    planted = list(_planted())
    yield from (row for row in planted if row.centre_code in by_code)
    for state, counts in ((State.READY, READY), (State.COMING, COMING)):
        for kind, count in counts.items():
            done = sum(1 for row in planted if (row.kind, row.state) == (kind, state))
            places = _places(centres, people, count - done)
            for position, code in enumerate(places):
                yield _made_up(kind, state, code, position)


def counted(centres: Sequence[Centre]) -> list[Centre]:
    """List the centres that the counts were said of: those that have opened since are not."""
    return [
        one
        for one in centres
        if one.kind == HUDUMA and not one.planned and one.opened <= COUNTED_ON
    ]


def _places(centres: Sequence[Centre], people: Mapping[str, int], count: int) -> Iterator[str]:
    """Spread documents over centres by people, what is left over by largest remainder."""
    in_county: dict[str, int] = {}
    for one in centres:
        in_county[one.county_code] = in_county.get(one.county_code, 0) + 1
    weights = {
        one.code: people[one.county_code] // in_county[one.county_code] for one in centres
    }
    whole = sum(weights.values())
    shares = {code: count * weight // whole for code, weight in weights.items()}
    by_rest = sorted(weights, key=lambda code: (-(count * weights[code] % whole), code))
    for code in by_rest[: count - sum(shares.values())]:
        shares[code] += 1
    for code in sorted(shares):
        yield from (code for _ in range(shares[code]))


def _made_up(kind: Kind, state: State, centre_code: str, position: int) -> Row:
    nth = position if state is State.READY else position + 200_000
    return Row(kind, state, centre_code, _received(nth, state), _numbers(kind, nth))


def _numbers(kind: Kind, nth: int) -> dict[NumberType, str]:
    """Make numbers that never meet: a step without common divisor walks the whole range."""
    if kind is Kind.BIRTH_CERTIFICATE:
        return {NumberType.BIRTH_ENTRY: str(100_000_000 + nth * _STEP % _SPREAD)}
    shift = 0 if kind is Kind.ID_CARD else 5_000_000
    numbers = {NumberType.NATIONAL_ID: str(90_000_000 + (nth + shift) * _STEP % _SPREAD)}
    if kind is Kind.ID_CARD:
        numbers[NumberType.WAITING_CARD] = str(300_000_000 + nth * _STEP % _SPREAD)
    return numbers


def _received(nth: int, state: State) -> date | None:
    return None if state is State.COMING else _FIRST_DAY + timedelta(days=nth % 1_100)


def _planted() -> Iterator[Row]:
    """Give the documents to try, which stand among the counts."""
    national_id, entry = NumberType.NATIONAL_ID, NumberType.BIRTH_ENTRY
    day = date(2023, 11, 6)
    waiting_card = {national_id: "12345678", NumberType.WAITING_CARD: "123456789"}
    yield Row(Kind.ID_CARD, State.READY, "047-01", day, waiting_card)
    yield Row(Kind.ID_CARD, State.COMING, "022-01", None, {national_id: "23456789"})
    yield Row(Kind.ID_CARD, State.READY, "032-01", day, {national_id: "45678901"})
    yield Row(Kind.DRIVING_LICENCE, State.READY, "032-01", day, {national_id: "45678901"})
    yield Row(Kind.BIRTH_CERTIFICATE, State.READY, "042-01", day, {entry: "123456789"})
    yield Row(Kind.BIRTH_CERTIFICATE, State.READY, "001-01", day, {entry: "7654321098"})
    yield Row(Kind.BIRTH_CERTIFICATE, State.READY, "027-01", day, {entry: "7654321098"})
