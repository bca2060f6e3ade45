"""A coverage-guided fuzzer on the adapters and on the reader of texts: it finds nothing."""

import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.figures import tell
from bench.stores import ROOT, SMALL
from tests import fuzzed

SECONDS = 10 if SMALL else 90


@pytest.mark.parametrize("name", fuzzed.NAMES)
def test_what_fuzzers_begin_with_breaks_nothing(name: str, prepared_sqlite: Path) -> None:
    take = fuzzed.target(name, f"sqlite:///{prepared_sqlite}")
    seeds = fuzzed.seeds(name)
    for seed in seeds[::3]:
        take(seed)
        take(seed[: len(seed) // 2])

    assert len(seeds) > 100


@dataclass(frozen=True)
class Fuzzed:
    """What a fuzzer did.

    Attributes:
        tries: inputs that it wrote.
        reached: edges of code that they went over.
        found: what broke something.
    """

    tries: int
    reached: int
    found: list[bytes]
    said: str


def fuzz(name: str, folder: Path, database: Path) -> Fuzzed:
    """Let a fuzzer loose for a while."""
    command = [sys.executable, "-m", "tests.fuzzing", name, str(SECONDS), str(folder)]
    ran = subprocess.run(
        [*command, f"sqlite:///{database}"],
        cwd=ROOT,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        timeout=SECONDS + 120,
        check=False,
    )
    said = ran.stdout.decode(errors="replace")
    tries = re.search("number_of_executed_units: ([0-9]+)", said)
    reached = re.findall(r" cov: ([0-9]+) ", said)
    found = [one.read_bytes() for one in folder.glob("found-*")]
    return Fuzzed(
        int(tries[1]) if tries else 0, int(reached[-1]) if reached else 0, found, said[-3000:]
    )


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel here")
@pytest.mark.parametrize("name", fuzzed.NAMES)
def test_a_fuzzer_finds_nothing(name: str, tmp_path: Path, prepared_sqlite: Path) -> None:
    done = fuzz(name, tmp_path, prepared_sqlite)
    of = f"{len(done.found)} of {done.tries:,} inputs, {done.reached:,} edges of code"
    tell("S5", f"coverage-guided fuzzer on the {name}: findings", of, "0", not done.found)

    assert (done.found, done.tries > 100) == ([], True), done.said
