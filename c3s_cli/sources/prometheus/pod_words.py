"""The STATUS of a pod, from the series of kube-state-metrics: unknown where they do not decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels

COMPLETED: Final = "Completed"
REASONS: Final = ("waiting", "terminated")
# What is said while an init container runs or is about to.
PLAIN: Final = ("", "PodInitializing")

# Returns the series of the pod by their name.
SeriesOf = Callable[[str], "list[tuple[Labels, float]]"]


def queries() -> dict[str, tuple[str, ...]]:
    """Return the names of the series, with the labels that matter."""
    states = {
        f"kube_pod_{kind}container_status_{what}_reason": (*promql.WHO, "reason")
        for kind in ("", "init_")
        for what in REASONS
    }
    return {
        **states,
        "kube_pod_container_status_waiting": promql.WHO,
        "kube_pod_container_status_ready": promql.WHO,
        "kube_pod_init_container_status_ready": promql.WHO,
        "kube_pod_deletion_timestamp": promql.WHO[:2],
        "kube_pod_status_initialized": (*promql.WHO[:2], "condition"),
    }


def status_of(series_of: SeriesOf, phase: str, node: str, sidecars: set[str]) -> str | None:
    """Return the STATUS, as kubectl has it; None if the series do not tell. sidecars: by name."""
    if series_of("kube_pod_deletion_timestamp"):
        return "Terminating"
    if any(labels.get("condition") == "true" and not n for labels, n in series_of("kube_pod_status_initialized")):
        return _initializing(series_of, sidecars) if series_of("kube_pod_init_container_info") else _word(series_of)
    word = _word(series_of)
    if word != "":
        return word
    if not node and phase == "Pending":
        return phase
    # Without these nobody knows whether a container waits.
    return phase or None if series_of("kube_pod_container_status_waiting") else None


def stopped_in(series_of: SeriesOf) -> tuple[str, ...]:
    """Return the containers and sidecars that wait or have ended, as far as there are series of it."""
    kinds = [f"kube_pod_{kind}container_status_{what}_reason" for kind in ("", "init_") for what in REASONS]
    waiting = {labels.get("container", ""): "" for labels, n in series_of("kube_pod_container_status_waiting") if n}
    return tuple(sorted(waiting.keys() | {name for kind in kinds for name in _reasons(series_of, kind)}))


def _initializing(series_of: SeriesOf, sidecars: set[str]) -> str | None:
    """Return the progress of the init containers, which run in an order that the series do not have."""
    names = {labels.get("container", "") for labels, _ in series_of("kube_pod_init_container_info")}
    ended = _reasons(series_of, "kube_pod_init_container_status_terminated_reason")
    waits = _reasons(series_of, "kube_pod_init_container_status_waiting_reason")
    ready = {each.get("container") for each, n in series_of("kube_pod_init_container_status_ready") if n}
    done = {name for name in names if ended.get(name) == COMPLETED or (name in sidecars and name in ready)}
    words = {word for word in (*ended.values(), *waits.values()) if word not in (*PLAIN, COMPLETED)}
    if len(words) > 1:
        return None
    return f"Init:{words.pop()}" if words else f"Init:{len(done)}/{len(names)}"


def _word(series_of: SeriesOf) -> str | None:
    """Return why containers wait, or how they ended; "" if they do not, None if there are several words."""
    waits = _reasons(series_of, "kube_pod_container_status_waiting_reason")
    ended = _reasons(series_of, "kube_pod_container_status_terminated_reason")
    words = {*waits.values(), *ended.values()} - {""}
    if words == {COMPLETED} and any(n for _, n in series_of("kube_pod_container_status_ready")):
        return None  # Running or NotReady
    return words.pop() if len(words) == 1 else None if words else ""


def _reasons(series_of: SeriesOf, name: str) -> dict[str, str]:
    """Return the reason of each container whose series is 1."""
    return {each.get("container", ""): each.get("reason", "") for each, number in series_of(name) if number}
