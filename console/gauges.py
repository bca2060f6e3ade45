"""Metrics being written, in Prometheus' own format."""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric


class Page:
    """One scrape: metrics in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

    def write(self, name: str, meaning: str, value: float) -> None:
        """Write one number."""
        Gauge(name, meaning, registry=self._registry).set(value)

    def write_each(
        self, name: str, meaning: str, label: str, values: Mapping[str, float]
    ) -> None:
        """Write a number for each value of a label."""
        gauge = Gauge(name, meaning, [label], registry=self._registry)
        for one, value in values.items():
            gauge.labels(one).set(value)

    def write_counts(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str],
        counts: Iterable[tuple[Sequence[str], float]],
    ) -> None:
        """Write counts that only grow, for the values of some labels each."""
        family = CounterMetricFamily(name, meaning, labels=labels)
        for values, count in counts:
            family.add_metric(values, count)
        self._registry.register(_Family(family))

    def write_times(
        self, name: str, meaning: str, within: Iterable[tuple[float, float]], total: float
    ) -> None:
        """Write how long things took.

        Args:
            within: (a bound in seconds, how many took that at most) each, the last infinite.
            total: all their seconds.
        """
        buckets = [
            ("+Inf" if bound == float("inf") else str(bound), count) for bound, count in within
        ]
        family = HistogramMetricFamily(name, meaning)
        family.add_metric([], buckets, total)
        self._registry.register(_Family(family))

    def octets(self) -> bytes:
        """Give all that was written."""
        return generate_latest(self._registry)


class _Family:
    """A metric that is written already, as a registry takes it."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        """Give the metric."""
        return [self._family]
