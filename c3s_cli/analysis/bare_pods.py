"""What to say where only the pods of workloads are counted: which pods have none."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from c3s_cli.model.sample import Sample
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.terminal.stderr import counted, named


def about_bare_pods(report: Report, query: Query, samples: Sequence[Sample]) -> Report:
    """Say which pods are left out, since nobody owns them, where those of all workloads are asked for."""
    if query.workload != "*":
        return report
    bare = sorted(
        "/".join(filter(None, (sample.context if report.contexts else "", *key)))
        for sample in samples
        for key, facts in (sample.pod_facts or {}).items()
        if facts.owner == ""
    )
    if not bare:
        return report
    who = f"{counted(len(bare), 'pod')} without a workload {'is' if len(bare) == 1 else 'are'} left out"
    remark = f"{who}: {named(bare)}; c3s top pods --by owner counts all"
    return structs.replace(report, remarks=(*report.remarks, remark))
