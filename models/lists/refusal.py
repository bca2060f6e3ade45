"""Why a row of a list is refused, or a whole file. Neither ever tells what a cell holds."""

from dataclasses import dataclass

FORMULA = "a formula, where a value should be"
LONG = "longer than a cell may be"


@dataclass(frozen=True)
class Refusal:
    """Why a row was refused. It names the column and never the value.

    Attributes:
        line: as a person sees it, the first being 1; 0 for what was given by option.
    """

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.column}: {self.reason}"


class BadFile(Exception):
    """A whole file cannot be read.

    Args:
        reason: a text without personal data.
        line: from which on; 0 where it is none, or none is known.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason, line)
        self.reason, self.line = reason, line

    def __str__(self) -> str:
        return str(self.refusal)

    @property
    def refusal(self) -> Refusal:
        """The same as a row's refusal, for a report."""
        return Refusal(self.line, "file", self.reason)


class Refused(Exception):
    """A cell is refused; the text says why. Who knows its column and line adds them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
