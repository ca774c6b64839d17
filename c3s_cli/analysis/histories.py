"""A Sample → the history of each container of each workload. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.amounts.totals import by_key, covered
from c3s_cli.analysis.rollup import add_all
from c3s_cli.columns.kinds import belongs
from c3s_cli.model.rightsizing import CONTAINER, INIT, SIDECAR, ContainerHistory, Declared, Histories, Replica
from c3s_cli.model.rows import Amounts, Container, Pod, PodFacts
from c3s_cli.model.sample import Sample

Key = tuple[str, str]
# Each pod of these is a run of its own.
RUNS: Final = ("Job", "CronJob")
# Pods that were created so many seconds before may not have been measured yet.
NEW: Final = 300


def container_histories(sample: Sample, workload: str = "") -> Iterator[ContainerHistory]:
    """Yield the history of each container of each workload.

    workload: the only one, as Kind/name, Kind for those of a kind, */name for those of a name, "" for all.
    """
    facts = sample.pod_facts or {}
    histories = sample.histories or snapshot(sample)
    current = by_key(
        ((key[0], owner_of(key, each)), (key, each)) for key, each in facts.items() if key not in histories.ended
    )
    past = by_key(
        ((namespace, owner_of((namespace, pod), known), name), replica)
        for (namespace, pod, name), replica in histories.replicas.items()
        if (known := facts.get((namespace, pod))) is not None
    )
    ran = {(namespace, owner) for namespace, owner, _ in past}
    templates = {key: each for key, each in sample.templates.items() if key in ran or key[1].startswith("CronJob/")}
    for namespace, owner in sorted({*current, *templates}):
        if workload and not belongs(owner, workload):
            continue
        pods = current.get((namespace, owner), [])
        newest = max(pods, key=lambda pod: (pod[1].created_at or 0.0, pod[0]))[1] if pods else None
        boxes = [*_containers(newest, templates.get((namespace, owner), ()), namespace, owner)]
        sole = sum(box.role != INIT for box in boxes) == 1
        for box in boxes:
            # What was measured of former pods as a whole is that of their only container.
            names = ("",) if sole and box.role != INIT else ()
            replicas = tuple(
                each for name in (box.container, *names) for each in past.get((namespace, owner, name), ())
            )
            if box.role == INIT and not replicas:
                continue  # it ended before it was ever sampled
            yield ContainerHistory(
                sample.context,
                namespace,
                owner,
                box.container,
                len(pods),
                box.requests,
                box.limits,
                replicas,
                seconds=lived(replicas),
                start=histories.start,
                end=histories.end,
                by_runs=box.role == INIT or owner.partition("/")[0] in RUNS,
                autoscaled={
                    **histories.scaled.get((namespace, owner), {}),
                    **sample.scaled.get((namespace, owner), {}),
                },
                qos_class=(newest and newest.qos_class) or "",
                role=box.role,
                place=box.place,
                nodes=tuple([facts.node for _, facts in pods]),
                of_pod=box.of_pod,
                running=_running(box, [facts for _, facts in pods]),
            )


def _running(box: Declared, pods: Sequence[PodFacts]) -> Amounts | None:
    """Sum what the replicas of a container request; None if one lacks the container, or its requests are unknown."""
    requests = [each.requests for pod in pods for each in pod.containers if each.name == box.container]
    return add_all(requests) if len(requests) == len(pods) else None


def _containers(
    newest: PodFacts | None, template: Sequence[Declared], namespace: str, owner: str
) -> Iterator[Declared]:
    """Yield what the template of a workload declares, and what its newest pod got without a declaration.

    That may be a default of the namespace. An amount that only the pod has now, such as by a resize, does not count.
    """
    running = {each.name: each for each in newest.containers} if newest else {}
    for each in template:
        box = running.get(each.container)
        requests, limits = ((box.requests or {}), (box.declared_limits or {})) if box else ({}, {})
        yield structs.replace(
            each, requests={**requests, **(each.requests or {})}, limits={**limits, **(each.limits or {})}
        )
    for place, box in enumerate(() if template else running.values()):
        role, at = (CONTAINER, place) if box.sidecar_at is None else (SIDECAR, box.sidecar_at)
        yield Declared(namespace, owner, box.name, role, at, None, box.requests, box.declared_limits)


def declared_histories(
    histories: Iterable[ContainerHistory], declared: Sequence[Declared], sample: Sample
) -> Iterator[ContainerHistory]:
    """Yield the history of each container of manifests, with what these declare; of one that never ran, none."""
    known = {(each.namespace, each.owner, each.container): each for each in histories}
    here = sample.namespaces[0] if len(sample.namespaces) == 1 else ""
    span = sample.histories or snapshot(sample)
    for each in declared:
        who = (each.namespace or here, each.owner, each.container)
        new = ContainerHistory(sample.context, *who, 0, None, None, start=span.start, end=span.end)
        history = known.get(who, new)
        count = history.count if each.replicas is None else each.replicas
        amounts = {"requests": each.requests, "limits": each.limits}
        yield structs.replace(history, **amounts, role=each.role, place=each.place, count=count, running=None)


def owner_of(key: Key, facts: PodFacts) -> str:
    """Return the workload of a pod as Kind/name: the pod itself if nobody owns it, or nobody knows who does.

    A node owns its static pods, which are not alike.
    """
    owner = facts.owner or ""
    return owner if owner and not owner.startswith("Node/") else f"Pod/{key[1]}"


def lived(replicas: Sequence[Replica]) -> float:
    """Return for how many seconds at least one of the replicas had data.

    Where one has no data all the time, such as in a gap of a source, neither had the others that ran then.
    """
    whole = sum(each.last - each.first for each in replicas)
    if whole <= 0:
        return 0.0
    seconds = covered((each.first, each.last) for each in replicas)
    return seconds * min(1.0, sum(each.seconds for each in replicas) / whole)


def without_data(sample: Sample, workload: str = "") -> list[str]:
    """Return the running pods without data of which others of the same workload have some. workload: the only one."""
    histories = sample.histories or snapshot(sample)
    facts, measured = sample.pod_facts or {}, {who[:2] for who in histories.replicas}
    owners = {(key[0], owner_of(key, each)) for key, each in facts.items() if key in measured}
    return sorted(
        "/".join(key)
        for key, each in facts.items()
        if key not in measured
        and (key[0], owner := owner_of(key, each)) in owners
        and (not workload or belongs(owner, workload))
        and each.phase in (None, "Running")
        and each.started
        and (each.created_at or 0.0) < histories.end - NEW
    )


def snapshot(sample: Sample) -> Histories:
    """Return what is known without a past: what containers use now, and whether they were killed the last time."""
    now = sample.now.timestamp()
    pods: Mapping[Key, Pod] = {(pod.namespace, pod.name): pod for pod in sample.pods}
    replicas: dict[tuple[str, str, str], Replica] = {}
    for key, facts in (sample.pod_facts or {}).items():
        used = {each.name: each for each in pods[key].containers} if key in pods else {}
        for each in facts.containers:
            replicas[*key, each.name] = _now(key[1], each, used.get(each.name), now)
    return Histories(now, now, replicas)


def _now(pod: str, container: Container, used: Container | None, now: float) -> Replica:
    cpu, memory = (used.cpu_nanocores, used.memory_bytes) if used else (None, None)
    killed = container.states.oom_killed if container.states else None
    kills = None if killed is None else int(killed)
    return Replica(pod, 0.0, now, now, int(used is not None), cpu, None, memory, oom_kills=kills)
