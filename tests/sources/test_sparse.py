"""Real Prometheus and VictoriaMetrics: scrapes that are far apart, or fail for a while, do not make usage smaller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import six_hours
from tests.conftest import Run
from tests.engines import END
from tests.servers import FakeApi, node
from tests.sources.test_engines import ENGINES
from tests.sources.test_past import running

pytestmark = pytest.mark.slow

MINUTE = 60
FIRST = END - 6 * 3600


def exporter(name: str, cores: float, last: int, every: int) -> Iterator[six_hours.Series]:
    """Give what node_exporter has of a machine with two CPUs, up to its last scrape."""
    labels = {"job": "node-exporter", "node": name}
    for cpu in ("0", "1"):
        for mode, share in (("user", cores / 2), ("idle", 1 - cores / 2)):
            grown = lambda when, share=share: (when - FIRST) * share  # noqa: E731
            yield (
                "node_cpu_seconds_total",
                {**labels, "cpu": cpu, "mode": mode},
                six_hours.at(FIRST, last, grown, every),
            )
    yield "node_memory_MemTotal_bytes", labels, six_hours.at(FIRST, last, 8 * 2**30, every)
    yield "node_memory_MemAvailable_bytes", labels, six_hours.at(FIRST, last, 6 * 2**30, every)


def everything() -> Iterator[six_hours.Series]:
    yield from exporter("missed", 0.5, END - 2 * MINUTE, MINUTE)
    yield from exporter("sparse", 0.7, END - 4 * MINUTE, 5 * MINUTE)
    labels = {"namespace": "n", "pod": "p", "container": "c", "job": "kubelet", "node": "missed", "instance": "i"}
    last = END - 5 * MINUTE
    yield six_hours.CPU, labels, six_hours.at(FIRST, last, lambda when: (when - FIRST) * 0.2, 5 * MINUTE)
    yield six_hours.MEMORY, labels, six_hours.at(FIRST, last, 100 * six_hours.MI, 5 * MINUTE)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(request.param, tmp_path_factory, everything) as url:
        yield url


def test_a_machine_whose_last_scrapes_failed_uses_what_it_used(run: Run, api: FakeApi, engine: str) -> None:
    api.nodes(node("missed"), node("sparse"))
    where = f"--no-headers --from {engine} --server {api.url}"
    result = run(f"top nodes --at 2026-03-02 --columns name,cpu,memory {where}")
    assert (result.code, [line.split() for line in result.out.splitlines()]) == (
        0,
        [["missed", "500m", "2048Mi"], ["sparse", "700m", "2048Mi"]],
    )
    # The range ends with the last scrape of both; the window of VictoriaMetrics' increase() would have one too many.
    words = "--start 2026-03-01T22:00:00Z --end 2026-03-01T23:55:00Z"
    result = run(f"top nodes {words} --columns name,cpu.avg,cpu.max {where}")
    shown = {name: (average, most) for name, average, most in map(str.split, result.out.splitlines())}
    assert (result.code, shown) == (0, {"missed": ("500m", "500m"), "sparse": ("700m", "700m")})


def test_a_scrape_every_five_minutes_is_enough(run: Run, api: FakeApi, engine: str) -> None:
    where = f"--no-headers --from {engine} --server {api.url}"
    # The last one is so long ago that an instant query of Prometheus has no value any more.
    result = run(f"top pods -A --at 2026-03-02T00:00:30Z {where}")
    assert (result.code, result.out.split()) == (0, ["n", "p", "200m", "100Mi"])
    # Twice as long ago, it has ended.
    result = run(f"top pods -A --at 2026-03-02T00:06:00Z {where}")
    last = "this Prometheus has no data at 2026-03-02T00:06:00Z: the last before that is of 2026-03-01T23:58:00Z"
    assert (result.code, result.out, last in result.err) == (5, "", True), result.err


@pytest.mark.parametrize("end", ["00:00:50", "00:03:20", "00:06:00"])
def test_the_time_after_the_last_scrape_is_not_one_without_load(run: Run, api: FakeApi, engine: str, end: str) -> None:
    chosen = ("--from", engine, "--server", api.url, "--prometheus-match", 'job="kubelet"', "--no-headers")
    result = run(*f"top pods -A --since 30m --end 2026-03-02T{end}Z --columns name,cpu.min,cpu.avg".split(), *chosen)
    assert (result.code, result.out.split()) == (0, ["p", "200m", "200m"])
