"""The whole line as in service, to be loaded: web, sender, Redis, PostgreSQL and a gateway.

Web and sender run as the Procfile says; PostgreSQL is durable; the SMS gateway is on loopback
and keeps a book of what went out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from bench import lists
from bench.stores import POSTGRESQL, Line, Stores, opened
from bench.traffic import Number
from tests.sms.loopback import Loopback

GATEWAY = "africastalking"


@dataclass(frozen=True)
class Service:
    """A line that serves and texts.

    Args:
        numbers: those of documents that are ready.
        sender: the process that texts.
    """

    stores: Stores
    line: Line
    url: str = field(repr=False)
    numbers: Sequence[Number] = field(repr=False)
    gateway: Loopback
    sender: psutil.Popen

    @property
    def processes(self) -> dict[str, int]:
        """Give the process ids of what serves a hop, by name."""
        return {
            "web": self.line.process_id,
            "Redis": self.stores.redis.process_id,
            "PostgreSQL": self.stores.postgres.process_id,
            "sender": self.sender.pid,
        }


@contextmanager
def in_service(documents: int = lists.PUBLISHED) -> Iterator[Service]:
    """Serve a backlog while the block runs: by default the published one, 226,247."""
    gateway = Loopback(GATEWAY)
    try:
        with opened() as stores:
            url = stores.database(POSTGRESQL)
            file = lists.write(stores.folder / "list.csv", documents)
            stores.run(url, "documents", "import", str(file))
            settings = {"AT_BASE_URL": f"{gateway.url(GATEWAY)}/version1"}
            with stores.serving(url, **settings) as line:
                sender = stores.flask(url, "sms", "send", **settings)
                try:
                    numbers = lists.numbers(documents)
                    yield Service(stores, line, url, numbers, gateway, sender)
                finally:
                    sender.terminate()
                    sender.wait(timeout=30)
    finally:
        gateway.close()
