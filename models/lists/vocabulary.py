"""What centres of a country call the columns, kinds and states of their lists.

It stands in `lists.toml` among the country's reference data. A country without that file
has the line's own names only.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from models.documents import State
from models.lists.letters import key
from models.numbers import Kind, NumberType
from models.reference_data import KENYA

REQUIRED = ("kind", "number", "centre", "state", "received_on", "phone")
"""The columns that every list has, unless an option gives what they would say."""

FURTHER = {
    "waiting_card": NumberType.WAITING_CARD,
    "receipt": NumberType.RECEIPT,
    "birth_certificate": NumberType.BIRTH_CERTIFICATE,
}
"""The columns of further numbers, which a list may have."""

IGNORED = ""
"""What a column is that is read past."""

FILE = "lists.toml"

_COUNTING, _NOT_KEPT = "counting", "not_kept"
_FIELDS = (*REQUIRED, *FURTHER)
_SECTIONS = {
    "columns": {*_FIELDS, _COUNTING, _NOT_KEPT},
    "kinds": {*Kind},
    "states": {*State},
    "months": {"names"},
    "centres": {"beside"},
}
_MONTHS = 12

Named = TypeVar("Named", bound=StrEnum)


class BadVocabulary(ValueError):
    """A `lists.toml` cannot be used; the text names every fault, one a line."""


@dataclass(frozen=True)
class Vocabulary:
    """One country's, every name in the form that `letters.key` gives.

    Attributes:
        columns: by name, which column it is; IGNORED for one that is read past.
        months: by name, the month, from 1.
        labels: what may stand in a cell before a number: `ID No. 20123456`.
        beside: words beside a centre's name that tell nothing.
    """

    columns: Mapping[str, str]
    kinds: Mapping[str, Kind]
    states: Mapping[str, State]
    months: Mapping[str, int]
    labels: frozenset[str]
    beside: frozenset[str]

    @classmethod
    def read(cls, folder: Path = KENYA) -> "Vocabulary":
        """Read a country's, of its folder of reference data.

        Raises:
            BadVocabulary: with every fault.
        """
        file = folder / FILE
        if not file.exists():
            return _Checked({}).vocabulary()
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadVocabulary(f"{FILE} cannot be read: {error}") from None
        return _Checked(given).vocabulary()

    def column(self, name: str) -> str | None:
        """Say which column a name is; None where it is not known.

        A name may stand there in two languages: `Number / Nambari`. What is in brackets
        behind it does not count.
        """
        found = self.columns.get(key(name))
        if found is not None:
            return found
        both = {self.columns.get(key(one)) for one in name.replace("|", "/").split("/")}
        if len(both) == 1 and None not in both:
            return both.pop()
        before = name.partition("(")[0]
        return self.columns.get(key(before)) if before != name else None

    def known(self, cells: Sequence[str]) -> int:
        """Count the columns that a row names, those that are read past as half of one."""
        found = {self.column(cell) for cell in cells if cell.strip()} - {None}
        return 2 * len(found - {IGNORED}) + (IGNORED in found)


class _Checked:
    """A file under examination: what is wrong is gathered, not raised."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._faults: list[str] = []

    def vocabulary(self) -> Vocabulary:
        for name in sorted(self._given.keys() - _SECTIONS.keys()):
            self._fault(name, "not known here")
        columns = self._columns()
        labels = {one for field in ("number", *FURTHER) for one in self._keys("columns", field)}
        labels.update(self._keys("columns", _COUNTING))
        made = Vocabulary(
            columns=columns,
            kinds=self._one_of("kinds", Kind),
            states=self._one_of("states", State),
            months=self._months(),
            labels=frozenset(labels),
            beside=frozenset(self._keys("centres", "beside")),
        )
        if self._faults:
            raise BadVocabulary("\n".join(dict.fromkeys(self._faults)))
        return made

    def _fault(self, where: str, what: str) -> None:
        self._faults.append(f"{FILE}: {where}: {what}")

    def _section(self, name: str) -> Mapping[str, Any]:
        given = self._given.get(name, {})
        if not isinstance(given, dict):
            self._fault(name, "no section of its own")
            return {}
        for odd in sorted(given.keys() - _SECTIONS[name]):
            self._fault(f"{name}.{odd}", "not known here")
        return given

    def _keys(self, section: str, name: str) -> list[str]:
        given = self._section(section).get(name, [])
        good = isinstance(given, list) and all(
            isinstance(one, str) and key(one) for one in given
        )
        if not good:
            self._fault(f"{section}.{name}", "not a list of names")
            return []
        return [key(one) for one in given]

    def _columns(self) -> dict[str, str]:
        names = {key(field): field for field in _FIELDS}
        for field in (*_FIELDS, _COUNTING, _NOT_KEPT):
            column = field if field in _FIELDS else IGNORED
            for one in self._keys("columns", field):
                if names.setdefault(one, column) != column:
                    self._fault(f"columns.{field}", f"{one} names another column too")
        return names

    def _one_of(self, section: str, kinds: type[Named]) -> dict[str, Named]:
        names = {key(kind): kind for kind in kinds}
        for kind in kinds:
            for one in self._keys(section, kind):
                if names.setdefault(one, kind) is not kind:
                    self._fault(f"{section}.{kind}", f"{one} names another one too")
        return names

    def _months(self) -> dict[str, int]:
        given = self._section("months").get("names", [])
        if given == []:
            return {}
        listed = isinstance(given, list) and all(isinstance(one, str) for one in given)
        if not listed or len(given) != _MONTHS:
            self._fault("months.names", "not twelve texts")
            return {}
        months = dict(_numbered(given))
        if len(months) != sum(len(one.split()) for one in given):
            self._fault("months.names", "a name of two months")
        return months


def _numbered(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for month, text in enumerate(names, 1):
        for one in text.split():
            yield key(one), month
