"""Percentages in tables: of allocatable as kubectl computes them, of anything else from exact figures."""

from __future__ import annotations

from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics


def test_a_row_below_a_percentage_shows_less(run: Run, api: FakeApi) -> None:
    api.pods(pod("n", "small", requests={"cpu": "10m", "memory": "10Mi"}))
    api.pod_metrics(pod_metrics("n", "small", ("app", "1100001n", "2Mi")))
    words = f"top pods -A --where 'cpu%requests < 20%' --columns cpu%requests,cpu --no-headers --server {api.url}"
    assert run(words).out.split() == ["n", "small", "11%", "2m"]


def test_percentages_of_allocatable_are_those_of_kubectl(run: Run, api: FakeApi) -> None:
    api.nodes(node("a", cpu="10m"))
    api.node_metrics(node_metrics("a", "1100001n", "1Mi"))
    assert run(f"top nodes --columns cpu% --no-headers --server {api.url}").out.split() == ["a", "20%"]
