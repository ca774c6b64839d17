"""Samples → the Report of `c3s rightsize`: recommendations for containers, or sums of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from c3s_cli.amounts.totals import sum_all
from c3s_cli.analysis.histories import container_histories, declared_histories
from c3s_cli.analysis.judging import are_named
from c3s_cli.analysis.report import latest, report_of, where
from c3s_cli.analysis.rightsizing import recommend_all
from c3s_cli.analysis.rollup import grouped
from c3s_cli.model.rightsizing import (
    Advice,
    ContainerHistory,
    Recommendation,
    RecommendationGroup,
    RightsizeRequest,
    Sums,
)
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.report import LeftOut, Report
from c3s_cli.request.query import Query


def make_recommendations(
    samples: Sequence[Sample],
    query: Query,
    request: RightsizeRequest,
    rule: Mapping[str, Any],
    *,
    failures: Sequence[Failure] = (),
    contexts: bool = False,
) -> Report:
    """Return the Report for `query`. rule: for documents. failures, contexts: as for `make_report`."""
    histories = [each for sample in samples for each in _histories(sample, request)]
    advised: Sequence[Recommendation] = recommend_all(histories, request.rule)
    if query.prices is not None:
        from c3s_cli.analysis.savings import with_savings  # only --prices needs it

        advised = with_savings(advised, samples, query.prices)
    unfiltered: list[Any] = []
    shown = where(advised, query, unfiltered)
    totals = sum_recommendations(shown, "" if contexts else samples[0].context) if query.totals else None
    rows = grouped(shown, query.by, sum_recommendations) if query.by else shown
    report = report_of(
        samples,
        query.at_time(latest(samples)),
        rows,
        totals,
        failures=failures,
        contexts=contexts,
        left_out=LeftOut(unfiltered, are_named(query.where, advised) if query.where else bool(advised)),
    )
    return structs.replace(report, rule=rule)


def _histories(sample: Sample, request: RightsizeRequest) -> Iterable[ContainerHistory]:
    histories = container_histories(sample, request.workload)
    return histories if request.declared is None else declared_histories(histories, request.declared, sample)


def sum_recommendations(
    rows: Sequence[Recommendation], context: str, keys: tuple[str | None, ...] = ()
) -> RecommendationGroup:
    """Add up containers, each times its replicas."""
    return RecommendationGroup(
        context,
        keys,
        None,
        None,
        workload_count=len({(row.context, row.namespace, row.owner) for row in rows}),
        unknown_count=sum(bool(row.unknown) for row in rows),
        findings=Counter(row.finding for row in rows),
        cpu=_sums([(row.cpu, row.replicas) for row in rows]),
        memory=_sums([(row.memory, row.replicas) for row in rows]),
        cost=sum_all([row.cost for row in rows]),
        savings=sum_all([row.savings for row in rows if row.changes]),
    )


def _sums(several: Sequence[tuple[Advice, int]]) -> Sums:
    changes = [each.change * replicas for each, replicas in several if each.change is not None]
    if any(each.requests is None for each, _ in several):
        requests = None
    else:
        requests = sum((each.requests or 0) * replicas for each, replicas in several)
    return Sums(
        requests,
        None if requests is None else requests + sum(changes),
        -sum(change for change in changes if change < 0),
        sum(change for change in changes if change > 0),
    )
