"""When containers have run: every run of every container since the cluster was created."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

from c3s_cli.demo.catalogue import FINISHED, MEASURABLE, Stage
from c3s_cli.demo.things import Pod
from c3s_cli.demo.world import World

FOREVER = 1 << 62


@dataclass(slots=True, eq=False)
class Run:
    """A container from one start of it to its end."""

    pod: Pod
    place: int  # of the container in its group's `running`
    start: int
    number: int  # how often it had been restarted before
    # From when on its usage is part of what metrics-server says of its node.
    counted_from: int
    end: int = FOREVER
    killed: bool = False  # whether it was killed for lack of memory

    def alive(self, when: int) -> bool:
        """Whether it runs at a time."""
        return self.start <= when < self.end


class Runs:
    """All runs in a world, by node."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._epoch = world.clock.epoch
        self._known = 0
        self._open: dict[tuple[str, str], dict[int, Run]] = {}
        self._on_node: dict[str, list[Run]] = {}
        self._lock = Lock()
        for pod in world.cluster.pods:
            if pod.node is not None and pod.state in MEASURABLE | {Stage.CRASHING}:
                self._begin(pod)

    def on_node(self, name: str) -> list[Run]:
        """Return the runs on a node since the cluster was created, ended or not."""
        self._learn()
        return self._on_node.get(name, [])

    def _learn(self) -> None:
        with self._lock:
            changes = self._world.past(self._known)
            self._known += len(changes)
            for change in changes:
                self._apply(*change)

    def _begin(self, pod: Pod) -> None:
        """Note what ran when the cluster was created, and the runs before of a container that had been restarted."""
        started = pod.started or min(pod.created + 7, self._epoch)
        for place in range(len(pod.group.running)):
            if place == 0 and pod.restarts:
                again = pod.restarted or self._epoch - 300 - pod.bits % 9000
                crashing = pod.state == Stage.CRASHING
                if again > started + 60:
                    # As long as each other: nothing tells when the runs before the last one ended.
                    count = pod.restarts + crashing
                    ends = [started + (again - started) * (each + 1) // count for each in range(count)]
                    for number, (start, end) in enumerate(pairwise([started, *ends])):
                        self._start(pod, place, start, number, start)
                        self._stop(pod, [0], end - 2, killed=not crashing or number == pod.restarts)
                if not crashing:
                    self._start(pod, place, again, pod.restarts, pod.measured_from)
            else:
                self._start(pod, place, started, 0, pod.measured_from)

    def _start(self, pod: Pod, place: int, when: int, number: int, measured_from: int) -> None:
        # The first time that it is measured says what it has used since the tick before.
        counted = max(when, (measured_from - 1) // 15 * 15)
        run = Run(pod, place, when, number, counted)
        self._open.setdefault(pod.key, {})[place] = run
        if pod.node:
            self._on_node.setdefault(pod.node.name, []).append(run)

    def _stop(self, pod: Pod, places: Iterable[int], when: int, *, killed: bool = False) -> None:
        running = self._open.get(pod.key, {})
        for place in places:
            if run := running.pop(place, None):
                run.end, run.killed = when, killed

    def _apply(self, when: int, old: Pod | None, new: Pod | None) -> None:
        if old is None:
            return
        every = range(len(old.group.running))
        if new is None or new.state in FINISHED:
            self._stop(old, every, when)
        elif new.state == Stage.CRASHING:
            self._stop(old, [0], when)
        elif new.restarts > old.restarts:
            self._stop(old, [0], when, killed=True)
            self._start(new, 0, when, new.restarts, new.measured_from)
        elif new.state in MEASURABLE and old.state not in MEASURABLE:
            for place in every:
                self._start(new, place, when, 0, new.measured_from)
