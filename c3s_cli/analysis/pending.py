"""Place the pods that are pending now, as the scheduler would: by priority, then by age."""

from __future__ import annotations

from itertools import groupby

from c3s_cli.analysis.scheduler import Scheduler
from c3s_cli.model.placing import ANYWHERE, GATES, FitResult, Placing, Workload
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.sample import Sample

Pod = tuple[tuple[str, str], PodFacts]


def place_pending(sample: Sample, scheduler: Scheduler) -> FitResult:
    """Place the pending pods of a cluster that no gate holds back."""
    pods = [pod for pod in (sample.pod_facts or {}).items() if _waits(pod[1])]
    pods.sort(key=lambda pod: (-_placing(pod[1]).priority, pod[1].created_at or 0, pod[0]))
    unplaced: list[str] = []
    for _, several in groupby(pods, key=lambda pod: (pod[0][0], pod[1].requests, pod[1].labels, pod[1].placing)):
        alike = list(several)
        (namespace, name), facts = alike[0]
        workload = Workload(name, facts.requests, len(alike), namespace, facts.labels, _placing(facts))
        left = alike[len(scheduler.place(workload)) :]
        unplaced += [f"{space}/{other}" for (space, other), _ in left]
    ignored = dict.fromkeys(rule for _, facts in pods for rule in _placing(facts).ignored)
    return FitResult(
        "pending pods", "", len(pods), len(pods) - len(unplaced), tuple(unplaced), tuple(ignored), pending=True
    )


def _waits(facts: PodFacts) -> bool:
    return not facts.node and facts.status != "Terminating" and GATES not in _placing(facts).refused


def _placing(facts: PodFacts) -> Placing:
    return facts.placing or ANYWHERE
