"""The scales: no web process has most of the clients while another has few."""

from ussd.scales import EVEN, LEAVES_SECONDS, PARTS_SECONDS, Pan, Scales


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def pans(*connections: int) -> tuple[list[Pan], Clock]:
    scales, clock = Scales(8), Clock()
    made = [Pan(scales, seat, clock) for seat, _ in enumerate(connections)]
    for pan, count in zip(made, connections, strict=True):
        pan.weigh(count)
    return made, clock


def test_a_process_that_has_a_few_more_takes_what_comes() -> None:
    (heavy, light), _ = pans(10 + EVEN, 10)

    assert not heavy.leaves()
    assert not light.leaves()


def test_one_that_has_many_more_leaves_it_to_the_other_for_a_moment_and_then_takes_it() -> None:
    (heavy, light), clock = pans(11 + EVEN, 10)
    at_once = heavy.leaves()
    clock.now += LEAVES_SECONDS + 0.001
    later = heavy.leaves()

    assert at_once
    assert not later
    assert heavy.leaves()  # the next one is another's again
    assert not light.leaves()


def test_one_that_is_alone_leaves_nothing() -> None:
    (only,), _ = pans(1000)

    assert not only.leaves()
    assert not only.parts()


def test_one_that_goes_is_not_waited_for() -> None:
    (heavy, light), _ = pans(100, 0)
    light.retire()

    assert not heavy.leaves()


def test_one_that_has_too_many_parts_with_them_little_by_little() -> None:
    (heavy, light), clock = pans(100, 0)
    clock.now += PARTS_SECONDS + 0.001
    first, second = heavy.parts(), heavy.parts()
    clock.now += PARTS_SECONDS + 0.001
    third = heavy.parts()

    assert (first, second, third) == (True, False, True)
    assert not light.parts()
