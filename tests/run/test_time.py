"""Time: wrong clocks, time zones, machines that sleep."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conftest import Run
from tests.patience import PATIENT
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics

# The server's clock says 2026-03-02T09:30:00Z, the day being that of tests/servers.py.
AGES = {
    "2026-03-02T09:29:00Z": "60s",
    "2026-03-02T09:30:00Z": "0s",
    "2026-03-02T09:30:05Z": "0s",
    "2027-01-01T00:00:00Z": "0s",
    "9999-12-31T23:59:59Z": "0s",
    "2026-03-02T11:29:00+02:00": "60s",
    "2026-03-02T09:29:00": "60s",
    "2025-10-26T00:30:00Z": "127d",
    "2025-10-26T02:30:00+02:00": "127d",
    "soon": "<unknown>",
    None: "<unknown>",
}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")


def aged(api: FakeApi, created: str | None) -> FakeApi:
    """Serve a node and a pod that were made at a time."""
    made = node("a")
    made["metadata"]["creationTimestamp"] = created
    api.nodes(made)
    api.node_metrics(node_metrics("a"))
    api.pods(pod("default", "web", created=created), namespace="default")
    api.pod_metrics(pod_metrics("default", "web", ("app", "1m", "1Mi")), namespace="default")
    return api


@pytest.mark.parametrize(("created", "age"), AGES.items())
def test_an_age_is_by_the_servers_clock_and_never_negative(
    run: Run, api: FakeApi, created: str | None, age: str
) -> None:
    aged(api, created)
    for kind in ("nodes", "pods"):
        shown = run(f"top {kind} --columns age --no-headers --server {api.url}")
        assert (shown.code, shown.out.split()[-1]) == (0, age)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_of_this_machine_changes_nothing(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Also not in the hour that comes twice when summer time ends, and not for a time without a zone."""
    shown = []
    for here in ("UTC", zone):
        monkeypatch.setenv("TZ", here)
        time.tzset()
        for created in ("2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2026-03-29T02:30:00", "2026-03-02T09:29:00"):
            metrics = {**node_metrics("a"), "timestamp": created}
            aged(api, created).node_metrics(metrics)
            shown += [run(f"top nodes --columns all -o {form} --server {api.url}") for form in ("wide", "prometheus")]
    monkeypatch.undo()
    time.tzset()
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


@pytest.mark.slow
def test_no_interval_and_no_deadline_is_by_the_wall_clock(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It jumps: when somebody sets it, and after a machine has slept."""

    def jumping(*_: Any) -> float:
        jumps.append(None)
        return 1e9 if len(jumps) % 2 else 3e9

    jumps: list[None] = []
    aged(api, "2026-03-02T09:29:00Z")
    monkeypatch.setattr(time, "time", jumping)
    begun = time.monotonic()
    result = run(f"watch nodes --count 3 -i 0.2 --request-timeout 60s -o name --server {api.url}")
    assert (result.code, result.out) == (0, "node/a\n" * 3)
    assert 0.4 <= time.monotonic() - begun < PATIENT
