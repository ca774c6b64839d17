"""The cluster and its history, as far as Prometheus keeps it."""

from __future__ import annotations

from typing import NamedTuple

from c3s_cli.demo.catalogue import Stage
from c3s_cli.demo.counters import Counters
from c3s_cli.demo.load import Load
from c3s_cli.demo.pod_status import phase
from c3s_cli.demo.prometheus.history import History
from c3s_cli.demo.prometheus.series import INTERVAL
from c3s_cli.demo.runs import FOREVER, Runs
from c3s_cli.demo.things import Node, Pod
from c3s_cli.demo.world import World

RETENTION = 14 * 86400


class Span(NamedTuple):
    """A pod from its creation to its end; `phases` are the times from which on it was in one."""

    pod: Pod
    start: int
    end: int
    phases: tuple[tuple[int, str], ...]


class Scene:
    """The cluster, now and before."""

    def __init__(self, world: World, load: Load) -> None:
        self.world = world
        self.epoch = world.clock.epoch
        self.runs = Runs(world)
        self.history = History(load, Counters(load, self.epoch))

    @property
    def stamp(self) -> tuple[int, int]:
        """A value that changes whenever there may be other series."""
        return self.world.state().version, self.world.clock.now() // INTERVAL

    @property
    def nodes(self) -> list[tuple[Node, tuple[int, int]]]:
        """The nodes, and their life."""
        ages = ((node, self.life(self.epoch - node.pool.age, FOREVER)) for node in self.world.state().nodes)
        return [(node, life) for node, life in ages if life]

    def life(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first and the last scrape of what was there from a time to another; None if nobody saw it."""
        first = -(-max(start + 1, self.epoch - RETENTION) // INTERVAL)
        last = min((end - 1) // INTERVAL, self.world.clock.now() // INTERVAL)
        return (first, last) if first <= last else None

    def spans(self) -> list[Span]:
        """Return all pods, past ones, too."""
        spans = {pod.key: Span(pod, pod.created, FOREVER, ((0, phase(pod.state)),)) for pod in self.world.cluster.pods}
        gone = []
        for when, old, new in self.world.past():
            if new is None:
                if old is not None and (span := spans.pop(old.key, None)):
                    gone.append(span._replace(end=when))
            elif old is None:
                spans[new.key] = Span(new, when, FOREVER, ((when, phase(Stage.NEW)),))
            else:
                span = spans[new.key]
                after = () if span.phases[-1][1] == phase(new.state) else ((when, phase(new.state)),)
                spans[new.key] = span._replace(pod=new, phases=span.phases + after)
        return [*spans.values(), *gone]
