"""Real engines on loopback, filled with a week of which every statistic is known."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.patience import FOR_EVER

END = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
DAY = 86400
WEEK = 7 * DAY
SCRAPE = 120
STEP = 300
HOUR = 3600
MEBIBYTE = 1 << 20

# Of the two ReplicaSets of a Deployment.
HASHES = ("7d9fbc6b4d", "58c4f79d66")
LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Made(NamedTuple):
    """A pod of the week, alive from `start` to `end` (seconds before END: WEEK and 0)."""

    place: int
    namespace: str
    owner: str
    replica_set: str
    name: str
    node: str
    containers: tuple[str, ...]
    start: int = END - WEEK
    end: int = END


def _suffix(number: int) -> str:
    return "".join(LETTERS[(number // 27 ** (4 - place) + 5 * place) % 27] for place in range(5))


@cache
def pods() -> tuple[Made, ...]:
    """Give 73 pods that live to the end, and four that a rollout replaced in the middle of the week."""
    made: list[Made] = []

    def add(namespace: str, owner: str, replica_set: str, name: str, *containers: str, **life: int) -> None:
        # The load of a pod depends on its number.
        place = len(made) if len(made) < 48 else len(made) + 112
        made.append(
            Made(place, namespace, owner, replica_set, name, f"node-{place % 10}", containers or ("app",), **life)
        )

    for number in range(12):
        namespace, name = f"team-{number % 4}", f"web-{number}"
        rollout = {"start": END - WEEK // 2} if number == 7 else {}
        sidecar = ("app", "proxy") if number % 10 == 0 else ("app",)
        for replica in range(4):
            add(
                namespace,
                f"Deployment/{name}",
                f"{name}-{HASHES[0]}",
                f"{name}-{HASHES[0]}-{_suffix(number * 4 + replica)}",
                *sidecar,
                **rollout,
            )
    for number in range(5):
        for replica in range(3):
            add("data", f"StatefulSet/db-{number}", "", f"db-{number}-{replica}")
    for number in range(10):
        add("kube-system", "DaemonSet/agent", "", f"agent-{_suffix(4000 + number)}")
    for replica in range(4):
        add(
            "team-3",
            "Deployment/web-7",
            f"web-7-{HASHES[1]}",
            f"web-7-{HASHES[1]}-{_suffix(900 + replica)}",
            # Not so late that both are seen at the same time.
            end=END - WEEK // 2 - 2 * HOUR,
        )
    return tuple(made)


def living() -> list[Made]:
    """Give the pods that run at the end."""
    return [pod for pod in pods() if pod.end == END]


# --- what each container uses: constant for an hour --------------------------------------------------------------


def cores(pod: Made, container: str, hour: int) -> float:
    """CPU in an hour of the week. A wave of the day, another phase for each pod, and a spike here and there."""
    level = 0.05 + 0.01 * (pod.place % 17) + 0.002 * ((hour * (3 + pod.place % 5) + 7 * pod.place) % 24)
    spike = 1.5 if (hour + pod.place) % 41 == 0 else 1.0
    return round(level * spike * (0.1 if container == "proxy" else 1.0), 6)


def held(pod: Made, container: str, hour: int) -> int:
    """Memory in an hour of the week."""
    mebibytes = 64 + pod.place % 29 + (hour * (1 + pod.place % 3)) % 37
    return (mebibytes // 4 if container == "proxy" else mebibytes) * MEBIBYTE


def _hour(when: int) -> int:
    return (when - (END - WEEK)) // HOUR


@cache
def _hours(pod: Made, container: str) -> list[float]:
    """CPU that has been used until the begin of every hour, in seconds."""
    total = [100.0 + pod.place]
    for hour in range(WEEK // HOUR + 1):
        total.append(total[-1] + HOUR * cores(pod, container, hour))
    return total


@cache
def _every(pod: Made, container: str) -> tuple[list[float], list[int]]:
    """Cores and memory in every hour."""
    hours = range(WEEK // HOUR + 1)
    return [cores(pod, container, hour) for hour in hours], [held(pod, container, hour) for hour in hours]


def counters(pod: Made, container: str, times: Iterable[int]) -> list[float]:
    """CPU that has been used until some times, in seconds."""
    total, used = _hours(pod, container), _every(pod, container)[0]
    places = (divmod(when - (END - WEEK), HOUR) for when in times)
    return [total[hour] + rest * used[hour] for hour, rest in places]


def memories(pod: Made, container: str, times: Iterable[int]) -> list[float]:
    """Memory at some times."""
    held_then = _every(pod, container)[1]
    return [float(held_then[min(_hour(when), 167)]) for when in times]


# --- the statistics, from the functions above alone --------------------------------------------------------------


def points(several: Iterable[Made], resource: str, container: str | None = None) -> list[float]:
    """The sum over pods at each step of the week: the rate over the five minutes before, the memory at that time."""
    sums: dict[int, float] = {}
    for pod in several:
        for each in pod.containers:
            if container in (None, each):
                for when, value in _points_of(pod, each, resource):
                    sums[when] = sums.get(when, 0.0) + value
    return [sums[when] for when in sorted(sums)]


@cache
def _points_of(pod: Made, container: str, resource: str) -> list[tuple[int, float]]:
    steps = [when for when in range(END - WEEK + STEP, END + 1, STEP) if pod.start <= when - STEP and when <= pod.end]
    if resource == "cpu":
        after = counters(pod, container, steps)
        before = counters(pod, container, (when - STEP for when in steps))
        return [(when, (now - then) / STEP) for when, now, then in zip(steps, after, before, strict=True)]
    return [(when, float(held(pod, container, min(_hour(when), WEEK // HOUR)))) for when in steps]


def quantile(fraction: float, values: list[float]) -> float:
    """Interpolate between two values by rank, as Prometheus does."""
    ordered = sorted(values)
    rank = fraction * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def statistic(name: str, values: list[float]) -> float:
    """Give avg, min, max or a percentile."""
    match name:
        case "avg":
            return sum(values) / len(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case _:
            return quantile(int(name[1:]) / 100, values)


# --- as series ---------------------------------------------------------------------------------------------------

Sample = tuple[int, float]


def series(scrape: int = SCRAPE) -> Iterator[tuple[str, dict[str, str], Iterator[Sample]]]:
    """Give every series: of containers, and of what must not be counted: pause containers, pods, a second job."""
    for pod in pods():
        times = range(pod.start, pod.end + 1, scrape)
        where = {"namespace": pod.namespace, "pod": pod.name, "node": pod.node, "instance": f"{pod.node}:10250"}
        for container in pod.containers:
            labels = {"job": "kubelet", "container": container, "image": "registry.example/app:1", **where}
            yield from _both(pod, container, labels, times)
            if pod.place % 50 == 0:
                # Scraped by another job, too, and half a minute later.
                yield from _both(
                    pod, container, labels | {"job": "cadvisor"}, range(pod.start + 30, pod.end + 1, scrape)
                )
        if pod.place % 50 == 1:
            yield from _both(pod, "app", {"job": "kubelet", "container": "POD", "image": "pause", **where}, times)
            yield from _both(pod, "app", {"job": "kubelet", "id": "/kubepods/x", **where}, times)


def _both(pod: Made, container: str, labels: dict[str, str], times: range) -> Iterator[Any]:
    cpu = "container_cpu_usage_seconds_total", {**labels, "cpu": "total"}
    yield (*cpu, zip(times, counters(pod, container, times), strict=True))
    memory = "container_memory_working_set_bytes"
    yield memory, labels, zip(times, memories(pod, container, times), strict=True)


def nodes() -> Iterator[tuple[str, dict[str, str], Iterator[Sample]]]:
    """Give the series of nodes: the sum of their pods, and a tenth of a core."""
    for number in range(10):
        labels = {"job": "kubelet", "id": "/", "node": f"node-{number}", "instance": f"node-{number}:10250"}
        yield from _node(on_node(number), labels, range(END - WEEK, END + 1, SCRAPE))


def on_node(number: int) -> list[Made]:
    """Give the pods of a node that live all week."""
    return [pod for pod in living() if pod.node == f"node-{number}" and pod.start == END - WEEK]


def _node(mine: list[Made], labels: dict[str, str], times: range) -> Iterator[Any]:
    boxes = [(pod, container) for pod in mine for container in pod.containers]
    cpu = "container_cpu_usage_seconds_total"
    used = zip(times, *(counters(*who, times) for who in boxes), strict=True)
    yield cpu, labels, ((when, 0.1 * (when - END + WEEK) + sum(several)) for when, *several in used)
    memory = float(sum(held(*who, 0) for who in boxes))
    yield "container_memory_working_set_bytes", labels, ((when, memory) for when in times)


def open_metrics(all_series: Iterable[Any]) -> Iterator[str]:
    """Write series as OpenMetrics text, times in seconds. A family must stand in one piece: gauges, by their names."""
    families: dict[str, list[Any]] = {}
    for name, labels, samples in all_series:
        families.setdefault(name, []).append((labels, samples))
    for name, members in families.items():
        # As "unknown", a name may end as it likes.
        yield f"# TYPE {name} unknown\n"
        for labels, samples in members:
            text = ",".join(f'{label}="{value}"' for label, value in labels.items())
            head = f"{name}{{{text}}}"
            yield "".join(f"{head} {value!r} {when}\n" for when, value in samples)
    yield "# EOF\n"


def for_import(all_series: Iterable[Any]) -> Iterator[str]:
    """Write series as VictoriaMetrics imports them: a line of JSON each."""
    for name, labels, samples in all_series:
        pairs = list(samples)
        yield (
            json.dumps(
                {
                    "metric": {"__name__": name, **labels},
                    "values": [value for _, value in pairs],
                    "timestamps": [when * 1000 for when, _ in pairs],
                }
            )
            + "\n"
        )


# --- engines -----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def missing(*programs: str) -> str:
    """Say which of some programs are not installed; "" if all are."""
    absent = [program for program in programs if shutil.which(program) is None]
    return f"{' and '.join(absent)} not installed: make engines" if absent else ""


@contextlib.contextmanager
def running(words: list[str], url: str, ready: str, log: Path) -> Iterator[str]:
    """Run a program until the block ends; it begins when the program is ready."""
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + FOR_EVER
        while True:
            with contextlib.suppress(OSError, urllib.error.URLError):
                urllib.request.urlopen(f"{url}{ready}", timeout=2).close()  # noqa: S310  loopback
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{words[0]} does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def prometheus(directory: Path, all_series: Callable[[], Iterable[Any]], *flags: str) -> Iterator[str]:
    """Run a Prometheus that has these series."""
    data = directory / "data"
    if not data.exists():
        text = directory / "series.txt"
        with text.open("w") as file:
            file.writelines(open_metrics(all_series()))
        words = [
            "promtool",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            "--max-block-duration=1500h",
            str(text),
            str(data),
        ]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        text.unlink()
    config = directory / "prometheus.yml"
    config.write_text("scrape_configs: []\n")
    url = f"http://127.0.0.1:{free_port()}"
    words = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=20y",
        f"--web.listen-address={url.removeprefix('http://')}",
        *flags,
    ]
    with running(words, url, "/-/ready", directory / "prometheus.log") as ready:
        yield ready


@contextlib.contextmanager
def victoria_metrics(directory: Path, all_series: Callable[[], Iterable[Any]], *flags: str) -> Iterator[str]:
    """Run a VictoriaMetrics that has these series."""
    url = f"http://127.0.0.1:{free_port()}"
    words = [
        "victoria-metrics",
        f"-storageDataPath={directory / 'data'}",
        f"-httpListenAddr={url.removeprefix('http://')}",
        "-retentionPeriod=20y",
        *flags,
    ]
    with running(words, url, "/health", directory / "victoria.log") as ready:
        lines: list[str] = []
        for line in (*for_import(all_series()), ""):
            lines.append(line)
            if len(lines) >= 50 or not line:
                _post(f"{ready}/api/v1/import", "".join(lines).encode())
                lines = []
        _post(f"{ready}/internal/force_flush", b"")
        yield ready


def _post(url: str, body: bytes) -> None:
    urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=FOR_EVER).close()  # noqa: S310  loopback
