"""How fast the machine is just now: what a loop of plain Python takes, in milliseconds of CPU.

Machines that others share drift by half within an hour. A cost divided by this, measured
beside it, can be compared to one of another hour.
"""

import time

_ROUNDS = 2_000_000


def loop_ms() -> float:
    """Run the loop once, and give what it took."""
    began, total = time.process_time(), 0
    for nth in range(_ROUNDS):
        total += nth & 7
    return (time.process_time() - began) * 1000
