"""`c3s top workloads` says which pods it leaves out: those that no workload owns."""

from __future__ import annotations

import json

from tests.conftest import Run

LEFT_OUT = "1 pod without a workload is left out: default/debug-shell; c3s top pods --by owner counts all"


def test_pods_that_nobody_owns_are_named(demo: Run) -> None:
    for words in ("top workloads -n default", "top workloads -A --limit 1 -o csv"):
        assert demo(words).err.splitlines()[-1] == f"note: {LEFT_OUT}"
    assert json.loads(demo("top workloads -n default -o json").out)["metadata"]["remarks"] == [LEFT_OUT]


def test_nothing_is_said_where_none_is_expected(demo: Run) -> None:
    filtered = "top workloads -n default --where 'cpu >= 0'"
    for words in ("top workloads -n team-ml", "top deploy -n default", "top pods -n default --by owner", filtered):
        assert "left out" not in demo(words).err
