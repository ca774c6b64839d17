"""Count the queries and the time of readings of a real Prometheus and VictoriaMetrics: now, and over a day.

Usage: python benchmarks/ranges.py [PODS]. Needs prometheus, promtool and victoria-metrics on PATH (make engines).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.engines import DAY, END, prometheus, victoria_metrics
from tests.servers import FakeApi, node

ROOT = Path(__file__).parent.parent
SCRAPE = 60
PODS_OF_A_NODE = 30
STATISTICS = "cpu.avg,cpu.p95,cpu.max,memory.avg,memory.p95,memory.max"
QUESTIONS = {
    "top nodes": "top nodes --at 2026-03-02",
    "top pods -A": "top pods -A --at 2026-03-02",
    "top nodes --since 1d": f"top nodes --since 1d --end 2026-03-02 --columns {STATISTICS}",
    "top pods -A --since 1d": f"top pods -A --since 1d --end 2026-03-02 --columns {STATISTICS}",
    "top pods -A --since 1d --by namespace": (
        f"top pods -A --by namespace --since 1d --end 2026-03-02 --columns {STATISTICS}"
    ),
}


def series(pods: int, scrape: int) -> Iterator[Any]:
    """Yield CPU and memory of every pod and node for a day."""
    times = range(END - DAY, END + 1, scrape)
    for number in range(pods):
        labels = {
            "job": "kubelet",
            "metrics_path": "/metrics/cadvisor",
            "container": "app",
            "image": "x",
            "namespace": f"team-{number % 30}",
            "pod": f"app-{number // 10}-7d9fbc6b4d-{number % 10:05}",
            "node": f"n-{number // PODS_OF_A_NODE}",
        }
        yield from _both(number, labels, times)
    for number in range(-(-pods // PODS_OF_A_NODE)):
        yield from _both(number, {"job": "kubelet", "id": "/", "node": f"n-{number}"}, times)


def _both(number: int, labels: dict[str, str], times: range) -> Iterator[Any]:
    rate = 0.05 + number * 13 % 90 / 100
    cpu = ((when, 100 + rate * (when - END + DAY) + 6 * ((when // SCRAPE * 31 + number) % 17)) for when in times)
    yield "container_cpu_usage_seconds_total", {**labels, "cpu": "total"}, cpu
    memory = ((when, float((64 + (when // SCRAPE * 7 + number) % 50) << 20)) for when in times)
    yield "container_memory_working_set_bytes", labels, memory


def asked(url: str, api: str, words: str) -> tuple[int, float, float, int]:
    """Run c3s three times; return the number of queries, the least and the greatest time, and the number of rows."""
    command = [sys.executable, "-m", "c3s_cli", *words.split(), "-o", "json", "--from", url, "--server", api, "-v=1"]
    runs, spent = [], []
    for _ in range(3):
        begun = time.monotonic()
        runs.append(subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT))
        spent.append(time.monotonic() - begun)
        if runs[-1].returncode:
            sys.exit(runs[-1].stderr[-2000:])
    ran = runs[-1]
    return ran.stderr.count("POST "), min(spent), max(spent), len(json.loads(ran.stdout)["items"])


def main() -> None:
    """Print a table for each engine."""
    pods = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    scrape = int(sys.argv[2]) if len(sys.argv) > 2 else SCRAPE
    with FakeApi() as api:
        api.nodes(*(node(f"n-{number}") for number in range(-(-pods // PODS_OF_A_NODE))))
        for engine in (prometheus, victoria_metrics):
            with TemporaryDirectory() as directory, engine(Path(directory), lambda: series(pods, scrape)) as url:
                for name, words in QUESTIONS.items():
                    queries, least, most, rows = asked(url, api.url, words)
                    print(f"| {engine.__name__} | {pods} | `{name}` | {rows} | {queries} | {least:.1f}-{most:.1f} s |")


if __name__ == "__main__":
    main()
