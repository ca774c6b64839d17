"""A node -> its kubelet's figures of the node and its pods, constant until the next sample."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

from c3s_cli.demo.counters import Counters
from c3s_cli.demo.load import TICK, Load, in_bytes
from c3s_cli.demo.runs import Run, Runs
from c3s_cli.demo.things import Node, Pod
from c3s_cli.demo.world import World

# Seconds between two samples. Real kubelets take 10; 5 divides metrics-server's 15.
_REFRESH = 5
# Nanocores and bytes of the pause container.
PAUSE = 9_000, 561_152


class Usage(NamedTuple):
    """Usage: nanoseconds of CPU so far, nanocores, bytes."""

    cpu_total: int
    cpu_nanocores: int
    memory: int


class Seen(NamedTuple):
    """A pod as a kubelet sees it."""

    pod: Pod
    millis: int  # the time of the sample, in ms since 1970
    whole: Usage
    boxes: list[tuple[str, Run, Usage]]


class Look(NamedTuple):
    """A node as its kubelet sees it."""

    node: Node
    when: int
    millis: int
    whole: Usage
    pods: list[Seen]


class Kubelets:
    """The kubelets of all nodes."""

    def __init__(self, world: World, load: Load) -> None:
        self._world = world
        self._load = load
        self._runs = Runs(world)
        self._counters = Counters(load, world.clock.epoch)
        self._uncounted: dict[Run, int] = {}
        self._lock = Lock()

    def look(self, name: str) -> Look | None:
        """Return the last sample of a node's kubelet; None while it does not answer."""
        state, scraped = self._world.scraped()
        node = self._world.state().by_name[name]
        if node.silent:
            return None
        when = self._world.clock.now() // _REFRESH * _REFRESH
        with self._lock:
            runs = self._runs.on_node(name)
            by_pod: dict[tuple[str, str], list[Run]] = {}
            cpu = self._counters.system(node, when)
            for run in runs:
                by_pod.setdefault(run.pod.key, []).append(run)
                cpu += max(0, self._counters.run(run, when) - self._before(run))
            pods = [self._seen(found, when) for found in by_pod.values() if any(run.alive(when) for run in found)]
        tick = when // TICK
        running = list(state.running(node, scraped))
        now = self._load.node(node, -(-when // TICK), running)[0]
        memory = in_bytes(self._load.node(node, tick, running)[1], node.index)
        pods.sort(key=lambda seen: seen.pod.key)
        return Look(node, when, when * 1000 - node.bits % 900, Usage(cpu, now, memory), pods)

    def _before(self, run: Run) -> int:
        """Return what a run had used when its node began to count it."""
        before = self._uncounted.get(run)
        if before is None:
            begin = max(run.counted_from, self._world.clock.epoch - 4 * TICK)
            before = self._uncounted[run] = self._counters.run(run, begin)
        return before

    def _seen(self, runs: list[Run], when: int) -> Seen:
        """Return a pod with all runs of its containers, including those that have ended."""
        pod = runs[-1].pod
        boxes = []
        total, now, memory = PAUSE[0] * max(0, when - pod.created), PAUSE[0], PAUSE[1]
        for run in runs:
            used = self._counters.run(run, when)
            total += used
            if run.alive(when):
                nano = self._load.cpu(pod, run.place, -(-when // TICK), -(-when // TICK) + 1)[0]
                usage = Usage(used, nano, self._load.memory(pod, run.place, when // TICK))
                now, memory = now + nano, memory + usage.memory
                boxes.append((pod.group.running[run.place][0], run, usage))
        millis = when * 1000 - pod.bits % 900
        return Seen(pod, millis, Usage(total, now, memory), sorted(boxes, key=lambda box: box[0]))
