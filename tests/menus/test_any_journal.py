"""Lines of the look-ups' journal, whatever a power cut made of them."""

from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from menus.lookups import Journal, _Tail
from models.lookups import Channel, Lookup, Outcome, Unreadable

hmacs = st.binary(min_size=32, max_size=32)
lookups = st.builds(
    Lookup,
    at=st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
        lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000)
    ),
    day=st.dates(date(2024, 1, 1), date(2040, 1, 1)),
    channel=st.sampled_from(Channel),
    outcome=st.sampled_from(Outcome),
    phone_hmac=hmacs,
    subject=hmacs,
    near=st.just((b"", b"")) | st.tuples(*[st.binary(min_size=16, max_size=16)] * 2),
    fresh=st.booleans(),
)


@settings(max_examples=50)
@given(lookup=lookups)
def test_a_line_that_was_written_is_read_as_it_was(lookup: Lookup) -> None:
    assert Lookup.read(lookup.line) == lookup


@settings(max_examples=30)
@given(lookup=lookups, data=st.data())
def test_a_line_that_was_spoilt_is_another_look_up_or_none(
    lookup: Lookup, data: st.DataObject
) -> None:
    line = bytearray(lookup.line)
    for _ in range(data.draw(st.integers(1, 5))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = Lookup.read(bytes(line))
    except Unreadable:
        return

    assert isinstance(read, Lookup)


@settings(max_examples=30)
@given(octets=st.binary(max_size=300) | lookups.map(lambda one: one.line.replace(b"a", b"z")))
def test_a_spoilt_file_stops_nobody_from_reading_on(octets: bytes) -> None:
    tail = _Tail()
    tail.take(octets)

    assert tail.end == octets.rfind(b"\n") + 1


def test_beside_a_spoilt_line_look_ups_are_recorded(tmp_path: Path) -> None:
    moment = datetime(2026, 10, 9, 9, tzinfo=UTC)
    asked = Lookup(
        moment, moment.date(), Channel.USSD, Outcome.UNKNOWN, b"p" * 32, b"s" * 32, fresh=True
    )
    spoilt = asked.line.replace(asked.subject.hex().encode(), b"z" * 64)
    (tmp_path / "00000000000000000001-ab.open").write_bytes(spoilt)

    assert Journal(tmp_path).admit(asked, ()).outcome is Outcome.UNKNOWN
