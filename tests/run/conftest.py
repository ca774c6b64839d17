"""Fixtures: several clusters, and their kubeconfig."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleets import Clusters, kubeconfig


@pytest.fixture
def clusters() -> Iterator[Clusters]:
    with Clusters() as made:
        yield made


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the kubeconfig that every command of a test reads."""

    def write(servers: dict[str, str], **users: dict[str, Any]) -> Path:
        path = kubeconfig(tmp_path / "config", servers, **users)
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    return write


@pytest.fixture
def three(clusters: Clusters, config: Any) -> Clusters:
    """Give three clusters whose order is not that of their names."""
    clusters("prod-b", 1)
    clusters("dev", 2)
    clusters("prod-a", 3)
    config(clusters.urls)
    return clusters
