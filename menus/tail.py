"""A file that processes add lines to, read on from where it was read before."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

OPEN, CLOSED = ".open", ".closed"
"""How the name of a file ends that is written to, and of one that is not any more."""


@dataclass
class Tail(ABC):
    """What was read of one file.

    Attributes:
        end: octets, up to the end of the last whole line.
        is_whole: it is closed, and all of it was read.
    """

    end: int = 0
    is_whole: bool = False

    def read_on(self, file: Path) -> None:
        """Read what was written since the last time; of one that is whole that is nothing."""
        if os.stat(file).st_size > self.end:
            with file.open("rb") as opened:
                opened.seek(self.end)
                self.take(opened.read())
        self.is_whole = file.suffix == CLOSED

    @abstractmethod
    def take(self, written: bytes) -> None:
        """Take in lines; what is no whole line is left."""

    def whole_lines(self, written: bytes) -> bytes:
        """Give what of it is whole lines, and count them as read."""
        whole = written[: written.rfind(b"\n") + 1]
        self.end += len(whole)
        return whole
