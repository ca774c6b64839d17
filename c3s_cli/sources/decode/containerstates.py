"""The status of a pod → what its containers are ready or waiting for, and how they ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from c3s_cli.model.container_states import ContainerStates
from c3s_cli.sources.decode.podstatus import ContainerStatus, PodState, State, Terminated, conditions_of
from c3s_cli.sources.decode.shapes import decode_one

OOM_KILLED: Final = "OOMKilled"
UNSEEN: Final = "no scheduler has considered it yet"
Former: Any = State | None


def states_of(state: PodState, names: Sequence[str], init_names: Collection[str]) -> dict[str, ContainerStates]:
    """Return the states of each container by name, and of all as "".

    names: the containers and sidecars. init_names: the other init containers, which are never ready.
    """
    statuses = {each.name: each for each in (*(state.init_container_statuses or ()), *(state.container_statuses or ()))}
    own = {name: _states([statuses[name]] if name in statuses else [], 1) for name in names}
    # An init container that has done its work has not failed.
    known = [each for name, each in statuses.items() if name in own or (name in init_names and not _is_done(each))]
    ready = sum(each.ready_count or 0 for each in own.values())
    return {**own, "": _states(known, len(names), ready)}


def _states(statuses: Sequence[ContainerStatus], count: int, ready: int | None = None) -> ContainerStates:
    """Summarize statuses. ready: how many are ready, if known already."""
    reasons = [each.state.waiting.reason for each in statuses if each.state and each.state.waiting]
    ends = [_ends(each) for each in statuses]
    latest = [own[0] for own in ends if own]
    last = max(latest, key=lambda end: end.finished_at or "", default=None)
    return ContainerStates(
        ready_count=sum(map(_is_ready, statuses)) if ready is None else ready,
        count=count,
        waiting=tuple(dict.fromkeys(filter(None, reasons))),
        terminated_because=last.word if last else "",
        terminated_at=(last.finished_at if last else "") or "",
        oom_killed=any(end.reason == OOM_KILLED for own in ends for end in own),
    )


def _is_ready(status: ContainerStatus) -> bool:
    return status.ready and status.state is not None and status.state.running is not None


def _is_done(status: ContainerStatus) -> bool:
    end = status.state.terminated if status.state else None
    return end is not None and end.exit_code == 0


def _ends(status: ContainerStatus) -> list[Terminated]:
    """Return how a container ended, the latest first: it may have been started again in between."""
    last: State | None = decode_one(status.last_state, Former, "pods")
    return [each.terminated for each in (status.state, last) if each and each.terminated]


def pending(state: PodState, node: str) -> str:
    """Return why the scheduler has not placed a pod; "" once it has a node."""
    if node:
        return ""
    unscheduled = (each for each in conditions_of(state) if each.type == "PodScheduled" and each.status != "True")
    return next((each.message or each.reason for each in unscheduled), None) or UNSEEN
