"""Pods of which each has labels of its own: those of StatefulSets and indexed Jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from operator import add

from msgspec import structs

from c3s_cli.analysis.scheduler import Outcome, Scheduler
from c3s_cli.model.placing import Placing, Selector, Workload


def fit(scheduler: Scheduler, workload: Workload, asked: Collection[str]) -> Outcome:
    """Place a workload: each pod with the labels of its number if some rule selects by one of these.

    asked: the keys of labels that the rules of all pods mention.
    """
    if not any(key in asked for key in workload.numbered) or workload.replicas is None:
        return scheduler.fit(workload)
    before, size = scheduler.free, len(scheduler.nodes)
    placed = [0] * size
    scheduler.free = [dict(have) for have in before]
    for number in range(workload.replicas):
        places = scheduler.place(workload.one(number))
        if not places:
            break
        placed[places[0]] += 1
    more = scheduler.fit(structs.replace(workload.one(sum(placed)), replicas=0))
    return Outcome(before, list(map(add, placed, more.fits)), placed, more.limited_by, workload.replicas)


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
