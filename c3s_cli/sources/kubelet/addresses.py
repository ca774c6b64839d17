"""Where a kubelet's metrics are, through the API server."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from c3s_cli.kube.cluster import segment
from c3s_cli.model.rows import NodeFacts

RESOURCE: Final = "/metrics/resource"
SUMMARY: Final = "/stats/summary"


def metrics_path(node: Any) -> str:
    """Return the path of a node's metrics: that of its annotation, as metrics-server does, if it is a plain path.

    node: its facts, or the annotation alone; None if nothing is known of it.
    """
    path = node.metrics_path if isinstance(node, NodeFacts) else node
    return path if path and path.startswith("/") and ".." not in path.split("/") else RESOURCE


def proxy_path(name: str, path: str) -> str:
    """Return the path of a kubelet's endpoint in the API of the server."""
    return f"/api/v1/nodes/{segment(name)}/proxy{quote(path)}"
