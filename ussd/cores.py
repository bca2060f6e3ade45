"""Which core a web process runs on: each has one of its own, where there is one for each.

A process runs its interpreter on one core at a time. Left to the kernel, two processes met on
one core while the other had none, and threads took their memory from core to core: at 500 hops
a second p99 was 672 ms, and 49 ms with a core for each (two cores, all stores and other work
beside them).
"""

import os


def settle(seat: int, processes: int) -> None:
    """Keep this process, and the threads that it makes from now on, on one core.

    Nothing is done where cores would get unequal shares, or some none: there may be others
    on a larger machine who settle on the same ones.

    Args:
        seat: this process's place among those of its server, from 0.
        processes: how many the server has.
    """
    cores = sorted(os.sched_getaffinity(0))
    if processes % len(cores) == 0:
        os.sched_setaffinity(0, {cores[seat % len(cores)]})
