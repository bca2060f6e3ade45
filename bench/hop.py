"""What a hop costs at 50, 150 and 300 a second: CPU of web, Redis and PostgreSQL, and times.

The mix is callers' own: menus, look-ups, centres, services, wishes that are kept. The line
runs as in service, with 226,247 documents and a sender beside it.
"""

from bench import lists
from bench.driver import measure, plan_for
from bench.service import in_service
from bench.stores import SMALL, tell

RATES = (50.0, 150.0, 300.0)
SECONDS = 4.0 if SMALL else 20.0
WARM_UP = 2.0 if SMALL else 5.0
DOCUMENTS = 5_000 if SMALL else lists.PUBLISHED


def main() -> None:
    """Print a figure a line."""
    with in_service(DOCUMENTS) as service:
        for rate in RATES:
            plan = plan_for(service.line, service.numbers, rate=rate)
            found = measure(plan, SECONDS, WARM_UP, service.processes)
            name = f"{rate:.0f} hops a second"
            found.tell(name)
            whole = sum(found.cpu.values())
            tell(f"{name}: CPU of the line in all, ms a hop", whole * 1000 / found.count)
            tell(f"{name}: CPU of the line in all, share of a core", whole / SECONDS)
            tell(f"{name}: CPU of the driver, share of a core", found.share)
