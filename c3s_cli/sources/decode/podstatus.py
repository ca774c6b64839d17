"""The STATUS and RESTARTS of a pod, as `kubectl get pods` shows them."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

from c3s_cli.sources.decode.shapes import NULL


class _Waiting(Struct, gc=False):
    reason: str = ""


class _Terminated(Struct, rename="camel", gc=False):
    reason: str = ""
    exit_code: int = 0
    signal: int = 0


class _State(Struct, gc=False):
    waiting: _Waiting | None = None
    running: dict[str, Any] | None = None
    terminated: _Terminated | None = None


class ContainerStatus(Struct, rename="camel", gc=False):
    """The status of one container. Its resources, left undecoded, may differ from its spec after a resize."""

    name: str = ""
    restart_count: int = 0
    ready: bool = False
    started: bool | None = None
    state: _State | None = None
    allocated_resources: Raw = NULL
    resources: Raw = NULL


class _Condition(Struct, gc=False):
    type: str = ""
    status: str = ""
    reason: str = ""


class PodState(Struct, rename="camel", gc=False):
    """The status of a pod."""

    phase: str = ""
    reason: str = ""
    conditions: list[_Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    qos_class: str = ""
    resize: str = ""


NO_STATE = _State()


def status_word(state: PodState, sidecars: set[str], init_count: int, *, deleted: bool) -> str:
    """Return the STATUS of a pod: Running, CrashLoopBackOff, Init:1/2, Terminating and so on.

    sidecars: names of its restartable init containers. init_count: number of init containers in its spec.
    """
    word = state.reason or state.phase or "Unknown"
    if any(each.type == "PodScheduled" and each.reason == "SchedulingGated" for each in state.conditions or ()):
        word = "SchedulingGated"
    initializing = _initializing(state, sidecars, init_count)
    if initializing and not _holds(state, "Initialized"):
        word = initializing
    else:
        word = _running_word(state, initializing or word)
    if deleted:
        return "Unknown" if state.reason == "NodeLost" else "Terminating"
    return word


def _initializing(state: PodState, sidecars: set[str], init_count: int) -> str:
    """Return the progress of initialization; "" once it is complete."""
    for place, status in enumerate(state.init_container_statuses or ()):
        now = status.state or NO_STATE
        if now.terminated and now.terminated.exit_code == 0:
            continue
        if status.name in sidecars and status.started:
            continue
        if now.terminated:
            return f"Init:{now.terminated.reason or _ending(now.terminated)}"
        if now.waiting and now.waiting.reason not in ("", "PodInitializing"):
            return f"Init:{now.waiting.reason}"
        return f"Init:{place}/{init_count}"
    return ""


def _running_word(state: PodState, word: str) -> str:
    running = False
    for status in reversed(state.container_statuses or ()):
        now = status.state or NO_STATE
        if now.waiting and now.waiting.reason:
            word = now.waiting.reason
        elif now.terminated:
            word = now.terminated.reason or _ending(now.terminated)
        elif status.ready and now.running is not None:
            running = True
    if word == "Completed" and running:
        return "Running" if _holds(state, "Ready") else "NotReady"
    return word


def _ending(end: _Terminated) -> str:
    return f"Signal:{end.signal}" if end.signal else f"ExitCode:{end.exit_code}"


def _holds(state: PodState, condition: str) -> bool:
    return any(each.type == condition and each.status == "True" for each in state.conditions or ())


def restarts(state: PodState, sidecars: set[str], init_count: int) -> int:
    """Count the restarts of the containers and sidecars; during initialization, of the init containers."""
    initial = state.init_container_statuses or ()
    if _initializing(state, sidecars, init_count) and not _holds(state, "Initialized"):
        return sum(status.restart_count for status in initial)
    return sum(status.restart_count for status in initial if status.name in sidecars) + sum(
        status.restart_count for status in state.container_statuses or ()
    )
