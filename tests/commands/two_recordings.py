"""A cluster that is recorded before and after it changed."""

from __future__ import annotations

from typing import Any, Final

from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics

Key = tuple[str, str]
Pods = dict[Key, dict[str, Any]]
EMPTY: Final = Reply({"kind": "List", "metadata": {}, "items": []})


def serve(api: FakeApi, pods: Pods, nodes: dict[str, tuple[int, int]] | None = None) -> None:
    """Let a server have these pods, with cpu (m; None: unmeasured), memory (Mi), requests (m), node and owner."""
    machines = nodes or {"n1": (500, 1000), "n2": (500, 1000)}
    api.nodes(*map(node, machines))
    api.node_metrics(*(node_metrics(name, f"{cpu}m", f"{memory}Mi") for name, (cpu, memory) in machines.items()))
    for namespace in (None, *{namespace for namespace, _ in pods}, "default"):
        mine = {key: of for key, of in pods.items() if namespace in (None, key[0])}
        api.pods(
            *(
                pod(
                    *key,
                    of["node"],
                    requests={"cpu": f"{of['requests']}m"},
                    owner=("StatefulSet", of["owner"]),
                    labels={"app": of["owner"]},
                )
                for key, of in mine.items()
            ),
            namespace=namespace,
        )
        api.pod_metrics(
            *(
                pod_metrics(*key, ("app", f"{of['cpu']}m", f"{of['memory']}Mi"))
                for key, of in mine.items()
                if of["cpu"] is not None
            ),
            namespace=namespace,
        )
        where = f"namespaces/{namespace}/" if namespace else ""
        api.routes[f"/apis/apps/v1/{where}replicasets"] = EMPTY
        api.routes[f"/apis/batch/v1/{where}jobs"] = EMPTY


def a_pod(cpu: int | None = 100, memory: int = 200, **more: Any) -> dict[str, Any]:
    return {"cpu": cpu, "memory": memory, "requests": 250, "node": "n1", "owner": "web"} | more
