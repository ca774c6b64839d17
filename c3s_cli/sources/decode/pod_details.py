"""A core pod → the details that explain it."""

from __future__ import annotations

from msgspec import Struct

from c3s_cli.amounts.allocation import terms_of
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.model.pod_details import PodCondition, PodDetails
from c3s_cli.sources.decode.pods import PodDecoder
from c3s_cli.sources.decode.podstatus import PodState, conditions_of
from c3s_cli.sources.decode.shapes import Body, decode_one


class _Pod(Struct, gc=False):
    status: PodState | None = None


def pod_details(body: Body) -> PodDetails:
    """Decode the details of a single pod. Quantities that cannot be read are left out: the row says so."""
    state = decode_one(body, _Pod, "pods").status
    return PodDetails(
        terms_of(PodDecoder([]).resources(body)),
        tuple(
            PodCondition(
                each.type, each.status, each.reason or "", each.message or "", epoch(each.last_transition_time)
            )
            for each in (conditions_of(state) if state else ())
        ),
    )
