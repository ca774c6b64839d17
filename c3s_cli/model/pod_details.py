"""What explains one pod beyond its row: the terms of its requests and limits, and its conditions."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from c3s_cli.amounts.allocation import Term


class PodCondition(Struct, frozen=True):
    """A condition of a pod. status: "True", "False" or "Unknown". since: seconds since 1970, None if unknown."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: float | None = None


class PodDetails(Struct, frozen=True):
    """The terms of a pod's requests and limits, and its conditions, in the server's order."""

    terms: Sequence[Term] = ()
    conditions: Sequence[PodCondition] = ()
