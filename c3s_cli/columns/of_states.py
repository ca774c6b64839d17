"""Columns of what a pod and its containers are ready or waiting for, and how they last ended: no metrics needed."""

from __future__ import annotations

from typing import Final

from c3s_cli.columns.getters import fact
from c3s_cli.columns.vocabulary import Column, Needs, Unit, pair

_STATES: Final = Needs.PODS | Needs.POD_STATES
_READY: Final = Column("ready.count", Unit.COUNT, fact("ready_count", "states"), "containers that are ready", _STATES)
_TOTAL: Final = Column(
    "ready.expected",
    Unit.COUNT,
    fact("count", "states"),
    "containers that should be ready: all, with sidecars",
    _STATES,
)

OF_STATES: Final = (
    _READY,
    _TOTAL,
    pair("ready", _READY, _TOTAL, "containers that are ready / containers"),
    Column("waiting", Unit.TEXTS, fact("waiting", "states"), "why containers wait, such as CrashLoopBackOff", _STATES),
    Column("pending", Unit.TEXT, fact("pending"), "why the scheduler has not placed the pod, in its words", _STATES),
    Column(
        "lastTermination.reason",
        Unit.TEXT,
        fact("terminated_because", "states"),
        "how a container last ended: OOMKilled, Error, Completed, ExitCode:3",
        _STATES,
    ),
    Column(
        "lastTermination.finishedAt", Unit.TIME, fact("terminated_at", "states"), "when a container last ended", _STATES
    ),
    Column(
        "oomKilled",
        Unit.BOOLEAN,
        fact("oom_killed", "states"),
        "whether a container was OOM-killed when it last ended, now or before it was restarted",
        _STATES,
    ),
)
