"""Six hours of clusters whose scrapes failed for a while, told apart by the label `scene`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.engines import END
from tests.six_hours import BEGIN, MI, OOM, Series, at

CPU, MEMORY = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"
EVERY: Final = 60
# The last scrape before a gap at the end, and the first after one at the beginning.
DOWN, UP = END - 2400, BEGIN + 3600
# Twelve pods that live all the time, and one that ended before any gap at the end.
PODS: Final = tuple(f"p{number:02}" for number in range(12))
DONE = "done"


def _of_pod(pod: str, node: str, spans: list[tuple[int, int]]) -> Iterator[Series]:
    """Give a pod that uses half a core. Its kubelet has counted three kills before the range, and one an hour ago."""
    where = {"namespace": "m", "pod": pod, "container": "main", "node": node, "instance": f"{node}:10250"}
    where |= {"job": "kubelet", "id": f"/{pod}"}
    for begin, end in spans:
        yield CPU, {**where, "cpu": "total"}, at(begin, end, lambda when: (when - BEGIN + 90000) * 0.5, EVERY)
        yield MEMORY, where, at(begin, end, 10 * MI, EVERY)
        yield OOM, where, at(begin, end, lambda when: 3 + (when > END - 3600), EVERY)
        yield "container_start_time_seconds", where, at(begin, end, BEGIN - 90000, EVERY)


def _of_node(node: str, spans: list[tuple[int, int]]) -> Iterator[Series]:
    labels = {"id": "/", "node": node, "instance": f"{node}:10250", "job": "kubelet"}
    for begin, end in spans:
        yield CPU, {**labels, "cpu": "total"}, at(begin, end, lambda when: (when - BEGIN + 90000) * 4.0, EVERY)
        yield MEMORY, labels, at(begin, end, 2**30, EVERY)


def _states(pod: str, node: str, spans: list[tuple[int, int]]) -> Iterator[Series]:
    who = {"namespace": "m", "pod": pod}
    box = {**who, "container": "main"}
    for begin, end in spans:
        for name, labels, value in (
            ("kube_pod_info", {**who, "node": node, "uid": pod}, 1),
            ("kube_pod_status_phase", {**who, "phase": "Running"}, 1),
            ("kube_pod_container_info", box, 1),
            ("kube_pod_container_resource_requests", {**box, "resource": "cpu", "unit": "core"}, 1),
            ("kube_pod_created", who, BEGIN - 90000),
            ("kube_pod_container_status_restarts_total", box, lambda when: 2 + (when > END - 3600)),
        ):
            yield name, labels, at(begin, end, value, EVERY)


def _facts(node: str, spans: list[tuple[int, int]]) -> Iterator[Series]:
    for begin, end in spans:
        yield "kube_node_info", {"node": node, "internal_ip": f"{node}.local"}, at(begin, end, 1, EVERY)
        for resource, amount in (("cpu", 8), ("memory", 2**35), ("pods", 110)):
            for what in ("allocatable", "capacity"):
                yield f"kube_node_status_{what}", {"node": node, "resource": resource}, at(begin, end, amount, EVERY)


ALL: Final = [(BEGIN - 7200, END)]
LATE: Final = [(BEGIN - 7200, BEGIN - 1800), (UP, END)]
# When kubelets and kube-state-metrics were scraped; the first kubelet, where it differs; the first pod, likewise.
SCENES: Final[dict[str, dict[str, Any]]] = {
    "end": {"kubelets": [(BEGIN, DOWN)], "states": [(BEGIN, DOWN)]},
    "begin": {"kubelets": LATE, "states": LATE},
    "late": {"kubelets": ALL, "states": ALL, "first": LATE},
    "restarted": {"kubelets": ALL, "states": LATE},
    "node": {"kubelets": ALL, "states": ALL, "first": [(BEGIN, DOWN)]},
    "states": {"kubelets": ALL, "states": [(BEGIN, DOWN)]},
    "nearly": {"kubelets": [(BEGIN, DOWN)], "states": [], "pod": ALL},
}


# Where starts are not told, only the first data tells what was there before.
NO_STARTS: Final = ("container_start_time_seconds", "kube_pod_created")


def scenes() -> Iterator[Series]:
    """Give the series of all scenes."""
    for scene, spans in SCENES.items():
        kubelets = {"n1": spans.get("first", spans["kubelets"]), "n2": spans["kubelets"]}
        for name, labels, samples in _scene(kubelets, spans["states"], spans.get("pod")):
            if scene != "begin" or name not in NO_STARTS:
                yield name, {**labels, "scene": scene}, samples


def _scene(kubelets: dict[str, Any], states: list[tuple[int, int]], first: Any) -> Iterator[Series]:
    for node, spans in kubelets.items():
        yield from _of_node(node, spans)
        yield from _facts(node, states)
    for number, pod in enumerate(PODS):
        node = f"n{number % 2 + 1}"
        alone = first and not number
        yield from _of_pod(pod, "n3" if alone else node, first if alone else kubelets[node])
        # One of several kube-state-metrics has these.
        yield from _states(pod, node, kubelets[node] if states == ALL and kubelets[node] == LATE else states)
    ended = [(UP, END - 3 * 3600)]
    yield from _of_pod(DONE, "n2", ended)
    if states:
        yield from _states(DONE, "n2", ended)
