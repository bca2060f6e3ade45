"""Signing in: what wrong tries tell by their time, and what a flood of them costs callers.

Wrong tries for accounts that are there and for such as nobody has, one after another, through
gunicorn on PostgreSQL; then 50 tries a second beside 100 hops a second.
"""

import http.client
import random
import re
import statistics
import threading
import time
from collections import Counter
from urllib.parse import urlencode

from bench import lists
from bench.driver import Driver, plan_for
from bench.stores import POSTGRESQL, SMALL, Line, Stores, opened, tell
from bench.traffic import Mix
from console.entrance import passwords
from models import agents
from models.agents import Agent, Role
from models.base import Database
from models.keys import Keys, Versions

EACH = 10 if SMALL else 100
"""Accounts of a kind; each is tried twice, before any delay."""

SECONDS = 5.0 if SMALL else 30.0
A_SECOND = 50
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_WARM_UP_SECONDS = 3.0


def main() -> None:
    """Print a figure a line."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        file = lists.write(stores.folder / "list.csv", 1_000)
        stores.run(url, "documents", "import", str(file))
        _add_agents(stores, url)
        with stores.serving(url) as line:
            _tell_apart(line)
            _flood(line)


def _add_agents(stores: Stores, url: str) -> None:
    names = ("LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY")
    lookup, phone, public = (Versions.read(stores.keys[name]) for name in names)
    keys = Keys(lookup, phone, public.secrets[0])
    kept, secret = passwords.hashed("a password of nobody"), passwords.fresh_secret()
    database = Database(url)
    with database.working() as connection:
        for nth in range(EACH):
            made = agents.add(connection, f"agent{nth}", Role.AGENT)
            agents.join(connection, keys, Agent(made, "", Role.AGENT), kept, secret)
    database.close()


class _Browser:
    """A browser before the door, with its cookie and the token of its form."""

    def __init__(self, line: Line) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=30)
        self._connection.request("GET", "/console/sign-in")
        answer = self._connection.getresponse()
        found = _TOKEN.search(answer.read().decode())
        assert found
        self._token = found[1]
        self._cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def try_as(self, account: str) -> int:
        """Try to sign in with a wrong password; give the answer's status."""
        form = {"csrf_token": self._token, "account": account, "password": "no", "code": "1"}
        head = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self._cookie,
        }
        self._connection.request("POST", "/console/sign-in", urlencode(form), head)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def _tell_apart(line: Line) -> None:
    """Try accounts that are there and such as are not, mixed, and print their times."""
    tried = [(kind, f"{kind}{nth}") for kind in ("agent", "nobody") for nth in range(EACH)] * 2
    random.Random(1).shuffle(tried)
    took: dict[str, list[float]] = {"agent": [], "nobody": []}
    browser = _Browser(line)
    for kind, account in tried:
        began = time.perf_counter()
        assert browser.try_as(account) == 422
        took[kind].append((time.perf_counter() - began) * 1000)
    medians = {kind: statistics.median(times) for kind, times in took.items()}
    tell("a wrong password of an account that is there: median, ms", medians["agent"])
    tell("the same of an account that nobody has: median, ms", medians["nobody"])
    tell("difference of medians, ms", abs(medians["agent"] - medians["nobody"]))


def _flood(line: Line) -> None:
    """Send hops, half of the time beside a flood of tries for many accounts."""
    driver = Driver(plan_for(line, lists.numbers(1_000), Mix.CALLERS))
    time.sleep(_WARM_UP_SECONDS)
    since = time.monotonic()
    time.sleep(SECONDS)
    began = time.monotonic()
    answers = _stuff(line, began + SECONDS)
    ended = time.monotonic()
    measured = driver.stop()
    before, during = measured.between(since, began), measured.between(began, ended)
    before.tell("before the flood")
    during.tell("during the flood")
    tell("hop p99 during the flood, times before", during.ms(0.99) / before.ms(0.99))
    tell("tries a second", sum(answers.values()) / (ended - began))
    for status, count in sorted(answers.items()):
        tell(f"tries answered {status}", count)


def _stuff(line: Line, until: float) -> Counter[int]:
    """Try at a fixed rate from a few browsers, each try for an account of its own."""
    answers: Counter[int] = Counter()
    browsers = 10

    def work(which: int) -> None:
        browser, due = _Browser(line), time.monotonic()
        for nth in range(int(SECONDS * A_SECOND / browsers)):
            due += browsers / A_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() > until:
                return
            answers[browser.try_as(f"guess-{which}-{nth}")] += 1

    threads = [threading.Thread(target=work, args=(which,)) for which in range(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
