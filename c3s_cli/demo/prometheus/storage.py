"""Selectors -> series."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from c3s_cli.demo.load import Load
from c3s_cli.demo.prometheus.cadvisor import CAdvisor
from c3s_cli.demo.prometheus.machines import Machines
from c3s_cli.demo.prometheus.scene import Scene
from c3s_cli.demo.prometheus.series import Series
from c3s_cli.demo.prometheus.states import States
from c3s_cli.demo.prometheus.syntax import Matcher
from c3s_cli.demo.world import World


class Storage:
    """All series, made when they are first asked for."""

    def __init__(self, world: World, load: Load) -> None:
        self._scene = Scene(world, load)
        sources = (CAdvisor(self._scene), States(self._scene), Machines(self._scene))
        self._sources = {name: source for source in sources for name in source.names}
        self._series: dict[str, list[Series]] = {}
        self._stamp: object = None
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """The names that series have."""
        return sorted(self._sources)

    def now(self) -> float:
        """Return the time."""
        return float(self._scene.world.clock.now())

    def _named(self, name: str) -> list[Series]:
        with self._lock:
            stamp = self._scene.stamp
            if stamp != self._stamp:
                self._series, self._stamp = {}, stamp
            if name not in self._series:
                self._series[name] = list(self._sources[name].series(name))
            return self._series[name]

    def select(self, matchers: Iterable[Matcher]) -> list[Series]:
        """Return the series that match."""
        names, rest = self.names, []
        for matcher in matchers:
            if matcher.label == "__name__":
                names = [name for name in names if matcher.test(name)]
            else:
                rest.append(matcher)
        chosen = []
        for series in (one for name in names for one in self._named(name)):
            labels = dict(series.bare)
            if all(matcher.test(labels.get(matcher.label, "")) for matcher in rest):
                chosen.append(series)
        return chosen
