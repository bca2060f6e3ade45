"""Kannel for tests: its smsbox played on loopback, and the real one, where it is installed.

The real one runs the configuration of docs/kannel.md, with its own fake operator behind it.
"""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from sms.kannel import Sender
from tests.sms.gateway import Answer, Gateway, Post

USERNAME, PASSWORD = "line", "p@ss w%rd&+x"
DOCUMENT = Path(__file__).parents[2] / "docs" / "kannel.md"
BEARERBOX, SMSBOX, FAKESMSC = (
    Path("/usr/sbin/bearerbox"),
    Path("/usr/sbin/smsbox"),
    Path("/usr/lib/kannel/test/fakesmsc"),
)
LACKING = ", ".join(str(one) for one in (BEARERBOX, SMSBOX, FAKESMSC) if not one.exists())


def said(status: int, body: str) -> Answer:
    """Write an answer as smsbox does."""
    return Answer(body, status, "text/html")


ACCEPTED = said(202, "0: Accepted for delivery")


def read_post(post: Post) -> Answer:
    """Answer a message as Kannel 1.4.5's smsbox does, whose words these are."""
    if not post.path.startswith("/cgi-bin/sendsms"):
        return said(404, "Unknown request.")
    if (post.header("X-Kannel-Username"), post.header("X-Kannel-Password")) != (
        USERNAME,
        PASSWORD,
    ):
        return said(403, "Authorization failed for sendsms")
    if not post.header("X-Kannel-To"):
        return said(400, "Missing receiver(s) number(s), rejected")
    return ACCEPTED


class Smsbox(Gateway):
    """Kannel's smsbox, played."""

    def __init__(self) -> None:
        super().__init__()
        self.accept = read_post

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/cgi-bin/sendsms"

    def kannel(self, password: str = PASSWORD, reports_url: str = "http://line/r") -> Sender:
        return Sender(self.url, USERNAME, password, "1919", reports_url)


def filled(dlr_url: str, status: int, reason: str) -> str:
    """Write a report's address as Kannel does from the one it was given."""
    return dlr_url.replace("%d", str(status)).replace("%A", reason)


class Kannel:
    """The real Kannel: bearerbox, smsbox, and a fake operator that keeps what it gets.

    Args:
        line: the port of the line, which Kannel calls.
        token: the secret part of the line's addresses.
        operator: what is added to the connection to the operator.
    """

    def __init__(self, folder: Path, line: int, token: str, operator: str = "") -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {name: free_port() for name in ("13000", "13001", "13002", "13013")}
        (folder / "spool").mkdir()
        changed: Mapping[str, str] = {
            **{name: str(port) for name, port in self._ports.items()},
            "/var/spool/kannel": str(folder / "spool"),
            "127.0.0.1:1919": f"127.0.0.1:{line}",
            "/TOKEN": f"/{token}",
            "= KANNEL_USERNAME": f"= {USERNAME}",
            "= KANNEL_PASSWORD": f'= "{PASSWORD}"',
            "ADMIN_PASSWORD": "admin",
            "http-queue-delay = 60": "http-queue-delay = 1",
            "smsc-id = fake\n": f"smsc-id = fake\n{operator}",
        }
        text = "\n".join(re.findall(r"^```ini\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S))
        for old, new in changed.items():
            assert old in text, f"docs/kannel.md has no {old}"
            text = text.replace(old, new)
        (folder / "kannel.conf").write_text(text, encoding="utf-8")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports['13013']}/cgi-bin/sendsms"

    def start(self) -> None:
        """Start all of it, and wait until it takes messages."""
        self._run("bearerbox", str(BEARERBOX), "-v", "4", "kannel.conf")
        wait_for(lambda: listens(self._ports["13001"]) and listens(self._ports["13002"]))
        self._run("smsbox", str(SMSBOX), "-v", "4", "kannel.conf")
        wait_for(lambda: listens(self._ports["13013"]) and "smsbox:" in self.status())

    def status(self) -> str:
        address = f"http://127.0.0.1:{self._ports['13000']}/status.txt?password=admin"
        with urlopen(address, timeout=5) as answer:
            text: bytes = answer.read()
        return text.decode()

    def operator(self, *texts: str) -> None:
        """Connect an operator, who texts the line once with each of these from +25471..111."""
        for number, text in enumerate(texts or ("",)):
            command = [str(FAKESMSC), "-v", "0", "-H", "127.0.0.1", "-i", "0.1"]
            command += ["-r", str(self._ports["13002"]), "-m", "1" if texts else "0"]
            self._run(f"operator{number}", *command, f"+254711000111 1919 text {text}")
        wait_for(lambda: "(online" in self.status())

    def operator_got(self) -> list[str]:
        """Give the texts that the operator was to deliver: sender, phone and text."""
        heard = "".join(
            file.read_text(encoding="utf-8") for file in self._folder.glob("operator*.log")
        )
        return re.findall(r"Got message [0-9]+: <(.*?)>$", heard, re.M)

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.wait()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Keep one of Kannel's processes frozen while the block runs."""
        self._running[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._running[name].send_signal(signal.SIGCONT)

    def close(self) -> None:
        for name in list(self._running):
            self.stop(name)

    def logged(self) -> str:
        """Give all that Kannel's own processes wrote."""
        return "".join(
            (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
            for name in ("bearerbox", "smsbox")
        )

    def _run(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log
            )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def listens(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_for(happened: Callable[[], object], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
