"""A core pod → the details that explain it."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.allocation import terms_of
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.model.pod_details import PodCondition, PodDetails
from c3s_cli.sources.decode.pods import PodDecoder
from c3s_cli.sources.decode.shapes import Body, decode_one


class _Condition(Struct, rename="camel", gc=False):
    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class _Status(Struct, gc=False):
    conditions: list[_Condition] | None = None


class _Pod(Struct, gc=False):
    status: _Status | None = None


_NOTHING: Final[Any] = ()


def pod_details(body: Body) -> PodDetails:
    """Decode the details of a single pod. Quantities that cannot be read are left out: the row says so."""
    pod = decode_one(body, _Pod, "pods")
    conditions = (pod.status.conditions if pod.status else None) or _NOTHING
    return PodDetails(
        terms_of(PodDecoder([]).resources(body)),
        tuple(
            PodCondition(
                each.type, each.status, each.reason or "", each.message or "", epoch(each.last_transition_time)
            )
            for each in conditions
        ),
    )
