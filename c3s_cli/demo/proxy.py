"""The backends of the API server's proxy: the kubelet of every node, and a Prometheus."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from c3s_cli.demo.answer import Answer, Refusal, no_such_page, not_allowed, of_json
from c3s_cli.demo.discovery import Proxied
from c3s_cli.demo.kubelet import text
from c3s_cli.demo.kubelet.kubelet import Kubelets
from c3s_cli.demo.kubelet.summary import summary
from c3s_cli.demo.load import Load
from c3s_cli.demo.world import World

if TYPE_CHECKING:
    from c3s_cli.demo.prometheus.answers import Prometheus

_SERVICES = frozenset(("monitoring", f"prometheus-server{port}") for port in ("", ":80", ":http"))


class Proxy:
    """Passes requests on."""

    def __init__(self, world: World, load: Load) -> None:
        self._world = world
        self._load = load
        self._kubelets = Kubelets(world, load)
        self._prometheus: Prometheus | None = None
        self._lock = Lock()

    def answer(self, passed: Proxied, method: str, query: str, body: bytes) -> Answer:
        """Answer a proxied request."""
        name = passed.name.partition(":")[0]
        if passed.resource == "nodes":
            if method not in ("GET", "HEAD"):
                raise not_allowed()
            return self._kubelet(name, passed.path, brief=parse_qs(query).get("only_cpu_and_memory") == ["true"])
        if (passed.namespace, passed.name.removeprefix("http:")) in _SERVICES:
            with self._lock:
                if self._prometheus is None:
                    # Its engine is more than the kubelets need.
                    from c3s_cli.demo.prometheus.answers import Prometheus

                    self._prometheus = Prometheus(self._world, self._load)
            return self._prometheus.answer(method, passed.path, query, body)
        if (passed.namespace, name) not in _SERVICES:
            raise Refusal(404, f'services "{name}" not found', {"name": name, "kind": "services"})
        raise Refusal(503, f'no endpoints available for service "{passed.name}"')

    def _kubelet(self, name: str, path: str, *, brief: bool) -> Answer:
        node = self._world.state().by_name.get(name)
        if node is None:
            raise Refusal(404, f'nodes "{name}" not found', {"name": name, "kind": "nodes"})
        sample = self._kubelets.sample(name)
        if sample is None:
            why = f"dial tcp {node.host_ip}:10250: connect: connection refused"
            raise Refusal(503, f"error trying to reach service: {why}")
        if path == "/metrics/resource":
            return Answer(text.metrics(sample).encode(), content_type=text.TYPE)
        return of_json(summary(sample, brief=brief)) if path == "/stats/summary" else no_such_page()
