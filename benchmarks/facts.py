"""Measure the facts of nodes from kube-state-metrics (--facts source): CPU of 5,000 nodes compared with 1,000.

Usage: python benchmarks/facts.py. Fails if 5,000 nodes take more than 5.5 times as long, or more than half a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.sources.prometheus.state_metrics import StateMetrics
from c3s_cli.sources.source import Scope

FEW: Final = 1000
MANY: Final = 5000
GROWTH: Final = 5.5
SECONDS: Final = 0.5
# The labels of the series that each node has.
SERIES: Final[dict[str, list[dict[str, str]]]] = {
    "kube_node_status_allocatable": [{"resource": each} for each in ("cpu", "memory", "pods", "ephemeral_storage")],
    "kube_node_status_capacity": [{"resource": each} for each in ("cpu", "memory", "pods", "ephemeral_storage")],
    "kube_node_info": [{"kubelet_version": "v1.33.1"}],
    "kube_node_labels": [{"label_topology_kubernetes_io_zone": "z", "label_node_kubernetes_io_instance_type": "t"}],
    "kube_node_status_condition": [{"condition": "Ready", "status": each} for each in ("true", "false", "unknown")],
    "kube_node_spec_unschedulable": [{}],
    "kube_node_spec_taint": [{"key": "dedicated", "value": each, "effect": "NoSchedule"} for each in ("a", "b")],
    "kube_node_created": [{}],
    "kube_node_role": [{"role": "worker"}],
}


def series(nodes: int) -> dict[str, list[Any]]:
    """Return the series of some nodes, by name."""
    return {
        name: [({"node": f"node-{number}", **labels}, 1.0) for number in range(nodes) for labels in each]
        for name, each in SERIES.items()
    }


def nodes_of(answers: Mapping[str, list[Any]]) -> Mapping[str, Any]:
    """Return the facts of the nodes that a Prometheus has."""

    def vector(query: str, _time: float | None) -> list[Any]:
        return answers[next(name for name in answers if name in query)]

    engine: Any = SimpleNamespace(vector=vector)
    return StateMetrics(engine, "", None, Scope(Kind.NODE), details=True, states=False, labels=False).nodes()


def seconds(nodes: int) -> float:
    """Return the CPU seconds that the facts of some nodes take, the least of five times."""
    answers = series(nodes)
    least = float("inf")
    for _ in range(5):
        begun = time.process_time()
        found = nodes_of(answers)
        least = min(least, time.process_time() - begun)
        if len(found) != nodes:
            sys.exit(f"{len(found)} nodes, not {nodes}")
    return least


def main() -> None:
    """Print a row of the table in docs/performance.md."""
    few, many = seconds(FEW), seconds(MANY)
    print(f"| {FEW:,} nodes: {few * 1000:.0f} ms | {MANY:,} nodes: {many * 1000:.0f} ms | x {many / few:.1f} |")
    if many > GROWTH * few or many > SECONDS:
        sys.exit(f"wanted: x {GROWTH}, and {SECONDS * 1000:.0f} ms")


if __name__ == "__main__":
    main()
