"""Write readings of 1,000 nodes and 30,000 pods into a recording: its size and the CPU that each reading takes.

python benchmarks/recordings.py [CONTAINERS]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from c3s_cli.model.rows import Container, Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder

NODES: Final = 1000
PODS: Final = 30_000
READINGS: Final = 8
BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
PAGE: Final = 4096


class Cluster:
    """A cluster whose facts stay and whose usage changes."""

    def __init__(self, containers: int) -> None:
        self.chance = random.Random(1)  # noqa: S311  a repeatable cluster
        self.containers = [f"c{number}" for number in range(containers)]
        self.nodes = {f"node-{number}": _node(number) for number in range(NODES)}
        self.pods = {self._name(number): self._facts(number) for number in range(PODS)}
        self.cpu = [[self.chance.expovariate(2e-8) for _ in self.containers] for _ in self.pods]
        self.memory = [[self.chance.randrange(1 << 12, 1 << 18) * PAGE for _ in self.containers] for _ in self.pods]

    def _name(self, number: int) -> tuple[str, str]:
        suffix = f"{self.chance.getrandbits(40):x}-{self.chance.getrandbits(20):x}"
        return f"ns-{number % 200}", f"app-{number // 10}-{suffix}"

    def _facts(self, number: int) -> PodFacts:
        app, cpu, memory = f"app-{number // 10}", {"cpu": 10**8}, {"memory": 1 << 28}
        return PodFacts(
            uid=f"{self.chance.getrandbits(128):x}",
            node=f"node-{number % NODES}",
            owner=f"Deployment/{app}",
            status="Running",
            restarts=0,
            created_at=1.75e9 + number,
            qos_class="Burstable",
            labels={"app": app},
            requests=cpu,
            limits=memory,
            containers=tuple(Container(name, None, None, None, cpu, memory) for name in self.containers),
            binding_limits=memory,
        )

    def sample(self, now: datetime) -> Sample:
        """Return a reading; the metrics of each node have a time of their own."""
        times = [f"{now - timedelta(seconds=self.chance.randrange(5, 20)):%Y-%m-%dT%H:%M:%SZ}" for _ in self.nodes]
        nodes = [
            Node("c", name, self.chance.randrange(10**10), self.chance.randrange(1 << 23) * PAGE, None, at, "20s")
            for name, at in zip(self.nodes, times, strict=True)
        ]
        pods = [self._pod(place, key, times[place % NODES]) for place, key in enumerate(self.pods)]
        return Sample("c", now, "metrics.k8s.io/v1beta1", nodes, pods, self.nodes, self.pods, PODS)

    def _pod(self, place: int, key: tuple[str, str], at: str) -> Pod:
        memory = self.memory[place]
        for number in range(len(memory)):
            memory[number] += self.chance.choice((0, 0, 0, 1, -1, 5)) * PAGE
        used = [int(cpu * self.chance.uniform(0.8, 1.2)) for cpu in self.cpu[place]]
        containers = tuple(map(Container, self.containers, used, memory))
        return Pod("c", *key, sum(used), sum(memory), None, at, "20s", containers)


def _node(number: int) -> NodeFacts:
    amounts = {"cpu": 16 * 10**9, "memory": 64 << 30, "pods": 110}
    labels = {"pool": f"pool-{number % 9}", "kubernetes.io/hostname": f"node-{number}"}
    details = NodeDetails(labels, "Ready", (), "v1.33.1", (), 1.7e9, labels["pool"], f"zone-{number % 3}", "large")
    return NodeFacts(f"node-{number}", amounts, amounts, None, details)


def main(containers: int) -> None:
    """Write the readings, and print a line for each."""
    cluster = Cluster(containers)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench.c3s"
        recorder = Recorder(str(path), 60)
        size = 0
        for number in range(READINGS):
            now = BEGIN + timedelta(minutes=number)
            sample = cluster.sample(now)
            begun = time.process_time()
            recorder.add([sample], [], now.timestamp())
            spent, before, size = time.process_time() - begun, size, path.stat().st_size
            print(f"reading {number + 1}: {(size - before) / 1024:.0f} KiB, {spent:.2f} s of CPU")
        recorder.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
