"""Place the pods that are pending now, as the scheduler would: by priority, then by age."""

from __future__ import annotations

from c3s_cli.analysis.draining import rules_of, workloads_of
from c3s_cli.analysis.scheduler import Scheduler
from c3s_cli.model.placing import GATES, FitResult
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.sample import Sample


def place_pending(sample: Sample, scheduler: Scheduler) -> FitResult:
    """Place the pending pods of a cluster that no gate holds back."""
    pods = [pod for pod in (sample.pod_facts or {}).items() if _waits(pod[1])]
    pods.sort(key=lambda pod: (-rules_of(pod[1]).priority, pod[1].created_at or 0, pod[0]))
    unplaced: list[str] = []
    for workload, alike in workloads_of(pods):
        left = alike[len(scheduler.place(workload)) :]
        unplaced += [f"{space}/{other}" for (space, other), _ in left]
    ignored = dict.fromkeys(rule for _, facts in pods for rule in rules_of(facts).ignored)
    return FitResult(
        "pending pods", "", len(pods), len(pods) - len(unplaced), tuple(unplaced), tuple(ignored), pending=True
    )


def _waits(facts: PodFacts) -> bool:
    return not facts.node and facts.status != "Terminating" and GATES not in rules_of(facts).refused
