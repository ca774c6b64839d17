"""Real Prometheus and VictoriaMetrics: scrapes that are far apart, or fail for a while, do not make usage smaller."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest

from tests import six_hours
from tests.conftest import Run
from tests.engines import END
from tests.servers import FakeApi, node
from tests.sources.test_engines import ENGINES
from tests.sources.test_past import millicores, near, running

pytestmark = pytest.mark.slow

MINUTE = 60
FIRST = END - 6 * 3600
MOVE = END - 4 * 3600
# Which series of those that lost samples lost none.
KEPT = {(six_hours.MEMORY, "lost-too"), (six_hours.CPU, "late")}
# The first and the last interval between two scrapes.
CHANGES = {"finer": (5 * MINUTE, MINUTE // 2), "coarser": (MINUTE // 2, 5 * MINUTE)}


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
    for scene in CHANGES:
        yield from changed(scene)
    # A pod that moves from a node with series of containers to one that has those of pods only.
    for pod, at_first in (("other", "a"), ("db", "a"), ("db", "bare")):
        first, last = (FIRST, END) if pod == "other" else (FIRST, MOVE) if at_first == "a" else (MOVE + 60, END)
        labels = {"scene": "moved", "job": "moved", "node": at_first, "instance": at_first, "namespace": "n"}
        labels |= {"pod": pod, "id": pod + at_first} | ({"container": "c"} if at_first == "a" else {})
        grown = lambda when, first=first: (when - first) * 0.5  # noqa: E731
        yield six_hours.CPU, labels, six_hours.at(first, last, grown)
        yield six_hours.MEMORY, labels, six_hours.at(first, last, 2**30)
    # A container whose target moves from one agent to another and back, and one that two agents scrape.
    for agent, first, last in (("a", FIRST, MOVE), ("b", MOVE + 30, MOVE + 3600), ("a", MOVE + 3630, END)):
        labels = {
            "scene": "agents",
            "agent": agent,
            "job": "agents",
            "instance": "n",
            "namespace": "n",
            "container": "c",
        }
        for pod, begin, end in (("moves", first, last), ("twice", FIRST, END) if first != MOVE + 3630 else ("", 0, 0)):
            if pod:
                yield six_hours.CPU, {**labels, "pod": pod, "id": pod}, six_hours.at(begin, end, half_a_core)
                yield six_hours.MEMORY, {**labels, "pod": pod, "id": pod}, six_hours.at(begin, end, 2**30)
    yield from lost()
    # One that ended just before a range that begins at 18:10, and was made again under its name.
    for pod, first, last in (("other", FIRST, END), ("again", FIRST, FIRST + 330), ("again", MOVE, END)):
        labels = {"scene": "again", "job": "again", "node": "n", "instance": "n", "namespace": "n", "pod": pod}
        grown = lambda when, first=first: (when - first) * 0.5  # noqa: E731
        yield six_hours.CPU, {**labels, "container": "c", "id": str(first)}, six_hours.at(first, last, grown)
        yield six_hours.MEMORY, {**labels, "container": "c", "id": str(first)}, six_hours.at(first, last, 2**30)
        yield "kube_pod_info", {**labels, "uid": str(first)}, six_hours.at(first, last, 1)


def in_turns() -> Iterator[six_hours.Series]:
    """Give containers that take turns, which two jobs scrape at other times; one with a series for each CPU."""
    for (job, offset), (name, first_half) in product({"one": 0, "two": 17}.items(), {"a": 1.0, "b": 0.1}.items()):
        labels = {"scene": "jobs", "job": job, "instance": "n", "namespace": "n", "container": name}
        for pod, cpus in {"turns": ("",), "cpus": ("0", "1", "2", "3")}.items():
            labels |= {"pod": pod, "id": pod + name}
            times = range(FIRST + offset, END, six_hours.SCRAPE)
            used = [(when, turns(when, first_half) / len(cpus)) for when in times]
            yield from ((six_hours.CPU, labels | ({"cpu": cpu} if cpu else {}), iter(used)) for cpu in cpus)
            yield six_hours.MEMORY, dict(labels), six_hours.at(FIRST, END, 2**30)


def renamed() -> Iterator[six_hours.Series]:
    """Give a pod whose only container has another name after a restart, between two scrapes."""
    for name, begin, end, first in (("rabbit", FIRST, MOVE + 29, FIRST), ("broker", MOVE + 29, END, MOVE + 60)):
        labels = {"scene": "renamed", "job": "renamed", "instance": "n", "namespace": "n", "pod": "mq-0"}
        labels |= {"container": name, "id": name}
        grown = lambda when, begin=begin: (when - begin) * 0.3  # noqa: E731
        yield six_hours.CPU, labels, six_hours.at(first, end, grown)
        yield six_hours.MEMORY, labels, six_hours.at(first, end, 2**30)


def lost() -> Iterator[six_hours.Series]:
    """Give series of which batches of samples were lost on their way: of a pod, of a container, of a resource."""
    yield from in_turns()
    yield from restarted_amid_agents()
    yield from renamed()
    for name in ("a", "b"):
        labels = {"scene": "lost-node", "job": "kubelet", "node": name, "instance": name, "id": "/"}
        memory = six_hours.at(FIRST, END, 2**30)
        yield six_hours.CPU, labels, six_hours.at(FIRST, END, half_a_core)
        yield six_hours.MEMORY, labels, iter([each for each in memory if name == "b" or not 0 <= each[0] - MOVE < 900])
    holes = {"whole": 0, "lost": MOVE, "lost-too": MOVE + 1800, "late": END - 420}
    for (name, first), container in product(holes.items(), ("c", "d")):
        labels = {"scene": "lost", "job": "lost", "node": "n", "instance": "n", "namespace": "n", "pod": name}
        labels |= {"container": container, "id": name + container}
        for metric, what in ((six_hours.CPU, half_a_core), (six_hours.MEMORY, 2**30)):
            kept = (name, container) == ("lost-too", "c") or (metric, name) in KEPT
            samples = six_hours.at(FIRST, END, what)
            yield metric, labels, iter([each for each in samples if kept or not first <= each[0] < first + 450])


def turns(when: int, rate: float) -> float:
    """Return what was used by a time: the rate in the first hour, 1.1 cores less that in the next one, and so on."""
    hours, rest = divmod(when - FIRST, 3600)
    return hours // 2 * 1.1 * 3600 + hours % 2 * rate * 3600 + rest * (1.1 - rate if hours % 2 else rate)


def restarted_amid_agents() -> Iterator[six_hours.Series]:
    """Give a container that starts again once, whose target three agents scrape in turns of 20 minutes."""
    for number, (begin, end) in enumerate(((FIRST, MOVE), (MOVE + 40, END))):
        for turn in range(FIRST, END, 1200):
            first, last = max(begin, turn), min(end, turn + 1170)
            if first < last:
                labels = {"scene": "restarted", "agent": str(turn // 1200 % 3), "job": "j", "instance": "n"}
                labels |= {"namespace": "n", "pod": "restarted", "container": "c", "id": str(number)}
                grown = lambda when, begin=begin: (when - begin) * 0.5  # noqa: E731
                yield six_hours.CPU, labels, six_hours.at(first, last, grown)
                yield six_hours.MEMORY, labels, six_hours.at(first, last, 2**30)


def half_a_core(when: int) -> float:
    return (when - FIRST) * 0.5


def changed(scene: str) -> Iterator[six_hours.Series]:
    """Give a cluster in which the interval changes half way. A pod uses 1 core at first, and 0.4 later."""
    change = END - 3 * 3600
    spans = [(FIRST, change, CHANGES[scene][0]), (change + 1, END, CHANGES[scene][1])]
    lives = {"node": (FIRST, END), "steady": (FIRST, END), "early": (FIRST, END - 18_000), "late": (END - 5400, END)}

    def used(when: int) -> float:
        return min(when, change) - FIRST + 0.4 * max(0, when - change)

    for name, (begin, end) in lives.items():
        labels = {"scene": scene, "job": scene, "node": "n", "instance": scene}
        labels |= {"id": "/"} if name == "node" else {"namespace": "n", "pod": name, "container": "c", "id": name}

        def grown(when: int, begin: int = begin) -> float:
            return used(when) - used(begin)

        for first, last, every in spans:
            if max(first, begin) < min(last, end):
                yield six_hours.CPU, labels, six_hours.at(max(first, begin), min(last, end), grown, every)
                yield six_hours.MEMORY, labels, six_hours.at(max(first, begin), min(last, end), 2**30, every)


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
    where = f"--no-headers --from {engine} --server {api.url} --prometheus-match 'scene=\"\"'"
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


@pytest.mark.parametrize("scene", CHANGES)
@pytest.mark.parametrize("step", ["", "--step 30m"])
def test_the_interval_may_change_within_a_range(run: Run, api: FakeApi, engine: str, scene: str, step: str) -> None:
    api.nodes(node("n"))
    chosen = ("--from", engine, "--server", api.url, "--prometheus-match", f'scene="{scene}"', "-o", "json")
    words = f"--start 2026-03-01T18:10:00Z --end 2026-03-02 {step}".split()
    result = run("top", "pods", "-A", "--columns", "cpu.avg,cpu.p25,cpu.max,coverage", *words, *chosen)
    rows = {row["name"]: row for row in json.loads(result.out)["items"]}
    shown = {name: (*map(millicores, row["cpu"].values()), row["coverage"]) for name, row in rows.items()}
    assert shown["steady"] == (near(691), near(400), near(1000), near(100))
    assert shown["late"] == (near(400), near(400), near(400), near(25.7))
    # What ended is seen up to a scrape late.
    assert shown["early"] == pytest.approx((1000, 1000, 1000, 14.3), rel=0.12)
    assert "there is no data for" not in result.err
    assert "note: samples are 5m0s apart: rates cover " in result.err
    result = run("top", "nodes", "--columns", "cpu.min,cpu.avg,cpu.max", *words, *chosen)
    (row,) = json.loads(result.out)["items"]
    assert [*map(millicores, row["cpu"].values())] == [near(400), near(691), near(1000)]


def test_a_pod_that_moves_to_a_node_without_series_of_containers_has_used_both(run: Run, engine: str) -> None:
    words = "top pods -A --since 6h --end 2026-03-02 --columns name,cpu.avg,cpu.max --no-headers"
    result = run(*words.split(), "--from", engine, "--prometheus-match", 'scene="moved"')
    shown = {
        name: [*map(int, (each.rstrip("m") for each in more))]
        for name, *more in map(str.split, result.out.splitlines())
    }
    assert shown == {"db": [near(499), near(500, 2)], "other": [near(500), near(500)]}


@pytest.mark.parametrize("step", ["10m", "30m"])
def test_a_pod_that_ended_before_the_range_does_not_live_until_it_is_made_again(
    run: Run, engine: str, step: str
) -> None:
    words = f"top pods -A --start 2026-03-01T18:10:00Z --end 2026-03-02 --step {step} --columns cpu.avg,coverage"
    result = run(*words.split(), "-o", "json", "--from", engine, "--prometheus-match", 'scene="again"')
    rows = {row["name"]: (millicores(row["cpu"]["avg"]), row["coverage"]) for row in json.loads(result.out)["items"]}
    assert rows == {"again": (near(500), near(68.6)), "other": (near(500), near(100))}


def test_a_target_may_move_from_one_agent_to_another(run: Run, engine: str) -> None:
    words = "top pods -A --since 5h --end 2026-03-02 --columns cpu.min,cpu.avg,cpu.max -o json"
    result = run(*words.split(), "--from", engine, "--prometheus-match", 'scene="agents"')
    rows = {row["name"]: [*map(millicores, row["cpu"].values())] for row in json.loads(result.out)["items"]}
    # VictoriaMetrics has no growth before the second scrape.
    assert rows == {"moves": [near(500, 7), near(500), near(500, 3)], "twice": [near(500)] * 3}


@pytest.mark.parametrize("step", ["1m", "30m"])
def test_samples_that_were_lost_make_no_minimum_smaller(run: Run, engine: str, step: str) -> None:
    words = (
        f"top pods -A --since 5h --end 2026-03-02 --step {step} --columns cpu.min,cpu.avg,cpu.max,memory.min,coverage"
    )
    result = run(*words.split(), "-o", "json", "--sum", "--from", engine, "--prometheus-match", 'scene="lost"')
    document = json.loads(result.out)
    rows = {row["name"]: row for row in document["items"]} | {"": document["totals"]}
    shown = {name: [*map(millicores, row["cpu"].values())] for name, row in rows.items()}
    names = ("whole", "lost", "lost-too", "late")
    assert shown == {name: [near(1000)] * 3 for name in names} | {"": [near(4000)] * 3}
    assert {name: row["memory"]["min"] / 2**30 for name, row in rows.items()} == dict.fromkeys(names, 2) | {"": 8}
    assert {name: row.get("coverage") for name, row in rows.items() if name} == dict.fromkeys(names, near(100))


@pytest.mark.parametrize("step", ["1m", "30m"])
def test_a_container_that_two_jobs_scrape_has_one_counter(run: Run, engine: str, step: str) -> None:
    words = f"top pods -A --since 5h --end 2026-03-02 --step {step} --columns cpu.min,cpu.avg,cpu.max -o json"
    for scene, cores in (("jobs", 1100), ("restarted", 500)):
        result = run(*words.split(), "--from", engine, "--prometheus-match", f'scene="{scene}"')
        rows = json.loads(result.out)["items"]
        figures = [[*map(millicores, row["cpu"].values())] for row in rows]
        assert figures == [[near(cores, 4)] + [near(cores, 2)] * 2] * (1 + (scene == "jobs")), (scene, figures)


def test_a_container_may_have_another_name_after_a_restart(run: Run, engine: str) -> None:
    words = "top pods -A --since 5h --end 2026-03-02 --columns cpu.min,cpu.avg,cpu.max -o json"
    result = run(*words.split(), "--from", engine, "--prometheus-match", 'scene="renamed"')
    (row,) = json.loads(result.out)["items"]
    # Nobody knows how long the first one ran after its last sample: half of the time until the next scrape counts.
    assert [*map(millicores, row["cpu"].values())] == [near(286), near(300), near(300)]
    assert "CPU is partial, minima, maxima and percentiles may be up to 6% off, of what ends between two" in result.err


def test_a_node_whose_memory_was_lost_was_there(run: Run, api: FakeApi, engine: str) -> None:
    api.nodes(node("a"), node("b"))
    words = f"top nodes --since 5h --end 2026-03-02 --columns cpu.avg,memory.min,memory.avg --sum --server {api.url}"
    result = run(*words.split(), *["-o", "json", "--prometheus-match"], 'scene="lost-node"', "--from", engine)
    assert json.loads(result.out)["totals"]["memory"] == {"min": 2 * 2**30, "avg": 2 * 2**30}
