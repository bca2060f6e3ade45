"""A fuzzer as a process: `python -m tests.fuzzing adapters 60 FOLDER DATABASE_URL`.

It is atheris, which is guided by the lines of code that each input reaches. It begins with the
seeds, keeps in the folder what led further, and leaves what broke something there, as a file
whose name begins with `found-`.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ussd", "sms", "menus", "models"]):
    from tests import fuzzed

LONGEST = 1024
"""Octets of an input."""


def main(name: str, seconds: str, folder: str, database_url: str) -> None:
    """Fuzz for so many seconds; the process ends with it, badly where something was found."""
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for nth, seed in enumerate(fuzzed.seeds(name)):
        (corpus / f"seed-{nth:04}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/found-",
        "-print_final_stats=1",
        "-timeout=10",
    ]
    atheris.Setup([name, *options, str(corpus)], fuzzed.target(name, database_url))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
