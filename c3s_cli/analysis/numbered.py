"""Pods of which each has labels or claims of its own: those of StatefulSets and indexed Jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import add
from typing import Final

from msgspec import structs

from c3s_cli.analysis.scheduler import Outcome, Scheduler, too_many
from c3s_cli.model.placing import Cap, Placing, Selector, Workload

# More would take minutes: pods, and looks of pods at nodes.
MOST_NUMBERED: Final = 100_000
MOST_LOOKS: Final = 20_000_000


def fit_numbered(scheduler: Scheduler, workload: Workload, one: Callable[[int], Workload]) -> Outcome:
    """Place the pods of a workload one after the other. one: returns the pod with a number."""
    before, placed = scheduler.free, [0] * len(scheduler.nodes)
    scheduler.free = [dict(have) for have in before]
    wanted, most = workload.replicas or 0, min(MOST_NUMBERED, MOST_LOOKS // max(1, len(placed)))
    for number in range(wanted if workload.cap is None else min(wanted, workload.cap.pods)):
        if number == most:
            raise too_many(most)
        places = scheduler.place(one(number))
        for place in places:
            placed[place] += 1
    cap = Cap(max(0, workload.cap.pods - sum(placed)), workload.cap.why) if workload.cap else None
    more = scheduler.fit(structs.replace(one(sum(placed)), replicas=0, cap=cap))
    return Outcome(before, list(map(add, placed, more.fits)), placed, more.limited_by, wanted)


def keys_of(placings: Iterable[Placing]) -> set[str]:
    """Return the keys of the labels by which rules select pods."""
    return {key for placing in placings for key in _keys(placing)}


def _keys(placing: Placing) -> Iterator[str]:
    for term in (*placing.affinities, *placing.anti_affinities):
        yield from (*_required(term.selector), *term.match_keys, *term.mismatch_keys)
    for spread in placing.spreads:
        yield from (*_required(spread.selector), *spread.match_keys)


def _required(selector: Selector) -> Iterator[str]:
    return (requirement.key for requirement in selector or ())
