"""Which tests reach which lines, and how long each takes: found by one run of them all."""

import time
from collections.abc import Collection, Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.mutants.patch import tell_lines


@dataclass
class Reached:
    """What one test reached.

    Attributes:
        seconds: how long it takes, all told.
        lines: file, from the tree's top, and line.
        passed: it passes as the tree stands, and is not left out.
    """

    seconds: float = 0.0
    lines: set[tuple[str, int]] = field(default_factory=set)
    passed: bool = True

    def reaches(self, file: str, lines: Collection[int]) -> bool:
        """Say whether it comes by one of some lines; where none is named, by any."""
        if lines:
            return not self.lines.isdisjoint((file, line) for line in lines)
        return any(name == file for name, _ in self.lines)


class Noter:
    """A plug-in of pytest that notes the lines of some files that each test reaches.

    Args:
        root: the tree's top; its files are imported.
        files: the files, from there.
    """

    def __init__(self, root: Path, files: Collection[str]) -> None:
        self.reached: dict[str, Reached] = {}
        self._now = Reached()
        for file in files:
            tell_lines(root / file, partial(self._note, file))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Follow one test, with what is set up for it."""
        one = self._now = self.reached[item.nodeid] = Reached()
        began = time.monotonic()
        try:
            return (yield)
        finally:
            one.seconds = time.monotonic() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Leave out a test that does not pass, or is left out itself."""
        if report.outcome != "passed":
            self._now.passed = False

    def _note(self, file: str, line: int) -> None:
        self._now.lines.add((file, line))
