"""Why `kubectl drain` would refuse to evict a pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from c3s_cli.analysis.eligibility import met, tolerates_cordon
from c3s_cli.model.placing import ANYWHERE
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.surroundings import Budget

REFUSED: Final = "drain refuses: "


def refusals(namespace: str, facts: PodFacts, budgets: Sequence[Budget]) -> Iterator[str]:
    """Yield why `kubectl drain` would refuse to evict a pod, or why evicting it may not help, in words."""
    if facts.owner == "":  # None is unknown
        yield f"{REFUSED}no controller"
    if facts.local_storage:
        yield f"{REFUSED}local storage"
    if budget := _refusing_budget(namespace, facts, budgets):
        yield f"{REFUSED}{budget}"
    if tolerates_cordon(facts.placing or ANYWHERE):
        yield "may come back: tolerates the cordon"


def _refusing_budget(namespace: str, facts: PodFacts, budgets: Sequence[Budget]) -> str:
    """Return why the API server would not evict a pod, by its rules for budgets; "" if it would."""
    own = [
        each
        for each in budgets
        if each.namespace == namespace and each.selector is not None and met(each.selector, facts.labels)
    ]
    if not own or not facts.started:
        return ""
    if len(own) > 1:
        return f"more than one budget: {', '.join(each.name for each in own)}"
    (budget,) = own
    evictable = budget.disruptions_allowed > 0 or (not facts.ready and budget.lets_unready_pods_go)
    return "" if evictable else f"budget {budget.name} allows no disruption"
