"""A node -> its kubelet's figures of the node and its containers, each constant until its own next sample."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

from c3s_cli.demo import dice
from c3s_cli.demo.counters import Counters
from c3s_cli.demo.load import TICK, Load, in_bytes
from c3s_cli.demo.runs import Run, Runs
from c3s_cli.demo.things import Node, Pod
from c3s_cli.demo.world import World

# Seconds between two samples of a node, and of a container: the second is 10 to 20, at random.
_REFRESH = 10
_HOUSEKEEPING = 15
_JITTER = 6
# Nanocores and bytes of the pause container.
PAUSE = 9_000, 561_152


class Usage(NamedTuple):
    """Usage: nanoseconds of CPU so far, nanocores, bytes."""

    cpu_total: int
    cpu_nanocores: int
    memory: int


class Box(NamedTuple):
    """A container as a kubelet sees it."""

    name: str
    run: Run
    millis: int  # the time of the sample, in ms since 1970
    usage: Usage


class PodSample(NamedTuple):
    """A pod as a kubelet sees it."""

    pod: Pod
    millis: int
    whole: Usage
    boxes: list[Box]


class NodeSample(NamedTuple):
    """A node as its kubelet sees it. millis: when it sampled the node."""

    node: Node
    when: int
    millis: int
    whole: Usage
    pods: list[PodSample]


class Kubelets:
    """The kubelets of all nodes."""

    def __init__(self, world: World, load: Load) -> None:
        self._world = world
        self._load = load
        self._runs = Runs(world)
        self._counters = Counters(load, world.clock.epoch)
        self._uncounted: dict[Run, int] = {}
        self._lock = Lock()

    def sample(self, name: str) -> NodeSample | None:
        """Return the last sample of a node's kubelet; None while it does not answer."""
        state, scraped = self._world.scraped()
        node = self._world.state().by_name[name]
        if node.silent:
            return None
        now = self._world.clock.now()
        when = now - (now - node.bits) % _REFRESH
        with self._lock:
            runs = self._runs.on_node(name)
            by_pod: dict[tuple[str, str], list[Run]] = {}
            cpu = self._counters.system(node, when)
            for run in runs:
                by_pod.setdefault(run.pod.key, []).append(run)
                cpu += max(0, self._counters.run(run, when) - self._before(run))
            pods = [
                self._pod_sample(runs, now, when) for runs in by_pod.values() if any(run.alive(now) for run in runs)
            ]
        tick = when // TICK
        running = list(state.running(node, scraped))
        nano = self._load.node(node, -(-when // TICK), running)[0]
        memory = in_bytes(self._load.node(node, tick, running)[1], node.index)
        pods.sort(key=lambda pod_sample: pod_sample.pod.key)
        return NodeSample(node, now, when * 1000 - node.bits % 900, Usage(cpu, nano, memory), pods)

    def _before(self, run: Run) -> int:
        """Return what a run had used when its node began to count it."""
        before = self._uncounted.get(run)
        if before is None:
            begin = max(run.counted_from, self._world.clock.epoch - 4 * TICK)
            before = self._uncounted[run] = self._counters.run(run, begin)
        return before

    def _pod_sample(self, runs: list[Run], now: int, when: int) -> PodSample:
        """Return a pod with all runs of its containers, including those that have ended. when: its own sample."""
        pod = runs[-1].pod
        boxes = []
        total, nano, memory = PAUSE[0] * max(0, when - pod.created), PAUSE[0], PAUSE[1]
        for run in runs:
            total += self._counters.run(run, when)
            sampled = _sampled(run, now)
            if run.alive(now) and sampled > run.start:
                tick = -(-sampled // TICK)
                cores = self._load.cpu(pod, run.place, tick, tick + 1)[0]
                held = self._load.memory(pod, run.place, sampled // TICK)
                usage = Usage(self._counters.run(run, sampled), cores, held)
                nano, memory = nano + cores, memory + held
                millis = sampled * 1000 - pod.bits % 900
                boxes.append(Box(pod.group.running[run.place][0], run, millis, usage))
        return PodSample(
            pod, when * 1000 - pod.bits % 900, Usage(total, nano, memory), sorted(boxes, key=lambda box: box.name)
        )


def _sampled(run: Run, now: int) -> int:
    """Return when a container was last sampled: at its start, and then every 10 to 20 seconds."""
    count = max(0, now - run.start - 1) // _HOUSEKEEPING
    moments = (
        run.start + 1 + turn * _HOUSEKEEPING + (dice.mix(run.pod.bits + run.place, turn) % _JITTER if turn else 0)
        for turn in (count, count - 1)
    )
    return next((moment for moment in moments if moment <= now), 0)
