"""API servers over TLS, and the kubeconfigs and files with which they are read."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.authority import server_context, write_files
from tests.servers import FakeApi, node, node_metrics


def serving(context: ssl.SSLContext) -> Iterator[FakeApi]:
    with FakeApi(context) as fake:
        fake.node_metrics(node_metrics("a"))
        fake.nodes(node("a"))
        yield fake


@pytest.fixture
def secure() -> Iterator[FakeApi]:
    yield from serving(server_context())


@pytest.fixture
def mutual() -> Iterator[FakeApi]:
    yield from serving(server_context(clients=True))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return write_files(tmp_path)


Config = Callable[..., Path]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    def write(server: str, user: dict[str, Any], **cluster: Any) -> Path:
        path = tmp_path / "config"
        path.write_text(
            json.dumps(
                {
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
                    "users": [{"name": "u", "user": user}],
                }
            )
        )
        return path

    return write
