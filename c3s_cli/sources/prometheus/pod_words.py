"""The STATUS of a pod, from the series of kube-state-metrics: unknown where they do not decide."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels

COMPLETED: Final = "Completed"
NODE_LOST: Final = "NodeLost"
# Of pods whose init containers have done their work.
INITIALIZED: Final = "kube_pod_status_initialized_time"
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
    values = [f"container_status_{what}" for what in ("waiting", "terminated", "ready")]
    values += [f"init_container_status_{what}" for what in ("waiting", "running", "ready")]
    return {
        **states,
        **{f"kube_pod_{name}": promql.WHO for name in values},
        "kube_pod_deletion_timestamp": promql.WHO[:2],
        "kube_pod_status_reason": (*promql.WHO[:2], "reason"),
        INITIALIZED: promql.WHO[:2],
    }


def progress_of(series_of: SeriesOf, sidecars: Collection[str]) -> str | None:
    """Return the progress of the init containers, such as Init:0/1: "" if all are done, None if it is not known.

    They run in an order that the series do not have. sidecars: by name, those that may be some, too.
    """
    names = {labels.get("container", "") for labels, _ in series_of("kube_pod_init_container_info")}
    ended = reasons_in(series_of, "kube_pod_init_container_status_terminated_reason")
    waits = reasons_in(series_of, "kube_pod_init_container_status_waiting_reason")
    running, waiting, ready = (
        {labels.get("container", "") for labels, n in series_of(f"kube_pod_init_container_status_{what}") if n}
        for what in ("running", "waiting", "ready")
    )
    done = {name for name in names if ended.get(name) == COMPLETED or (name in sidecars and name in running & ready)}
    if done == names:
        return ""
    words: set[str | None] = set()
    count = f"Init:{len(done)}/{len(names)}"
    idle = {name for name in names - done if waits.get(name, "-") in PLAIN or (name in waiting and name not in waits)}
    for name in names - done - idle:
        if word := ended.get(name) or waits.get(name):
            words.add(f"Init:{word}")
        elif name not in running:
            words.add(None)
        elif name not in sidecars or len(done) + 1 == len(names):
            words.add(count)
        else:
            # It may have started without being ready yet: then the next one is at work.
            words.add(None)
    return (words or {count}).pop() if len(words) < 2 else None


def status_of(series_of: SeriesOf, phase: str, progress: str | None, *, initializing: bool | None) -> str | None:
    """Return the STATUS, as kubectl has it; None if the series do not tell.

    progress: of the init containers. initializing: whether they have yet to do their work, None if that is not known.
    """
    reason = next((labels.get("reason", "") for labels, n in series_of("kube_pod_status_reason") if n), "")
    if series_of("kube_pod_deletion_timestamp"):
        return "Unknown" if reason == NODE_LOST else "Terminating"
    if initializing:
        return progress
    word = _word(series_of)
    if word != "":
        return word if initializing is False else None
    # Without these nobody knows whether a container waits, or whether a pod without a node is gated.
    if not series_of("kube_pod_container_status_waiting"):
        return None
    return reason or phase or None if progress == "" else progress


def stopped_in(series_of: SeriesOf) -> tuple[str, ...]:
    """Return the containers and sidecars that wait or have ended, as far as there are series of it."""
    kinds = [f"kube_pod_{kind}container_status_{what}_reason" for kind in ("", "init_") for what in REASONS]
    waiting = {labels.get("container", ""): "" for labels, n in series_of("kube_pod_container_status_waiting") if n}
    return tuple(sorted(waiting.keys() | {name for kind in kinds for name in reasons_in(series_of, kind)}))


def _word(series_of: SeriesOf) -> str | None:
    """Return why containers wait, or how they ended; "" if they do not, None if the series do not tell."""
    waits = reasons_in(series_of, "kube_pod_container_status_waiting_reason")
    ended = reasons_in(series_of, "kube_pod_container_status_terminated_reason")
    stopped = {each.get("container", ""): "" for each, n in series_of("kube_pod_container_status_terminated") if n}
    if "" in (stopped | ended).values():
        return None  # its exit code or signal
    words = {*waits.values(), *ended.values()} - {""}
    if words == {COMPLETED} and any(n for _, n in series_of("kube_pod_container_status_ready")):
        return None  # Running or NotReady
    return words.pop() if len(words) == 1 else None if words else ""


def reasons_in(series_of: SeriesOf, name: str) -> dict[str, str]:
    """Return the reason of each container whose series is 1."""
    return {each.get("container", ""): each.get("reason", "") for each, number in series_of(name) if number}
