"""States of containers from the series of kube-state-metrics: unknown where they do not decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.timestamp import utc
from c3s_cli.model.container_states import ContainerStates
from c3s_cli.sources.decode.containerstates import OOM_KILLED
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.pod_words import COMPLETED, PLAIN, SeriesOf, reasons_in

KINDS: Final = ("kube_pod_container_status_", "kube_pod_init_container_status_")
VALUES: Final = ("ready", "waiting", "terminated", "restarts_total", "last_terminated_timestamp")
REASONS: Final = ("waiting_reason", "terminated_reason", "last_terminated_reason")


def queries() -> dict[str, tuple[str, ...]]:
    """Return the names of the series, with the labels that matter."""
    values = {f"{kind}{what}": promql.WHO for kind in KINDS for what in VALUES}
    return values | {f"{kind}{what}": (*promql.WHO, "reason") for kind in KINDS for what in REASONS}


class _Container(Struct):
    """The series of one container of a pod."""

    series_of: SeriesOf
    kind: str
    name: str

    def value(self, what: str) -> float | None:
        """Return a value, None if there is none."""
        series = self.series_of(f"{self.kind}{what}")
        return next((number for labels, number in series if labels.get("container") == self.name), None)

    def reason(self, what: str) -> str:
        """Return the reason whose series is 1, "" if there is none."""
        series = self.series_of(f"{self.kind}{what}")
        return next((each.get("reason", "") for each, n in series if n and each.get("container") == self.name), "")

    def states(self) -> ContainerStates:
        """Return its states."""
        ready, waits = self.value("ready"), self.reason("waiting_reason")
        now, before = self.reason("terminated_reason"), self.reason("last_terminated_reason")
        # Without a reason it may have ended for one that is not exported.
        now_known = bool(now) or self.value("terminated") == 0
        known = now_known and (bool(before) or self.value("restarts_total") == 0)
        because = now or before if known or now else None
        at = self.value("last_terminated_timestamp") if because and not now else None
        return ContainerStates(
            ready_count=None if ready is None else int(ready),
            count=1,
            waiting=(waits,) if waits else () if self.value("waiting") == 0 else None,
            terminated_because=because,
            terminated_at="" if because == "" else None if at is None else utc(at),
            oom_killed=OOM_KILLED in (now, before) or (False if known else None),
        )


def states_in(series_of: SeriesOf, names: Sequence[str], sidecars: Sequence[str]) -> dict[str, ContainerStates]:
    """Return the states of each container by name, and of all as ""."""
    init_names = {labels.get("container", "") for labels, _ in series_of(f"{KINDS[1]}waiting")}
    own = {name: _Container(series_of, KINDS[name in sidecars], name).states() for name in (*names, *sidecars)}
    # An init container that has done its work has not failed.
    done = {
        name for name, reason in reasons_in(series_of, f"{KINDS[1]}terminated_reason").items() if reason == COMPLETED
    }
    others = [_Container(series_of, KINDS[1], name).states() for name in sorted(init_names - {*sidecars} - done)]
    every = [*others, *(own[name] for name in (*sidecars, *names))]
    waiting = [each.waiting for each in every]
    words = dict.fromkeys(reason for each in waiting for reason in each or ())
    ready = [each.ready_count for each in own.values()]
    killed = [each.oom_killed for each in every]
    ends = [(each.terminated_at, each.terminated_because) for each in every if each.terminated_because != ""]
    if len(ends) > 1:
        ends = [max(ends)] if all(None not in end for end in ends) else [(None, None)]
    at, because = ends[0] if ends else ("", "")
    return {
        **own,
        "": ContainerStates(
            ready_count=None if None in ready else sum(filter(None, ready)),
            count=len(own),
            # Whoever waits for its turn comes after the one that is at work.
            waiting=None if None in waiting else tuple(sorted(words, key=PLAIN.__contains__)),
            terminated_because=because,
            terminated_at=at,
            oom_killed=True if True in killed else None if None in killed else False,
        ),
    }
