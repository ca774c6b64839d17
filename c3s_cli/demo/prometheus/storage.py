"""Selectors -> series."""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING

from c3s_cli.demo.prometheus.cadvisor import CAdvisor
from c3s_cli.demo.prometheus.machines import Machines
from c3s_cli.demo.prometheus.scene import Scene
from c3s_cli.demo.prometheus.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from c3s_cli.demo.load import Load
    from c3s_cli.demo.prometheus.series import Series
    from c3s_cli.demo.prometheus.syntax import Matcher
    from c3s_cli.demo.world import World


def test_of(matcher: Matcher) -> Callable[[str], bool]:
    """Return a test of a label's value."""
    value = matcher.value
    match matcher.operator:
        case "=":
            return lambda seen: seen == value
        case "!=":
            return lambda seen: seen != value
        case "=~":
            pattern = re.compile(value)
            return lambda seen: pattern.fullmatch(seen) is not None
        case _:
            pattern = re.compile(value)
            return lambda seen: pattern.fullmatch(seen) is None


class Storage:
    """All series, made when they are first asked for."""

    def __init__(self, world: World, load: Load) -> None:
        self.scene = Scene(world, load)
        sources = (CAdvisor(self.scene), States(self.scene), Machines(self.scene))
        self._sources = {name: source for source in sources for name in source.names}
        self._made: dict[str, list[Series]] = {}
        self._stamp: object = None
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """The names that series have."""
        return sorted(self._sources)

    def now(self) -> float:
        """Return the time."""
        return float(self.scene.world.clock.now())

    def _named(self, name: str) -> list[Series]:
        with self._lock:
            stamp = self.scene.stamp
            if stamp != self._stamp:
                self._made, self._stamp = {}, stamp
            made = self._made.get(name)
            if made is None:
                source = self._sources.get(name)
                made = self._made[name] = list(source.series(name)) if source else []
            return made

    def select(self, matchers: Iterable[Matcher]) -> list[Series]:
        """Return the series that match."""
        tests = [(matcher.label, test_of(matcher)) for matcher in matchers]
        names = self.names
        for label, test in tests:
            if label == "__name__":
                names = [name for name in names if test(name)]
        rest = [(label, test) for label, test in tests if label != "__name__"]
        found = []
        for name in names:
            for series in self._named(name):
                labels = dict(series.bare)
                if all(test(labels.get(label, "")) for label, test in rest):
                    found.append(series)
        return found
