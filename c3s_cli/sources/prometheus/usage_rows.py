"""What was read of nodes and pods → their rows. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.duration import go_duration
from c3s_cli.amounts.timestamp import utc
from c3s_cli.amounts.totals import sum_all
from c3s_cli.model.rows import Container, Node, Pod
from c3s_cli.sources.prometheus.current import Used
from c3s_cli.sources.prometheus.history import Key
from c3s_cli.sources.prometheus.past import Past

# One unit of Prometheus in c3s's units: nanocores, bytes.
UNITS: Final = {"cpu": 10**9, "memory": 1}


class UsageRows(Struct):
    """Makes the rows of one reading. times: the start and end of its range. past: the points of it, None for none."""

    context: str
    times: tuple[float, float]
    past: Past | None

    def node(self, name: str, used: Used, *, ended: bool) -> Node:
        """Return the row of a node."""
        return Node(
            self.context,
            name,
            _amount(used, "cpu"),
            _amount(used, "memory"),
            timestamp=utc(self.times[1]),
            window=self._window([used]),
            figures=self._figures((name,)),
            ended=ended,
        )

    def pod(self, pod: tuple[str, str], containers: Mapping[str, Used], more: Mapping[Any, Any], *, ended: bool) -> Pod:
        """Return the row of a pod. more: figures besides the statistics, by pod and by container."""
        rows = tuple(
            Container(
                name,
                _amount(used, "cpu"),
                _amount(used, "memory"),
                figures=self._of_container((*pod, name), more.get((*pod, name))),
            )
            for name, used in sorted(containers.items())
        )
        return Pod(
            self.context,
            *pod,
            sum_all([row.cpu_nanocores for row in rows]) if rows else None,
            sum_all([row.memory_bytes for row in rows]) if rows else None,
            timestamp=utc(self.times[1]),
            window=self._window(containers.values()),
            # The only container of a pod without container labels has no name.
            containers=tuple(row for row in rows if row.name),
            figures=self._figures(pod, more.get(pod)),
            ended=ended,
        )

    def former(self, pod: tuple[str, str], more: Mapping[Any, Any], *, ended: bool) -> Pod:
        """Return the row of a pod without usage at the end of the range, with the containers that have points in it."""
        members = self.past.members(pod) if self.past else ()
        return self.pod(pod, {key[2]: {} for key in members if len(key) > len(pod)}, more, ended=ended)

    def _of_container(self, key: Key, more: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return self._figures(key, more) if self.past and self.past.containers else more

    def _figures(self, key: Key, more: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        figures, past = dict(more or {}), self.past
        if past and (keys := past.members(key)):
            figures |= in_units(past.history.figures(keys, past.wanted)) | past.coverage(keys)
        return figures or None

    def _window(self, used: Iterable[Used]) -> str | None:
        """Return the range; for a single time, the time that the rates cover."""
        start, end = self.times
        if end > start:
            return go_duration(int(end - start) * 10**9)
        known = [each["cpu"].window for each in used if "cpu" in each]
        seconds = min((int(window) for window in known if window), default=0)
        return go_duration(seconds * 10**9) if seconds else None


def _amount(used: Used, resource: str) -> int | None:
    """Return the whole nanocores or bytes of a reading; None if it is unknown."""
    number = used[resource].value if resource in used else None
    return None if number is None else round(number * UNITS[resource])


def in_units(figures: Mapping[str, float]) -> dict[str, int]:
    """Convert statistics to whole nanocores or bytes."""
    return {name: round(number * UNITS[name.partition(".")[0]]) for name, number in figures.items()}
