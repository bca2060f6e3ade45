"""A row of a list, read as the document that it tells of, or refused with its reason."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from operator import itemgetter
from typing import Any, Generic, TypeVar

from models.country import Country
from models.documents import State
from models.lists import mangled
from models.lists.centre_names import CentreNames
from models.lists.columns import Columns, Fill
from models.lists.days import day_of
from models.lists.letters import bare, key
from models.lists.parts import CELL
from models.lists.phones import Phones
from models.lists.refusal import FORMULA, LONG, Refused
from models.lists.refusal import Refusal as Refusal
from models.lists.vocabulary import Vocabulary
from models.matching import Row
from models.numbers import ANY_NUMBER, PRINCIPAL, Kind, Malformed, NumberType

Value = TypeVar("Value")

_KEPT = 10_000
_KEPT_LETTERS = 100
_DIGITS = re.compile("[0-9]+")


class Reading:
    """Reads the rows of one list. It may be sent to another process.

    Args:
        columns: where each column stands.
        fill: what stands for columns that lack, and for empty cells of those that do not.
        centres: the code of each centre, by every name it may be called.
        today: the day of the import, after which nothing can have been received.
    """

    def __init__(
        self,
        columns: Columns,
        fill: Fill,
        country: Country,
        centres: Mapping[str, str],
        today: date,
        words: Vocabulary,
    ) -> None:
        self._made_of = (columns, fill, country, dict(centres), today, words)
        self._columns, self._fill, self._words = columns, fill, words
        self._width, self._least = columns.width, columns.least
        self._pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*columns.places)
        self._lacks = columns.width in columns.places
        self._uneven = self._lacks or bool(columns.nameless)
        self._formats = country.formats
        self._names = CentreNames(centres, country.place_words | words.beside)
        self._phone = Phones(country).phone
        self._mobile = country.mobile.fullmatch if country.mobile else _never
        self._today = today
        self._kinds = _Known(self._kind)
        self._centres = _Known(self._centre)
        self._states = _Known(self._state)
        self._days = _Known(self._day)
        self._principal = {
            kind: (number_type, self._clean(number_type))
            for kind, number_type in PRINCIPAL.items()
        }

    def __reduce__(self) -> tuple[type["Reading"], tuple[Any, ...]]:
        return Reading, self._made_of

    @property
    def faults(self) -> list[Refusal]:
        """What is wrong with what was given by option, so that no row need be read."""
        if self._fill.centre:
            try:
                self._names.code(self._fill.centre)
            except Refused as refused:
                return [Refusal(0, "--centre", refused.reason)]
        return []

    def row(self, line: int, cells: list[str]) -> Row | Refusal:
        """Read a row.

        Args:
            line: where it stands, for a refusal.
        """
        try:
            if self._uneven or len(cells) != self._width:
                cells = self._fitted(cells)
            kind_cell, number, centre_cell, state, received_on, phone = self._pick(cells)
            kind = self._kinds[kind_cell]
            number_type, clean = self._principal[kind]
            if not clean(number):
                number = self._number("number", number_type, number)
            numbers = {number_type: number}
            if self._columns.further:
                self._add_further(numbers, cells)
            centre = self._centres[centre_cell]
            return Row(
                kind,
                self._states[state],
                centre,
                self._days[received_on],
                numbers,
                phone if self._mobile(phone) else self._phone_in(phone),
            )
        except _Cell as refused:
            return Refusal(line, refused.column, refused.reason)

    def _fitted(self, cells: list[str]) -> list[str]:
        """Give a row as many cells as there are columns, where it says nothing beside them."""
        width = self._width
        given = len(cells)
        if given > width and not "".join(cells[width:]).strip():
            cells, given = cells[:width], width
        elif self._least <= given < width:
            cells, given = [*cells, *[""] * (width - given)], width
        if given != width:
            raise _Cell("row", f"{given} cells, where the header has {width}")
        for place in self._columns.nameless:
            if cells[place].strip():
                raise _Cell(f"column {place + 1}", "a cell in a column without a name")
        return [*cells, ""] if self._lacks else cells

    def _clean(self, number_type: NumberType) -> Callable[[str], object]:
        """Give what tells of a number whether it is its own canonical form: digits alone."""
        form = self._formats.forms.get(number_type)
        if form is None:
            return _never
        digits = f"(?=[1-9][0-9]{{{max(form.least, 1) - 1},{ANY_NUMBER - 1}}}\\Z)"
        try:
            return re.compile(f"{digits}(?:{form.pattern.pattern})").fullmatch
        except re.error:  # flags within, or numbered groups
            return _never

    def _number(self, column: str, number_type: NumberType, text: str) -> str:
        _refuse_long(column, text)
        labels = () if number_type is NumberType.RECEIPT else self._words.labels
        try:
            plain = text if _DIGITS.fullmatch(text) else mangled.number(text, labels)
            return self._formats.canonical(number_type, plain)
        except Refused as refused:
            raise _Cell(column, refused.reason) from None
        except Malformed:
            raise _Cell(column, f"cannot be a number of type {number_type}") from None

    def _add_further(self, numbers: dict[NumberType, str], cells: list[str]) -> None:
        for number_type, place in self._columns.further:
            if text := cells[place].strip():
                numbers[number_type] = self._number(str(number_type), number_type, text)

    def _phone_in(self, text: str) -> str | None:
        _refuse_long("phone", text)
        try:
            return self._phone(text)
        except Refused as refused:
            raise _Cell("phone", refused.reason) from None

    def _kind(self, text: str) -> Kind:
        return _named("kind", text or self._fill.kind, self._words.kinds, Kind)

    def _state(self, text: str) -> State:
        return _named("state", text or self._fill.state, self._words.states, State)

    def _centre(self, text: str) -> str:
        return _of("centre", self._names.code, text or self._fill.centre)

    def _day(self, text: str) -> date | None:
        return _of(
            "received_on", lambda one: day_of(one, self._today, self._words.months), text
        )


class _Cell(Exception):
    """A cell of a column is refused."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column, self.reason = column, reason


class _Known(dict[str, Value], Generic[Value]):
    """What short cells came to that were read before, as many as there is room for."""

    def __init__(self, read: Callable[[str], Value]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Value:
        value = self._read(text.strip())
        if len(self) < _KEPT and len(text) <= _KEPT_LETTERS:
            self[text] = value
        return value


def _never(_: str) -> None:
    return None


def _refuse_long(column: str, text: str) -> None:
    if len(text) > CELL:
        raise _Cell(column, LONG)


def _of(column: str, read: Callable[[str], Value], text: str) -> Value:
    _refuse_long(column, text)
    try:
        return read(text)
    except Refused as refused:
        raise _Cell(column, refused.reason) from None


def _named(
    column: str, text: str, names: Mapping[str, Value], kinds: type[Kind | State]
) -> Value:
    _refuse_long(column, text)
    found = names.get(key(text))
    if found is not None:
        return found
    if bare(text).startswith("="):
        raise _Cell(column, FORMULA)
    raise _Cell(column, f"not one of: {', '.join(kinds)}")
