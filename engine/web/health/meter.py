"""Counters of what this process did, beside the numbers that the database knows, in Prometheus' words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.app import App
from engine.app.gauges import Gauge, gauges
from engine.errors import LifecycleError

PREFIX = "lifecycle_"
_SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 300.0)


class Meter:
    """One process's numbers; `watch` is told of every run of a stage, `text` is what a scrape gets."""

    def __init__(self, app: App) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Database(app))
        runs, done = "Runs of a stage.", "What stages did, such as messages sent."
        self._runs = Counter(f"{PREFIX}stage_runs", runs, ["stage", "outcome"], registry=self._registry)
        self._done = Counter(f"{PREFIX}done", done, ["stage", "what"], registry=self._registry)
        self._seconds = Histogram(
            f"{PREFIX}stage_seconds", "How long they took.", ["stage"], buckets=_SECONDS, registry=self._registry
        )

    def watch(self, stage: str, figures: Mapping[str, object], *, seconds: float, sound: bool) -> None:
        """Count one run of a stage, and whatever it counted itself."""
        self._runs.labels(stage=stage, outcome="ok" if sound else "failed").inc()
        self._seconds.labels(stage=stage).observe(seconds)
        for what, count in figures.items():
            if isinstance(count, int):
                self._done.labels(stage=stage, what=what).inc(count)

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self._registry)


class _Database(Collector):
    """Asks the database at each scrape; where it does not answer, only `up` is told, as 0."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = gauges(self._app)
        except LifecycleError:
            found = ()
        yield _family("database_up", "1 where the database answers.", [Gauge(name="", about="", value=bool(found))])
        for name in dict.fromkeys(gauge.name for gauge in found):
            alike = [gauge for gauge in found if gauge.name == name]
            yield _family(name, alike[0].about, alike)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing in advance, so that registering asks no database."""
        return ()


def _family(name: str, about: str, alike: list[Gauge]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}{name}", about, labels=list(alike[0].labels))
    for gauge in alike:
        family.add_metric(list(gauge.labels.values()), float(gauge.value))
    return family
