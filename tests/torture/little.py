"""A line in little, under gunicorn, for the short forms: one document, SQLite and Redis."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app import create_app
from bench.stores import ROOT, Line
from bench.traffic import Number
from config import Config
from tests.caller import TOKEN
from tests.conftest import LINE_KEYS, line_of
from tests.world import put

NUMBER = Number("id_card", "12345678")
"""The one that is ready."""

_START_SECONDS = 60.0


@dataclass(frozen=True)
class Little:
    """A line that serves, and what it was started with.

    Args:
        said: the file that holds what it said.
    """

    line: Line
    settings: Mapping[str, str] = field(repr=False)
    said: Path


@contextmanager
def served(prepared: Path, redis_url: str, folder: Path) -> Iterator[Little]:
    """Serve while the block runs.

    Args:
        prepared: a database to copy.
    """
    shutil.copy(prepared, folder / "1919.sqlite")
    port = _free_port()
    settings = {
        **LINE_KEYS,
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": f"sqlite:///{folder}/1919.sqlite",
        "REDIS_URL": redis_url,
        "GATEWAY_TOKENS": TOKEN,
    }
    filled = create_app(Config.from_env(settings))
    put(line_of(filled), NUMBER.kind, NUMBER.text, "ready")
    line_of(filled).close()
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [gunicorn, "wsgi:app"], cwd=ROOT, env=settings, stderr=said, stdout=said
        )
    try:
        _wait_for(port, process)
        yield Little(Line(port, process.pid, TOKEN), settings, folder / "said")
    finally:
        process.terminate()
        process.wait(timeout=40)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "gunicorn did not start"
        with socket.socket() as one:
            one.settimeout(5)
            if one.connect_ex(("127.0.0.1", port)) == 0:
                one.sendall(b"GET /health/ready HTTP/1.0\r\n\r\n")
                if b" 200 " in one.recv(64):
                    return
        time.sleep(0.1)
    raise AssertionError("gunicorn does not answer")
