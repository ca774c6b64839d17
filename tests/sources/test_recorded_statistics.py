"""Statistics from a recording equal those computed from the same readings by other means, exactly."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.model.rows import Container, Node, Pod, PodFacts
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import Run

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
INTERVAL = 60
STATISTICS = ("avg", "min", "max", "p1", "p50", "p95")
# Values at each reading with its weight in seconds; None is unknown.
Line = Sequence[tuple[int | None, Fraction]]


class History:
    """Readings in which pods come and go, restart with other containers, and are measured in part or not at all."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  a repeatable history
        self.samples: list[Sample] = []
        self.names = [f"{owner}-{number}" for owner in ("web", "db", "job") for number in range(4)]
        time = 0.0
        for _ in range(self.chance.randrange(3, 24)):
            # Late, early, after a gap, or at the same second.
            time += self.chance.choice((60, 60, 60, 59, 61, 0, 240))
            self.samples.append(self.sample(BEGIN + timedelta(seconds=time)))

    def sample(self, now: datetime) -> Sample:
        chance = self.chance
        pods = [self.pod(name) for name in self.names if chance.random() < 0.6]
        nodes = [
            Node(
                "c", name, chance.choice((None, chance.randrange(10**10))), chance.randrange(1 << 36), None, "t", "15s"
            )
            for name in ("a", "b", "c")
            if chance.random() < 0.8
        ]
        if self.samples and chance.random() < 0.2:
            nodes, pods = [*self.samples[-1].nodes], [*self.samples[-1].pods]
        facts = {("shop", name): owned(name) for name in self.names}
        return Sample("c", now, "x", nodes, pods, {}, facts, len(facts))

    def pod(self, name: str) -> Pod:
        chance = self.chance

        def used() -> int | None:
            return None if chance.random() < 0.1 else chance.choice((0, chance.randrange(1 << 40)))

        names = ("app", "log", "proxy")[: chance.choice((1, 1, 2, 3))]
        containers = tuple([Container(each, used(), used()) for each in names])
        cpu = total([each.cpu_nanocores for each in containers])
        memory = total([each.memory_bytes for each in containers])
        if chance.random() < 0.1:
            cpu, memory = chance.randrange(1 << 40), None
        return Pod("c", "shop", name, cpu, memory, None, "t", "15s", containers)


def total(values: Sequence[int | None]) -> int | None:
    return None if None in values else sum(value or 0 for value in values)


def owned(name: str) -> PodFacts:
    owner = f"Deployment/{name.partition('-')[0]}"
    return PodFacts("u", "a", owner, "Running", 0, 1.0, "Burstable", {}, {}, {})


def weights(times: Sequence[datetime], start: datetime) -> list[Fraction]:
    seconds = [
        Fraction((after - before).total_seconds()) for before, after in zip([start, *times], times, strict=False)
    ]
    return [max(Fraction(1, 1000), min(each, Fraction(2 * INTERVAL))) for each in seconds]


def summed(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def statistics(line: Line) -> dict[str, int | None]:
    points = sorted((value, weight) for value, weight in line if value is not None)
    if not points:
        return dict.fromkeys(STATISTICS)
    weight = sum(each for _, each in points)
    found: dict[str, int | None] = {"min": points[0][0], "max": points[-1][0]}
    found["avg"] = round(sum(value * each for value, each in points) / weight)
    # Each value stands in the middle of its weight.
    places = [
        sum((each for _, each in points[:place]), Fraction()) + points[place][1] / 2 for place in range(len(points))
    ]
    for percent in (1, 50, 95):
        at = places[0] + (places[-1] - places[0]) * Fraction(percent, 100)
        upper = next(place for place, each in enumerate(places) if each >= at)
        low = max(0, upper - 1)
        share = (at - places[low]) / (places[upper] - places[low]) if upper > low else Fraction()
        found[f"p{percent}"] = round(points[low][0] + (points[upper][0] - points[low][0]) * share)
    return found


def expected(cpu: Line, memory: Line, seconds: float) -> dict[str, Any]:
    covered = round(sum(weight for value, weight in memory if value is not None))
    return {"cpu": statistics(cpu), "memory": statistics(memory), "coverage": covered * 100 / round(seconds)}


def record(path: str, history: History) -> None:
    """Record the history, with failures between its readings, and recorders that end."""
    recorder = Recorder(path, INTERVAL)
    for sample in history.samples:
        if history.chance.random() < 0.1:
            failure = Failure("c", "cluster", "the reading failed")
            recorder.add([], [failure], (sample.now - timedelta(seconds=1)).timestamp())
        if history.chance.random() < 0.1:
            recorder.close()
            recorder = Recorder(path, INTERVAL)
        recorder.add([sample], [], sample.now.timestamp())
    recorder.close()


class Range:
    """A range of a history, which begins somewhere within it."""

    def __init__(self, history: History) -> None:
        first = history.chance.choice(history.samples).now
        self.start = first - timedelta(seconds=history.chance.choice((1, 30, 60, 200)))
        self.end = max(history.samples[-1].now, self.start + timedelta(minutes=1))
        self.samples = [sample for sample in history.samples if self.start < sample.now <= self.end]
        self.weights = weights([sample.now for sample in self.samples], self.start)

    def flags(self) -> tuple[str, ...]:
        columns = ",".join(f"{of}.{statistic}" for of in ("cpu", "memory") for statistic in STATISTICS)
        period = (f"--start={self.start:%Y-%m-%dT%H:%M:%SZ}", f"--end={self.end:%Y-%m-%dT%H:%M:%SZ}")
        return (*period, "--columns", f"{columns},coverage", "-o", "json")

    def expected(self, rows: Sequence[Sequence[Any]], selects: Callable[[Any], bool]) -> dict[str, Any]:
        """Compute the statistics of the sum of some rows of each reading."""

        def line(field: str) -> Line:
            sums = [summed(getattr(row, field) for row in each if selects(row)) for each in rows]
            return [*zip(sums, self.weights, strict=True)]

        return expected(line("cpu_nanocores"), line("memory_bytes"), (self.end - self.start).total_seconds())


def named(name: str) -> Callable[[Any], bool]:
    return lambda row: bool(row.name == name)


def owned_by(owner: str) -> Callable[[Any], bool]:
    return lambda pod: bool(pod.name.startswith(owner))


def figures(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item[key] for key in ("cpu", "memory", "coverage") if key in item}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_statistics_equal_those_of_the_same_readings(run: Run, tmp_path: Path, seed: int) -> None:
    history, path = History(seed), str(tmp_path / "r.c3s")
    record(path, history)
    of = Range(history)
    pods = [sample.pods for sample in of.samples]

    def shown(*words: str) -> list[dict[str, Any]]:
        result = run("top", *words, "--from", path, *of.flags())
        assert result.code == 0 or "metrics not available" in result.err, result.err
        return json.loads(result.out)["items"] if result.out else []

    found = {item["name"]: item for item in shown("pods", "-A", "--containers")}
    assert {*found} == {pod.name for row in pods for pod in row}
    for name, item in found.items():
        assert figures(item) == of.expected(pods, named(name))
        containers = [[each for pod in row if pod.name == name for each in pod.containers] for row in pods]
        for each in item["containers"]:
            wanted = of.expected(containers, named(each["name"]))
            assert figures(each) == {key: wanted[key] for key in ("cpu", "memory")}
    for item in shown("pods", "-A", "--by", "owner"):
        owner = item["owner"].removeprefix("Deployment/")
        assert figures(item) == of.expected(pods, owned_by(owner))
    for item in shown("nodes"):
        assert figures(item) == of.expected([sample.nodes for sample in of.samples], named(item["name"]))


def restarted(name: str, restarts: int | None, uid: str = "u") -> PodFacts:
    logs = None if restarts is None else 0
    containers = tuple(Container(each, None, None, restarts=of) for each, of in (("app", restarts), ("log", logs)))
    return PodFacts(uid, "a", "Deployment/web", "Running", restarts, 1.0, "Burstable", {}, {}, {}, containers)


# The restarts of each pod at the readings of four minutes.
RESTARTS: Mapping[str, Sequence[PodFacts | None]] = {
    "often": [restarted("often", count) for count in (2, 3, 3, 6)],
    "recreated": [restarted("recreated", 5), restarted("recreated", 5), *[restarted("recreated", 1, "v")] * 2],
    "replaced": [restarted("replaced", 1), restarted("replaced", 1), *[restarted("replaced", 3, "v")] * 2],
    "new": [None, None, restarted("new", 2), restarted("new", 3)],
    "gone": [restarted("gone", 0), restarted("gone", 1), restarted("gone", 4), None],
    "steady": [restarted("steady", 9)] * 4,
    "untold": [restarted("untold", None)] * 4,
}


@pytest.mark.parametrize(
    ("start", "restarts"),
    [
        # From the reading at 00:00 on, then from 00:01 on.
        (
            "2026-03-01T23:59:30Z",
            {"often": 4, "recreated": 1, "replaced": 3, "new": 3, "gone": 4, "steady": 0, "untold": None},
        ),
        (
            "2026-03-02T00:00:30Z",
            {"often": 3, "recreated": 1, "replaced": 3, "new": 3, "gone": 3, "steady": 0, "untold": None},
        ),
        (None, {"often": 6, "recreated": 1, "replaced": 3, "new": 3, "steady": 9, "untold": None}),
    ],
)
def test_restarts_are_those_between_the_readings_of_a_range(
    run: Run, tmp_path: Path, start: str | None, restarts: dict[str, int | None]
) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, INTERVAL)
    for place in range(4):
        facts = {("shop", name): of[place] for name, of in RESTARTS.items() if of[place]}
        pods = [Pod("c", "shop", name, 1, 1, None, "t", "15s", (Container("app", 1, 1),)) for _, name in facts]
        now = BEGIN + timedelta(minutes=place)
        recorder.add([Sample("c", now, "x", [], pods, {}, facts, len(facts))], [], now.timestamp())  # type: ignore[arg-type]
    recorder.close()
    period = ("--start", start, "--end", "2026-03-02T00:03:30Z") if start else ()
    result = run("top", "pods", "-A", "--columns", "restarts", "-o", "json", "--containers", "--from", path, *period)
    rows = json.loads(result.out)["items"]
    assert {row["name"]: row["restarts"] for row in rows} == restarts
    of_containers = {(row["name"], each["name"]): each["restarts"] for row in rows for each in row["containers"]}
    assert {name: of_containers[name, "app"] for name in restarts} == restarts
    assert {name for name in restarts if of_containers[name, "log"] != 0} == {"untold"}


def test_an_old_recording_tells_the_phase_of_what_was_pending(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, INTERVAL)
    facts = {
        ("shop", status.lower()): PodFacts("u", "a", "", status, 0, 1.0, "Burstable", {}, {}, {})
        for status in ("Pending", "Running")
    }
    pods = [Pod("c", *key, 1, 1, None, "t", "15s", (Container("app", 1, 1),)) for key in facts]
    recorder.add([Sample("c", BEGIN, "x", [], pods, {}, facts, len(facts))], [], BEGIN.timestamp())
    recorder.close()
    result = run(f"top pods -A --from {path} -o value --columns name,phase")
    assert result.out == "pending\tPending\nrunning\t\n"


def test_an_old_recording_tells_the_restarts_of_containers_as_far_as_it_can(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, INTERVAL)
    pods = {
        "alone": (3, 1, "Running"),
        "both": (3, 2, "Running"),
        "calm": (0, 2, "Running"),
        "init": (3, 1, "Init:0/1"),
    }
    facts = {
        ("shop", name): structs.replace(
            restarted(name, restarts),
            status=status,
            containers=tuple(Container(each, None, None) for each in ("app", "log")[:count]),
        )
        for name, (restarts, count, status) in pods.items()
    }
    recorder.add([Sample("c", BEGIN, "x", [], [], {}, facts, len(facts))], [], BEGIN.timestamp())
    recorder.close()
    rows = json.loads(run(f"top pods -A --containers --from {path} -o json --columns restarts").out)["items"]
    assert {row["name"]: [each["restarts"] for each in row["containers"]] for row in rows} == {
        "alone": [3],
        "both": [None, None],
        "calm": [0, 0],
        "init": [None],
    }
