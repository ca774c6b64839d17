"""The STATUS and RESTARTS of a pod, as `kubectl get pods` shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from msgspec import Raw, Struct, structs

from c3s_cli.model.rows import Container
from c3s_cli.sources.decode.shapes import NULL, decode_one


class _Waiting(Struct, gc=False):
    reason: str = ""


class Terminated(Struct, rename="camel", gc=False):
    """How a container ended, and when in RFC 3339."""

    reason: str = ""
    exit_code: int = 0
    signal: int = 0
    finished_at: str | None = None

    @property
    def word(self) -> str:
        """The reason, or else the signal or exit code."""
        return self.reason or (f"Signal:{self.signal}" if self.signal else f"ExitCode:{self.exit_code}")


class _Running(Struct, gc=False):
    pass


class State(Struct, gc=False):
    """The state of a container: one of the three."""

    waiting: _Waiting | None = None
    running: _Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Struct, rename="camel", gc=False):
    """The status of one container. Its resources, left undecoded, may differ from its spec after a resize.

    last_state: how it ended before, undecoded.
    """

    name: str = ""
    restart_count: int = 0
    ready: bool = False
    started: bool | None = None
    state: State | None = None
    last_state: Raw = NULL
    allocated_resources: Raw = NULL
    resources: Raw = NULL


class _Condition(Struct, rename="camel", gc=False):
    type: str = ""
    status: str = ""
    reason: str | None = ""
    message: str | None = ""
    last_transition_time: str | None = None


class PodState(Struct, rename="camel", gc=False):
    """The status of a pod. Its conditions are only decoded for the few pods whose STATUS depends on them.

    Its resources are those of the pod as a whole, and like those of a container.
    """

    phase: str = ""
    reason: str = ""
    conditions: Raw = NULL
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    qos_class: str = ""
    resize: str = ""
    allocated_resources: Raw = NULL
    resources: Raw = NULL


NO_STATE: Final = State()
NOBODY: Final[frozenset[str]] = frozenset()
Conditions: Any = list[_Condition] | None


def has_condition(state: PodState, kind: str, *, status: str = "", reason: str = "") -> bool:
    """Return whether a pod has a condition of a type, with a status or reason if one is given."""
    # Times make the conditions of every pod different, so nothing is gained by remembering decoded ones.
    if (reason or kind).encode() not in bytes(state.conditions):
        return False
    return any(
        each.type == kind and status in ("", each.status) and reason in ("", each.reason)
        for each in conditions_of(state)
    )


def conditions_of(state: PodState) -> Sequence[_Condition]:
    """Return the conditions of a pod."""
    conditions: Sequence[_Condition] = decode_one(state.conditions, Conditions, "pods") or ()
    return conditions


def is_ready(state: PodState) -> bool:
    """Return whether the condition Ready of a pod is true."""
    text = bytes(state.conditions)
    if b'"False"' in text or b'"Unknown"' in text:
        return has_condition(state, "Ready", status="True")
    return b'"Ready"' in text


def has_started(state: PodState) -> bool:
    """Return whether any container of a pod, also an init container, has ever run."""
    if state.phase != "Pending":
        return True
    statuses = (*(state.init_container_statuses or ()), *(state.container_statuses or ()))
    return any(
        status.restart_count or (status.state and (status.state.running or status.state.terminated))
        for status in statuses
    )


def stopped_in(state: PodState, containers: Iterable[Container]) -> tuple[str, ...]:
    """Return those of the containers that do not run now."""
    statuses = (*(state.container_statuses or ()), *(state.init_container_statuses or ()))
    stopped = {each.name for each in statuses if each.state and each.state.running is None}
    return tuple([each.name for each in containers if each.name in stopped]) if stopped else ()


def with_restarts(state: PodState, containers: tuple[Container, ...], restarts: int) -> tuple[Container, ...]:
    """Return the containers with how often each was restarted; one without a status never was.

    restarts: those of the pod.
    """
    statuses = (*(state.container_statuses or ()), *(state.init_container_statuses or ()))
    counts = {each.name: each.restart_count for each in statuses if each.restart_count}
    if not counts:
        return containers
    return without_hidden([structs.replace(each, restarts=counts.get(each.name, 0)) for each in containers], restarts)


def without_hidden(containers: Iterable[Container], restarts: int | None) -> tuple[Container, ...]:
    """Return containers with unknown instead of no restarts, if init containers, which are no rows, were restarted.

    A gate would be green otherwise. restarts: those of the pod, which counts init containers until they are done.
    """
    every = tuple(containers)
    if not restarts or restarts <= sum([each.restarts or 0 for each in every]):
        return every
    return tuple([structs.replace(each, restarts=each.restarts or None) for each in every])


def status_and_restarts(
    state: PodState, sidecars: Collection[str], init_count: int, *, deleted: bool
) -> tuple[str, int]:
    """Return the STATUS of a pod (Running, CrashLoopBackOff, Init:1/2, Terminating and so on) and its RESTARTS.

    sidecars: names of its restartable init containers. init_count: number of init containers in its spec.
    """
    statuses = state.container_statuses or ()
    if (
        state.phase == "Running"
        and len(statuses) == 1
        and not (state.reason or deleted or state.init_container_statuses)
    ):
        # Most pods: a third of the time.
        now = statuses[0].state or NO_STATE
        if now.running is not None and now.waiting is None and now.terminated is None:
            return "Running", statuses[0].restart_count
    word = state.reason or state.phase or "Unknown"
    # A pod that runs has been scheduled, so that most conditions need not be looked at.
    if state.phase != "Running" and has_condition(state, "PodScheduled", reason="SchedulingGated"):
        word = "SchedulingGated"
    first = state.init_container_statuses or ()
    initializing = _initializing(first, sidecars, init_count) if first else ""
    if initializing and not has_condition(state, "Initialized", status="True"):
        word = initializing
        restarts = sum([status.restart_count for status in first])
    else:
        word = _running_word(state, initializing or word)
        restarts = sum([status.restart_count for status in statuses])
        restarts += sum([status.restart_count for status in first if status.name in sidecars])
    if deleted:
        word = "Unknown" if state.reason == "NodeLost" else "Terminating"
    return word, restarts


def _initializing(statuses: Sequence[ContainerStatus], sidecars: Collection[str], init_count: int) -> str:
    """Return the progress of initialization; "" once it is complete."""
    for place, status in enumerate(statuses):
        now = status.state or NO_STATE
        if now.terminated and now.terminated.exit_code == 0:
            continue
        if status.name in sidecars and status.started:
            continue
        if now.terminated:
            return f"Init:{now.terminated.word}"
        if now.waiting and now.waiting.reason not in ("", "PodInitializing"):
            return f"Init:{now.waiting.reason}"
        return f"Init:{place}/{init_count}"
    return ""


def _running_word(state: PodState, word: str) -> str:
    running = False
    for status in reversed(state.container_statuses or ()):
        now = status.state
        if now is None:
            continue
        if now.waiting and now.waiting.reason:
            word = now.waiting.reason
        elif now.terminated:
            word = now.terminated.word
        elif status.ready and now.running is not None:
            running = True
    if word == "Completed" and running:
        return "Running" if has_condition(state, "Ready", status="True") else "NotReady"
    return word
