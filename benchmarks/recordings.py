"""Write a day of 1,000 nodes and 30,000 pods into a recording, and measure what a reading and each question takes.

python benchmarks/recordings.py [CONTAINERS] [READINGS] [FILE]

Pods come and go, as many as there are in a day. With a FILE that exists, only the questions are asked.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from c3s_cli.model.rows import Container, Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import WHOLE_EVERY, Recorder

NODES: Final = 1000
PODS: Final = 30_000
READINGS: Final = 1440
# How many pods end, and as many begin, between two readings.
TURNOVER: Final = 20
BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
PAGE: Final = 4096
TRIES: Final = 3
QUESTIONS: Final = (
    ("top pods -A --since 1d --by owner --columns cpu.p95,memory.p95", 1),
    ("top pods -A --since 1d --by owner", 1),
    ("top nodes --since 1d", 1),
    ("top pods -A --by owner --at #{last}", TRIES),
    ("top pods -A -o wide --at #{last}", TRIES),
    ("top nodes --at #{last}", TRIES),
)


class Cluster:
    """A cluster in which some pods are replaced between two readings, and the usage of all changes."""

    def __init__(self, containers: int) -> None:
        self.chance = random.Random(1)  # noqa: S311  a repeatable cluster
        self.containers = [f"c{number}" for number in range(containers)]
        self.nodes = {f"node-{number}": _node(number) for number in range(NODES)}
        self.pods = {self._name(number): self._facts(number) for number in range(PODS)}
        self.numbers = dict(zip(self.pods, range(PODS), strict=True))
        self.cpu = [[self.chance.expovariate(2e-8) for _ in self.containers] for _ in self.pods]
        self.memory = [[self.chance.randrange(1 << 12, 1 << 18) * PAGE for _ in self.containers] for _ in self.pods]

    def _name(self, number: int) -> tuple[str, str]:
        suffix = f"{self.chance.getrandbits(40):x}-{self.chance.getrandbits(20):x}"
        return f"ns-{number % 3000 % 200}", f"app-{number % 3000}-{suffix}"

    def _facts(self, number: int) -> PodFacts:
        app, cpu, memory = f"app-{number % 3000}", {"cpu": 10**8}, {"memory": 1 << 28}
        return PodFacts(
            uid=f"{self.chance.getrandbits(128):x}",
            node=f"node-{number % NODES}",
            owner=f"Deployment/{app}",
            status="Running",
            restarts=0,
            created_at=1.75e9 + number,
            qos_class="Burstable",
            labels={"app": app, "pod-template-hash": f"{number % 3000 * 2654435761 % 10**9:x}"},
            requests=cpu,
            limits=memory,
            containers=tuple(Container(name, None, None, None, cpu, memory) for name in self.containers),
            binding_limits=memory,
        )

    def replace(self) -> None:
        """Replace some pods by others of the same workloads."""
        self.pods = dict(self.pods)
        for key in self.chance.sample([*self.pods], TURNOVER):
            number = self.numbers.pop(key)
            del self.pods[key]
            new = self._name(number)
            self.pods[new], self.numbers[new] = self._facts(number), number

    def sample(self, now: datetime) -> Sample:
        """Return a reading; the metrics of each node have a time of their own."""
        times = [f"{now - timedelta(seconds=self.chance.randrange(5, 20)):%Y-%m-%dT%H:%M:%SZ}" for _ in self.nodes]
        nodes = [
            Node("c", name, self.chance.randrange(10**10), self.chance.randrange(1 << 23) * PAGE, None, at, "20s")
            for name, at in zip(self.nodes, times, strict=True)
        ]
        pods = [self._pod(self.numbers[key], key, times[self.numbers[key] % NODES]) for key in self.pods]
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


def record(path: Path, containers: int, readings: int) -> None:
    """Write the readings, and print what they take."""
    cluster = Cluster(containers)
    recorder = Recorder(str(path), 60)
    spent: list[float] = []
    for number in range(readings):
        now = BEGIN + timedelta(minutes=number)
        sample = cluster.sample(now)
        begun = time.process_time()
        recorder.add([sample], [], now.timestamp())
        spent.append(time.process_time() - begun)
        cluster.replace()
    recorder.close()
    size = path.stat().st_size / (1 << 20)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{readings} readings: {size:.0f} MiB, {size * READINGS / readings:.0f} MiB a day")
    print(
        f"CPU of a reading: {sum(spent) / readings:.2f} s, at most {max(spent):.2f} s; {peak:.0f} MiB with the cluster"
    )


def ask(path: Path, readings: int) -> None:
    """Ask each question in a process of its own, and print the CPU and memory that it takes."""
    # The last reading before all facts are stored again is the one with the most changes to read.
    last = min(readings, WHOLE_EVERY)
    for question, tries in QUESTIONS:
        words = question.format(last=last)
        best = (0.0, 0.0)
        for _ in range(tries):
            command = [sys.executable, "-m", "c3s_cli", *words.split(), "--from", str(path)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                _, code, used = os.wait4(process.pid, 0)
                process.returncode = code
            cpu = used.ru_utime + used.ru_stime
            best = min(filter(any, (best, (cpu, used.ru_maxrss / 1024))))
        print(f"{words}: {best[0]:.1f} s of CPU, {best[1]:.0f} MiB")


def main(containers: int, readings: int, file: str) -> None:
    """Write the day unless there is one, and ask the questions."""
    with TemporaryDirectory() as folder:
        path = Path(file or f"{folder}/bench.c3s")
        if not path.exists():
            # A process of its own: those that it starts would inherit the size of this one.
            process = get_context("spawn").Process(target=record, args=(path, containers, readings))
            process.start()
            process.join()
        ask(path, readings)


if __name__ == "__main__":
    containers, readings, file = [*sys.argv[1:], *("1", str(READINGS), "")[len(sys.argv) - 1 :]]
    main(int(containers), int(readings), file)
