"""Kubeconfig files of many contexts, and clusters of one node to put into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.servers import FakeApi, Reply, node, node_metrics

NODE_METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


def kubeconfig(path: Path, servers: Mapping[str, str], **users: dict[str, Any]) -> Path:
    """Write a kubeconfig with a context, a cluster and a user for each server, all of the same name; JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": next(iter(servers), ""),
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in servers],
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": name, "user": users.get(name, {})} for name in servers],
    }
    path.write_text(json.dumps(document))
    return path


class Clusters:
    """`clusters("a", cores=2)` starts an API server of a node that uses two of its four cores."""

    def __init__(self) -> None:
        self.apis: dict[str, FakeApi] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __call__(self, name: str, cores: int = 1, *nodes: str) -> FakeApi:
        api = self.apis[name] = self._stack.enter_context(FakeApi())
        names = nodes or ("n",)
        api.nodes(*(node(each) for each in names))
        api.node_metrics(*(node_metrics(each, str(cores)) for each in names))
        api.routes["/apis/metrics.k8s.io"] = Reply({"kind": "APIGroup", "versions": [{"version": "v1beta1"}]})
        api.routes["/api/v1/pods"] = Reply({"metadata": {"remainingItemCount": 4}, "items": [{}]})
        return api

    @property
    def urls(self) -> dict[str, str]:
        return {name: api.url for name, api in self.apis.items()}
