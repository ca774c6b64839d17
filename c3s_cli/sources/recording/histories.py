"""Histories of containers from the readings of a range. What a recording does not have is unknown: throttling."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.timestamp import epoch, utc
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.model.rightsizing import Histories, Replica
from c3s_cli.model.rows import Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.request.period import Period
from c3s_cli.sources.decode.containerstates import OOM_KILLED
from c3s_cli.sources.recording.contents import OLDEST
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.history import MILLIS, UNKNOWN, History, weights_of
from c3s_cli.sources.recording.recording import Recorded, Recording
from c3s_cli.sources.recording.restarts import Restarts
from c3s_cli.sources.recording.selection import Selection
from c3s_cli.sources.recording.sums import Sums
from c3s_cli.sources.source import Scope, Wanted

Who = tuple[str, str, str]
# What the first minutes of a replica are.
START: Final = 300
# How many values are held at a time; of more containers, the readings are read several times.
MOST: Final = 12_000_000


class _Run(Struct):
    """The readings of a container. starts: whether it began in the range. start: the most CPU in its first minutes."""

    first: float
    last: float
    starts: bool
    samples: int = 0
    seconds: float = 0.0
    start: int | None = None
    memory: int | None = None


class _Events(Struct):
    """What happened to containers: the times of kills, and the largest limit before one."""

    kills: dict[Who, set[str]]
    limits: dict[Who, int]


def read_histories(recording: Recording, cluster: Recorded, needs: Needs, scope: Scope, wanted: Wanted) -> Sample:
    """Return the facts of the last reading, those of pods that ended in the range, and the histories of containers."""
    start, end, rows = recording.between(cluster, scope.period or Period())
    weights = weights_of([row[1] for row in rows], [row[2] for row in rows], start, OLDEST)
    events, restarts = _Events({}, {}), Restarts()
    former: dict[tuple[str, str], PodFacts] = {}
    last = Facts()
    # Readings are in the order of their times: of a clock that was set back, the first is not the earliest stored.
    first = min(row[0] for row in rows)
    for number, facts in recording.each_facts(cluster, recording.base_of(first), rows[-1][0]):
        _note_facts(facts, last, start, events)
        restarts.note(facts.pods or {}, counts=number > first)
        former.update((facts.pods or {}) if number >= first else {})
        last = facts
    moment = recording.reading(cluster, rows[-1][0])
    everything = Facts(last.nodes, None if last.pods is None else {**former, **last.pods}, last.pod_count)
    sample = Selection(moment, needs, scope, cluster.context).sample(everything, [], [])
    selected, present = sample.pod_facts or {}, last.pods or {}
    runs: dict[Who, _Run] = {}
    for place, (_, time, _, usage_of) in enumerate(rows):
        _, pods = recording.usage(usage_of, cluster.context)
        _note_usage(runs, [pod for pod in pods if (pod.namespace, pod.name) in selected], time, weights[place], place)
    cpu = _percentiles(recording, rows, weights, list(runs), wanted.percentile)
    replicas = {who: _replica(who, each, cpu.get(who), events, selected, restarts) for who, each in runs.items()}
    ended = frozenset(key for key in selected if key not in present)
    read = f"{len(rows)} readings from {utc(rows[0][1])} to {utc(rows[-1][1])}"
    return structs.replace(
        sample, histories=Histories(start, end, replicas, ended, {"readings": read}), moment=f"of {read}"
    )


def _note_facts(facts: Facts, before: Facts, start: float, events: _Events) -> None:
    """Note which containers were killed since the reading before, with the limit that they had."""
    known = before.pods or {}
    for key, pod in (facts.pods or {}).items():
        if known.get(key) is pod:
            continue
        limits = {each.name: (each.limits or {}).get("memory", 0) for each in (known.get(key) or pod).containers}
        for each in pod.containers:
            if each.states is None or each.states.terminated_because != OOM_KILLED:
                continue
            at, who = each.states.terminated_at or "", (*key, each.name)
            if (epoch(at) or start) >= start and at not in events.kills.setdefault(who, set()):
                events.kills[who].add(at)
                events.limits[who] = max(events.limits.get(who, 0), limits.get(each.name, 0))


def _note_usage(runs: dict[Who, _Run], pods: Sequence[Pod], time: float, weight: int, place: int) -> None:
    """Note a reading. A container that was not seen before has started, unless it is the first reading."""
    seconds = weight / MILLIS
    for pod in pods:
        for each in pod.containers:
            who = (pod.namespace, pod.name, each.name)
            run = runs.get(who)
            if run is None:
                run = runs[who] = _Run(time - seconds, time, starts=place > 0)
            run.last = time
            run.samples += 1
            run.seconds += seconds
            if each.memory_bytes is not None:
                run.memory = max(run.memory or 0, each.memory_bytes)
            if run.starts and time - seconds - run.first < START and each.cpu_nanocores is not None:
                run.start = max(run.start or 0, each.cpu_nanocores)


def _percentiles(
    recording: Recording, rows: Sequence[Any], weights: Sequence[int], keys: Sequence[Who], percentile: int
) -> Mapping[Who, int]:
    """Return the percentile of CPU of each container over its own life, of so many at a time that memory is bounded."""
    name = f"cpu.p{percentile}"
    percentiles: dict[Who, int] = {}
    most = max(1, MOST // len(rows))
    for begin in range(0, len(keys), most):
        some = keys[begin : begin + most]
        history = History(weights, 0.0, len(some), {"cpu": array("q", _values(recording, rows, some))})
        for line, who in enumerate(some):
            percentiles.update((who, value) for value in history.figures(line, [name], coverage=False).values())
    return percentiles


def _values(recording: Recording, rows: Sequence[Any], keys: Sequence[Who]) -> Iterator[int]:
    """Yield the CPU of containers at the first reading, then at the second, and so on."""
    sums = Sums([[key] for key in keys])
    for _, _, _, usage in rows:
        columns = recording.columns(usage, Kind.POD)
        with recording.decoding():
            yield from sums.of("cpu", *columns) if columns else [UNKNOWN] * len(keys)


def _replica(
    who: Who,
    run: _Run,
    cpu: int | None,
    events: _Events,
    selected: Mapping[tuple[str, str], PodFacts],
    restarts: Restarts,
) -> Replica:
    facts, kills = selected[who[:2]], events.kills.get(who)
    known = any(container.states for container in facts.containers)
    return Replica(
        who[1],
        run.seconds,
        run.first,
        run.last,
        run.samples,
        cpu,
        run.start,
        run.memory,
        oom_kills=len(kills) if kills else 0 if known else None,
        oom_limit=events.limits.get(who) or None,
        # They are those of the whole pod.
        restarts=restarts.by_pod.get(who[:2]) if len(facts.containers) == 1 else None,
    )
