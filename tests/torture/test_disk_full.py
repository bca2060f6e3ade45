"""R7: the disk is full, or does not take what is written. Nothing acknowledged is lost.

`make torture K=disk_full`. The long forms need root, for a small disk in memory, and libfiu
(Debian: `apt-get install fiu-utils`), for a disk that fails; without them they are left out.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest

from bench import lists
from bench.figures import tell
from bench.stores import POSTGRESQL, Line, Stores, opened
from config import Config
from models.base import Database
from tests.torture.crowd import HOP, TEXT, Crowd, posting
from tests.torture.little import Little
from tests.torture.test_database_away import Outcome, outcome_of

SECONDS = float(os.environ.get("SECONDS", "20"))
HOPS, TEXTS = 50.0, 25.0
DOCUMENTS = 2_000
FIU = Path("/usr/lib/fiu")
_opener = build_opener(ProxyHandler({}))

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
needs_fiu = pytest.mark.skipif(not shutil.which("fiu-run"), reason="there is no libfiu")


def test_where_no_file_can_grow_texts_are_asked_for_again_and_calls_get_valid_pages(
    little: Little,
) -> None:
    with posting(little.line.port) as post:
        crowd = Crowd(post, little.line.token, ["12345678"], hops=20, texts=20)
        with no_file_grows(little.line.process_id), crowd:
            time.sleep(1.5)
        afterwards = Crowd(post, little.line.token, ["12345678"], hops=20, texts=20)
        with afterwards:
            time.sleep(0.5)
    texts = Counter(one.status for one in crowd.sent if one.kind == TEXT)
    pages = [one for one in crowd.sent if one.kind == HOP]

    assert set(texts) == {503}
    assert [one for one in pages if one.status != 200 or one.body[:4] not in _PAGES] == []
    assert not any(one.is_promised for one in pages)
    assert all(one.status == 200 for one in afterwards.sent)


@pytest.mark.torture
@pytest.mark.timeout(600)
@needs_root
def test_a_disk_that_fills_up_while_the_database_is_away_loses_nothing() -> None:
    with _small_disk() as disk:
        found, others = _run(disk, lambda _: _filled(disk), {})
    _tell("disk full", found, others)

    assert others == Counter()
    assert found.bad_pages == Counter()
    assert Counter(one.status for one in found.sent if one.kind == TEXT)[503] > 0


@pytest.mark.torture
@pytest.mark.timeout(600)
@needs_fiu
def test_a_disk_whose_fsync_fails_loses_nothing(tmp_path: Path) -> None:
    settings = {
        "LD_PRELOAD": f"{FIU}/fiu_run_preload.so {FIU}/fiu_posix_preload.so",
        "FIU_ENABLE": "enable_random name=posix/io/sync/fsync,probability=0.5,failinfo=5",
    }
    found, others = _run(tmp_path / "var", lambda _: nullcontext(), settings)
    _tell("fsync fails", found, others)

    assert others == Counter()
    assert found.bad_pages == Counter()
    assert Counter(one.status for one in found.sent if one.kind == TEXT)[503] > 0


_PAGES = ("CON ", "END ")


def _run(
    var: Path,
    breaking: Callable[[Line], AbstractContextManager[None]],
    settings: Mapping[str, str],
) -> tuple[Outcome, Counter[str]]:
    """Stop the database under a crowd, break the disk, mend it, and let the database go on.

    Returns:
        What became of all that was sent, and what was wrong.
    """
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        file = lists.write(stores.folder / "list.csv", DOCUMENTS)
        stores.run(url, "documents", "import", str(file))
        with stores.serving(url, VAR_DIR=str(var), **settings) as line:
            crowd = _crowd_through(stores, line, breaking)
            said = {one.pid for one in psutil.Process(line.process_id).children()}
            keys = Config.from_env(stores.environment(url)).keys
            since = time.monotonic()
            while not _is_drained(line):
                assert time.monotonic() - since < 120, "what waits was not taken"
                time.sleep(0.1)
            database = Database(url)
            try:
                found = outcome_of(crowd.sent, time.monotonic() - since, database)
            finally:
                database.close()
    others = Counter(
        lost=found.lost(keys), doubled=found.doubled(), processes=0 if len(said) == 2 else 1
    )
    refused = (one for one in crowd.sent if one.kind != HOP and one.status not in (200, 503))
    others.update(f"{one.kind} {one.status}" for one in refused)
    return found, +others


def _crowd_through(
    stores: Stores, line: Line, breaking: Callable[[Line], AbstractContextManager[None]]
) -> Crowd:
    numbers = [one.text for one in lists.numbers(DOCUMENTS)]
    with posting(line.port) as post:
        crowd = Crowd(post, line.token, numbers, HOPS, TEXTS)
        with crowd:
            with stores.postgres.frozen():
                time.sleep(SECONDS / 4)
                with breaking(line):
                    time.sleep(SECONDS / 2)
                time.sleep(SECONDS / 4)
            time.sleep(2)
    return crowd


def _is_drained(line: Line) -> bool:
    with _opener.open(f"http://127.0.0.1:{line.port}/metrics", timeout=10) as answer:
        said = answer.read().decode()
    return all(
        f'line_waiting{{kind="{kind}"}} 0.0' in said for kind in ("questions", "callbacks")
    )


@contextmanager
def no_file_grows(process_id: int) -> Iterator[None]:
    """Let a server and its workers write nothing into files while the block runs."""
    master = psutil.Process(process_id)
    every = (master, *master.children(recursive=True))
    before = {one: one.rlimit(resource.RLIMIT_FSIZE) for one in every}
    for one, (_, hard) in before.items():
        one.rlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for one, limits in before.items():
            one.rlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Lend a disk of 4 MB, in memory."""
    folder = Path(tempfile.mkdtemp(prefix="d1919-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Fill a disk while the block runs, to its last octet."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as opened:
        for size in (65_536, 4_096, 1):
            with suppress(OSError):
                while opened.write(b"x" * size) == size:
                    continue
        try:
            yield
        finally:
            ballast.unlink()


def _tell(what: str, found: Outcome, others: Counter[str]) -> None:
    """Tell the figures."""
    texts = Counter(one.status for one in found.sent if one.kind == TEXT)
    name = f"{what}, the database away for {SECONDS:.0f} s"
    lost = others["lost"] + others["doubled"]
    tell("R7", f"{name}: acknowledged and lost, or answered twice", lost, "0", not lost)
    asked = f"{texts[200]:,} taken, {texts[503]:,} asked for again"
    rest = sum(texts.values()) - texts[200] - texts[503]
    tell("R7", f"{name}: texts", asked, "no other answer", not rest)
    pages = sum(found.bad_pages.values())
    tell("R7", f"{name}: hops without a valid page", pages, "0", not pages)
    died = others["processes"]
    tell("R7", f"{name}: processes that died", died, "0", not died)
