"""Several hosts on the same stores: no text twice, and no budget over five.

Each host has processes and a `VAR_DIR` of its own. `PHONES` says how many callers there are.
"""

import http.client
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bench import lists
from bench.figures import tell
from bench.stores import POSTGRESQL, Stores
from menus.lookups import PAUSE_SECONDS as BETWEEN_MOVES
from models.asked import BUDGET
from tests.caller import PHONE, TOKEN
from tests.conftest import Open
from tests.lookups import SPENT, answered, ask
from tests.redis_groups import wait_for
from tests.servers import RedisServer
from tests.sms.loopback import Loopback

HOSTS, SENDERS = 2, 3
PHONES = int(os.environ.get("PHONES", "500"))
GATEWAY = "africastalking"
AT_ONCE = 16


class Hosts:
    """Hosts that serve one line, and senders beside them."""

    def __init__(self, stores: Stores, gateway: Loopback, last: ExitStack) -> None:
        self.stores = stores
        self.gateway = gateway
        self.url = stores.database(POSTGRESQL)
        file = lists.write(stores.folder / "hosts.csv", 2_000)
        stores.run(self.url, "documents", "import", str(file))
        self.numbers = [one.text for one in lists.numbers(2_000) if one.kind == "id_card"]
        fixed = {
            "AT_BASE_URL": f"{gateway.url(GATEWAY)}/version1",
            "GATEWAY_TOKENS": TOKEN,
            "SMS_RATE": "1000",
        }
        self.ports = []
        for host in range(HOSTS):
            own = {**fixed, "VAR_DIR": str(stores.folder / f"host-{host}")}
            self.ports.append(last.enter_context(stores.serving(self.url, **own)).port)
        for sender in range(SENDERS):
            own = {**fixed, "VAR_DIR": str(stores.folder / f"host-{sender % HOSTS}")}
            process = stores.flask(self.url, "sms", "send", **own)
            last.callback(process.wait, 30)
            last.callback(process.terminate)

    def hop(self, host: int, phone: str, session: str, text: str) -> str:
        """Send a hop to one host; give the page."""
        form = {
            "phoneNumber": phone,
            "serviceCode": "*1919#",
            "text": text,
            "sessionId": session,
            "networkCode": "63902",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[host], timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/ussd/{GATEWAY}/{TOKEN}", urlencode(form), headers)
        page = connection.getresponse().read().decode()
        connection.close()
        return page

    def asks(self, phone: str, first: int, count: int, start: int = 0) -> int:
        """Let a phone ask for numbers, from host to host; give how many were answered."""
        pages = [
            self.hop((start + nth) % HOSTS, phone, f"{phone}-{first + nth}", str(first + nth))
            for nth in range(count)
        ]
        assert all(answered(page) or page.startswith(SPENT) for page in pages), pages
        return sum(map(answered, pages))

    def wishes(self, nth: int) -> str:
        """Let a phone wish for a text, the hop brought to every host at once; give a page."""
        phone, number = _phone("1", nth), self.numbers[nth % len(self.numbers)]
        session = f"wish-{nth}"
        self.hop(nth % HOSTS, phone, session, number)
        with ThreadPoolExecutor(HOSTS) as threads:
            pages = list(
                threads.map(
                    lambda host: self.hop(host, phone, session, f"{number}*1"), range(HOSTS)
                )
            )
        assert len(set(pages)) == 1, pages
        return pages[0]


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with ExitStack() as last:
        stores = Stores()
        last.callback(stores.close)
        gateway = Loopback(GATEWAY)
        last.callback(gateway.close)
        yield Hosts(stores, gateway, last)


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_over_several_hosts_and_senders_every_text_goes_out_once(hosts: Hosts) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        pages = list(threads.map(hosts.wishes, range(PHONES)))
    promised = sum("We will text you" in page for page in pages)
    wait_for(lambda: hosts.gateway.counts(GATEWAY)[0] >= promised, "texts went out", 120)
    time.sleep(2.0)
    sent = Counter((one.phone, one.text) for one in hosts.gateway.book(GATEWAY).accepted)
    doubled, lost = sent.total() - len(sent), promised - len(sent)
    name = f"{HOSTS} hosts and {SENDERS} senders, every hop brought to both"
    tell("R4", f"{name}: texts promised", promised, f"{PHONES:,}", promised == PHONES)
    tell("R4", f"{name}: texts doubled", doubled, "0", doubled == 0)
    tell("R4", f"{name}: texts lost", lost, "0", lost == 0)

    assert (promised, doubled, lost) == (PHONES, 0, 0)


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_over_several_hosts_no_budget_is_over_five_while_redis_remembers(hosts: Hosts) -> None:
    def one(nth: int) -> int:
        return hosts.asks(_phone("2", nth), 60_000_000 + 20 * nth, 8, start=nth)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        most = max(threads.map(one, range(PHONES)))
    target = f"at most {BUDGET}"
    tell("S1", f"numbers that a phone got of {HOSTS} hosts", most, target, most <= BUDGET)

    assert most <= BUDGET


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_redis_emptied_between_two_hosts_gives_five_more_for_some_seconds_only(
    hosts: Hosts,
) -> None:
    def first(nth: int) -> int:
        return sum(
            answered(hosts.hop(0, phone, f"f-{phone}-{one}", str(61_000_000 + 20 * nth + one)))
            for phone in [_phone("3", nth)]
            for one in range(5)
        )

    def then(nth: int) -> int:
        return sum(
            answered(hosts.hop(1, phone, f"t-{phone}-{one}", str(71_000_000 + 20 * nth + one)))
            for phone in [_phone("3", nth)]
            for one in range(8)
        )

    first_got = [first(nth) for nth in range(10)]
    hosts.stores.redis.flush()
    at_once = [first_got[nth] + then(nth) for nth in range(10)]
    time.sleep(2 * BETWEEN_MOVES + 1)
    before = [first(nth) for nth in range(10, 20)]
    time.sleep(2 * BETWEEN_MOVES + 1)
    hosts.stores.redis.flush()
    later = [before[nth] + then(nth + 10) for nth in range(10)]
    name = "numbers that a phone got of two hosts, Redis emptied in between"
    tell("S1", f"{name}, at once", max(at_once), "at most 10", max(at_once) <= 2 * BUDGET)
    tell("S1", f"{name}, 11 s later", max(later), f"at most {BUDGET}", max(later) <= BUDGET)

    assert max(at_once) <= 2 * BUDGET
    assert max(later) <= BUDGET


def test_two_hosts_share_the_budget_while_redis_remembers(
    tmp_path: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    apps = [
        open_app(sqlite_url, redis.url, VAR_DIR=str(tmp_path / name)) for name in ("a", "b")
    ]
    pages = [ask(apps[one % 2], str(30_000_000 + one), PHONE) for one in range(8)]

    assert [answered(page) for page in pages] == [True] * 5 + [False] * 3


def _phone(kind: str, nth: int) -> str:
    return f"+25471{kind}{nth:06d}"
