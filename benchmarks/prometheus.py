"""Measure statistics over a week of 30,000 pods in a real VictoriaMetrics: c3s compared with one query per workload.

Usage: python benchmarks/prometheus.py [PODS]. Needs victoria-metrics on PATH (make engines).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.engines import END, WEEK, victoria_metrics

ROOT = Path(__file__).parent.parent
SCRAPE = 1800
STEP = 3600
REPLICAS = 10
NAMESPACES = 60
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
WORKERS = 6
# getrusage's peak of a child includes that of its parent; /proc/self/status does not.
MEASURED = """
import sys
from c3s_cli.cli import main
code = main(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read())
sys.exit(code)
"""


def workloads(count: int) -> Iterator[tuple[str, str, list[str]]]:
    """Yield namespace, name and pods of each workload."""
    for number in range(count // REPLICAS):
        name = f"app-{number}"
        endings = [
            "".join(LETTERS[(number * 7 + replica * 11 + place * 5) % 27] for place in range(5))
            for replica in range(REPLICAS)
        ]
        yield f"team-{number % NAMESPACES}", name, [f"{name}-7d9fbc6b4d-{ending}" for ending in endings]


def series(count: int) -> Iterator[Any]:
    """Yield CPU and memory of every pod."""
    times = range(END - WEEK, END + 1, SCRAPE)
    for number, (namespace, _, pods) in enumerate(workloads(count)):
        for replica, pod in enumerate(pods):
            labels = {"namespace": namespace, "pod": pod, "container": "app", "image": "x", "node": f"n-{number % 900}"}
            rate = 0.05 + (number * 13 + replica * 7) % 90 / 100
            cpu = (
                (when, 100 + rate * (when - END + WEEK) + 60 * ((when // SCRAPE * 31 + replica) % 17)) for when in times
            )
            yield "container_cpu_usage_seconds_total", labels, cpu
            memory = ((when, float((64 + (when // SCRAPE * 7 + number + replica) % 50) << 20)) for when in times)
            yield "container_memory_working_set_bytes", labels, memory


def c3s(url: str, words: str) -> tuple[float, int, int]:
    """Run c3s; return seconds, peak MB, and the number of requests."""
    command = [sys.executable, "-c", MEASURED, *words.split(), "--from", url, "--server", url, "-v=1"]
    begun = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    spent = time.monotonic() - begun
    if ran.returncode:
        sys.exit(ran.stderr[-2000:])
    return spent, _peak(ran.stderr), ran.stderr.count("POST ")


def _peak(status: str) -> int:
    """Return the peak memory of a process in MB, from its /proc/PID/status."""
    return int(status.rpartition("VmHWM:")[2].split()[0]) // 1024


def one_query_per_workload(url: str, count: int) -> tuple[float, int, int]:
    """Query the same, one workload at a time; return seconds, peak MB, and the number of requests."""

    def ask(query: str) -> list[Any]:
        body = urllib.parse.urlencode({"query": query, "time": END}).encode()
        with urllib.request.urlopen(f"{url}/api/v1/query", data=body) as answer:  # noqa: S310  loopback
            result: list[Any] = json.load(answer)["data"]["result"]
            return result

    queries = []
    for namespace, _, pods in workloads(count):
        chosen = f'{{namespace="{namespace}",pod=~"{"|".join(pods)}",container="app"}}'
        cpu = f"max by (pod) (rate(container_cpu_usage_seconds_total{chosen}[{STEP}s]))"
        queries.append(f"quantile_over_time(0.95, ({cpu})[{WEEK}s:{STEP}s])")
        memory = f"max by (pod) (container_memory_working_set_bytes{chosen})"
        queries.append(f"max_over_time(({memory})[{WEEK}s:{STEP}s])")
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        found = sum(len(result) for result in list(pool.map(ask, queries)))
    if found != 2 * count:
        sys.exit(f"{found} results, not {2 * count}")
    return time.monotonic() - begun, _peak(Path("/proc/self/status").read_text()), len(queries)


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with TemporaryDirectory() as directory:
        begun = time.monotonic()
        with victoria_metrics(Path(directory), lambda: series(count)) as url:
            print(f"{count} pods imported in {time.monotonic() - begun:.0f} s")
            window = "--since 7d --end 2026-03-02 --step 1h"
            for columns in (
                "pods -A --columns cpu.p95,memory.max",
                "pods -A --by namespace --columns cpu.p95,memory.max",
                "pods -A --sum --limit 1 --columns cpu.p95,memory.max",
            ):
                spent, peak, requests = c3s(url, f"top {columns} {window} -o json")
                print(f"c3s top {columns}: {spent:.1f} s, {peak} MB, {requests} requests")
            code = f"import benchmarks.prometheus as b; print(*b.one_query_per_workload({url!r}, {count}))"
            told = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
            seconds, held, sent = told.split()
            print(f"one query per workload: {float(seconds):.1f} s, {held} MB, {sent} requests")


if __name__ == "__main__":
    main()
