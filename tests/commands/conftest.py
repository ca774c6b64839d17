"""Fixtures: recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from c3s_cli.cli import main
from tests.commands.two_recordings import a_pod, serve
from tests.conftest import Run
from tests.servers import FakeApi

TIMES = ["2026-03-02T09:30:00Z", "2026-03-02T09:30:30Z", "2026-03-02T09:31:00Z", "2026-03-02T11:00:00Z"]


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record the demo at four moments; pods come, go and change between them."""
    path = str(tmp_path_factory.mktemp("recordings") / "demo.c3s")
    for moment in TIMES:
        assert main(["record", path, "--demo-at", moment, "--count", "1"]) == 0
    return path


@pytest.fixture
def files(run: Run, api: FakeApi, tmp_path: Path) -> tuple[str, str]:
    """Record a cluster twice: db-0 grew, web-1 went, web-2 came, idle woke up, lost is no longer measured."""
    before = {
        ("shop", "db-0"): a_pod(100, 200, owner="db"),
        ("shop", "web-1"): a_pod(50, 100),
        ("shop", "same"): a_pod(1000, 1000, owner="same"),
        ("shop", "idle"): a_pod(0, 50, owner="idle"),
        ("shop", "lost"): a_pod(10, 10, owner="lost"),
        ("ops", "pending"): a_pod(None, owner="pending"),
    }
    after = {
        **before,
        ("shop", "db-0"): a_pod(130, 150, owner="db"),
        ("shop", "same"): a_pod(1010, 1000, owner="same"),
        ("shop", "web-2"): a_pod(60, 80),
        ("shop", "idle"): a_pod(3, 50, owner="idle"),
        ("shop", "lost"): a_pod(None, owner="lost"),
    }
    del after["shop", "web-1"]
    made = []
    for name, pods, nodes in (
        ("before", before, {"n1": (500, 1000), "n2": (500, 1000)}),
        ("after", after, {"n1": (500, 1000), "n3": (200, 1500)}),
    ):
        serve(api, pods, nodes)
        made.append(str(tmp_path / f"{name}.c3s"))
        assert run("record", made[-1], "--server", api.url, "--count", "1").code == 0
    return made[0], made[1]
