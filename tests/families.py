"""Three hours of two pods in a Prometheus that lacks families of series, told apart by the label `scene`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.engines import END
from tests.six_hours import CPU, MEMORY, MI, OOM, Series, at

BEGIN, TURN, EVERY = END - 3 * 3600, END - 7200, 60
ALL: Final = ("usage", "cfs", "ooms", "states", "restarts", "reasons", "ready", "volumes", "claims")
OF_STATES: Final = ("states", "restarts", "reasons", "ready", "claims")
SCENES: Final[dict[str, tuple[str, ...]]] = {
    "all": ALL,
    "usage": ("usage",),
    "resource": ("resource",),
    "rules": ("rules",),
    "resource and states": ("resource", *OF_STATES),
    **{f"no {family}": tuple(each for each in ALL if each != family) for family in ALL[1:] if family != "states"},
    "no states": tuple(each for each in ALL if each not in OF_STATES),
    "no ooms, states": tuple(each for each in ALL if each not in (*OF_STATES, "ooms")),
    "no ooms, reasons": tuple(each for each in ALL if each not in ("ooms", "reasons")),
}


def _of(pod: str, families: tuple[str, ...]) -> Iterator[Series]:
    """Give a pod. `hit` was killed once, and started again."""
    who = {"namespace": "m", "pod": pod}
    box = {**who, "container": "main"}
    hit = pod == "hit"
    for run, (begin, end) in enumerate([(BEGIN, TURN), (TURN + 20, END)] if hit else [(BEGIN, END)]):
        labels = {**box, "id": f"/{pod}/{run}", "node": "n1", "instance": "n1:10250", "job": "kubelet"}
        series: dict[str, list[tuple[str, Any]]] = {
            "usage": [(CPU, lambda when, begin=begin: (when - begin) * 0.5), (MEMORY, 10 * MI)],
            "cfs": [
                ("container_cpu_cfs_periods_total", lambda when, begin=begin: (when - begin) * 10),
                ("container_cpu_cfs_throttled_periods_total", lambda when, begin=begin: (when - begin) * 5),
            ],
            "ooms": [(OOM, lambda when: hit and TURN - 60 < when <= TURN)],
        }
        for family in series.keys() & {*families}:
            yield from ((name, labels, at(begin, end, value, EVERY)) for name, value in series[family])
    state = "kube_pod_container_status_"
    claim = {"persistentvolumeclaim": f"of-{pod}"}
    whole: dict[str, list[tuple[str, dict[str, str], Any]]] = {
        "resource": [
            (CPU, {**box, "job": "resource"}, lambda when: (when - BEGIN) * 0.5),
            (MEMORY, {**box, "job": "resource"}, 10 * MI),
        ],
        "rules": [
            ("node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate", box, 0.5),
            ("node_namespace_pod_container:container_memory_working_set_bytes", box, 10 * MI),
        ],
        "states": [
            ("kube_pod_info", {**who, "node": "n1", "uid": pod}, 1),
            ("kube_pod_status_phase", {**who, "phase": "Running"}, 1),
            ("kube_pod_container_info", box, 1),
        ],
        "restarts": [(f"{state}restarts_total", box, lambda when: hit and when > TURN + 20)],
        "reasons": [(f"{state}last_terminated_reason", {**box, "reason": "OOMKilled"}, 1)] if hit else [],
        "ready": [(f"{state}ready", box, 1), (f"{state}waiting", box, 0), (f"{state}terminated", box, 0)],
        "volumes": [
            ("kubelet_volume_stats_used_bytes", {"namespace": "m", **claim}, 5 * MI),
            ("kubelet_volume_stats_capacity_bytes", {"namespace": "m", **claim}, 50 * MI),
        ],
        "claims": [("kube_pod_spec_volumes_persistentvolumeclaims_info", {**who, **claim, "volume": "v"}, 1)],
    }
    for family in whole.keys() & {*families}:
        begin = TURN + 30 if family == "reasons" else BEGIN
        yield from ((name, labels, at(begin, END, value, EVERY)) for name, labels, value in whole[family])


def scenes() -> Iterator[Series]:
    """Give the series of all scenes."""
    for scene, families in SCENES.items():
        for pod in ("calm", "hit"):
            for name, labels, samples in _of(pod, families):
                yield name, {**labels, "scene": scene}, samples
