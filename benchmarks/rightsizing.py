"""Measure `c3s rightsize` on many workloads in a real VictoriaMetrics, beside one query for each workload and figure.

Usage: python benchmarks/rightsizing.py [WORKLOADS]. Needs victoria-metrics on PATH (make engines).
"""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.engines import END, HOUR, victoria_metrics
from tests.servers import FakeApi, Reply, pod

ROOT = Path(__file__).parent.parent
NAMESPACES, REPLICAS, SCRAPE, HOURS = 100, 3, 300, 6
RANGE = f"--since {HOURS}h --end 2026-03-02 --min-history 1h"
# Queries of the comparison, at once.
AT_ONCE, SAMPLE = 6, 300


def pods(workloads: int) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, namespace, ReplicaSet and name of each pod."""
    for number in range(workloads):
        replica_set = f"app-{number}-7d9fbc6b4d"
        for replica in range(REPLICAS):
            yield number, f"team-{number % NAMESPACES}", replica_set, f"{replica_set}-bbbb{'bcd'[replica]}"


def series(workloads: int) -> Iterator[Any]:
    """Yield CPU and memory of every pod."""
    times = range(END - HOURS * HOUR, END + 1, SCRAPE)
    for number, namespace, _, name in pods(workloads):
        labels = {
            "job": "kubelet",
            "container": "app",
            "namespace": namespace,
            "pod": name,
            "node": f"n-{number % 500}",
        }
        rate = 0.05 + number * 13 % 90 / 100
        cpu = ((when, rate * (when - END + HOURS * HOUR)) for when in times)
        yield "container_cpu_usage_seconds_total", {**labels, "cpu": "total", "id": f"/{name}"}, cpu
        held = float((64 + number % 50) << 20)
        yield "container_memory_working_set_bytes", labels, ((when, held) for when in times)


def core(api: FakeApi, workloads: int) -> None:
    """Give the API server the pods, and the owners of their ReplicaSets."""
    requests, limits = {"cpu": "500m", "memory": "512Mi"}, {"memory": "512Mi"}
    api.pods(
        *(
            pod(namespace, name, f"n-{number % 500}", owner=("ReplicaSet", of), requests=requests, limits=limits)
            for number, namespace, of, name in pods(workloads)
        )
    )
    sets = {(namespace, of): f"app-{number}" for number, namespace, of, _ in pods(workloads)}
    items = [
        {
            "metadata": {
                "namespace": namespace,
                "name": of,
                "ownerReferences": [{"kind": "Deployment", "name": owner, "controller": True}],
            }
        }
        for (namespace, of), owner in sets.items()
    ]
    api.routes["/apis/apps/v1/replicasets"] = Reply({"metadata": {}, "items": items})
    api.routes["/apis/batch/v1/jobs"] = Reply({"metadata": {}, "items": []})


def one_by_one(url: str, workloads: int) -> float:
    """Return the seconds that one query for each workload and figure would take, from a part of them."""

    def ask(number: int) -> None:
        chosen = f'{{namespace="team-{number % NAMESPACES}",pod=~"app-{number}-.*",container!=""}}'
        for query in (
            f"quantile_over_time(0.95, rate(container_cpu_usage_seconds_total{chosen}[5m])[{HOURS}h:5m])",
            f"max_over_time(container_memory_working_set_bytes{chosen}[{HOURS}h])",
            f"count_over_time(container_memory_working_set_bytes{chosen}[{HOURS}h])",
        ):
            words = urllib.parse.urlencode({"query": query, "time": END})
            urllib.request.urlopen(f"{url}/api/v1/query?{words}", timeout=60).read()  # noqa: S310  loopback

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, range(min(SAMPLE, workloads))))
    return (time.monotonic() - begun) * workloads / min(SAMPLE, workloads)


def main() -> None:
    """Print the time, CPU, memory and queries of one run."""
    workloads = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with (
        FakeApi() as api,
        TemporaryDirectory() as directory,
        victoria_metrics(Path(directory), lambda: series(workloads)) as url,
        TemporaryFile("w+") as said,
    ):
        core(api, workloads)
        command = [sys.executable, "-m", "c3s_cli", "rightsize", "-A", *RANGE.split(), "--from", url]
        command += ["--server", api.url, "-o", "json", "-v=1"]
        begun = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said) as process:
            rows = process.stdout.read().count(b'"owner"') if process.stdout else 0
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        said.seek(0)
        lines = said.read()
        queries = lines.count("POST ")
        if process.returncode not in (0, 5) or not rows:
            sys.exit(lines[-2000:])
        print(
            f"| {workloads:,} workloads, {rows:,} rows | {seconds:.1f} s | {usage.ru_utime + usage.ru_stime:.1f} s | "
            f"{usage.ru_maxrss / 1024:.0f} MiB | {queries} |"
        )
        print(f"| one query per workload and figure | {one_by_one(url, workloads):.0f} s | | | {3 * workloads:,} |")


if __name__ == "__main__":
    main()
