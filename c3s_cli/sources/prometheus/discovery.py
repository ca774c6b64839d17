"""Find the Prometheus service of a cluster, by the labels that the common charts set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.parallel import results_of
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import Meta, decode_list

NAME: Final = "app.kubernetes.io/name"
COMPONENT: Final = "app.kubernetes.io/component"
SERVICES: Final = "/api/v1/services"
# The labels that such a service has, all of them, and the path prefix of its API.
KNOWN: Final[tuple[tuple[dict[str, str], str], ...]] = (
    ({"app": "kube-prometheus-stack-prometheus"}, ""),
    ({"app": "prometheus", "component": "server"}, ""),
    ({"app": "prometheus-server"}, ""),
    ({"app": "prometheus-operator-prometheus"}, ""),
    ({"app": "rancher-monitoring-prometheus"}, ""),
    ({"app": "prometheus-prometheus"}, ""),
    ({"app": "stack-prometheus"}, ""),
    ({NAME: "prometheus", COMPONENT: "server"}, ""),
    ({NAME: "prometheus", COMPONENT: "prometheus"}, ""),
    ({NAME: "thanos", COMPONENT: "query"}, ""),
    ({NAME: "thanos-query"}, ""),
    ({"app": "thanos-query"}, ""),
    ({"app": "thanos-querier"}, ""),
    ({NAME: "vmsingle"}, ""),
    ({NAME: "victoria-metrics-single"}, ""),
    ({NAME: "vmselect"}, "/select/0/prometheus"),
    ({COMPONENT: "vmselect"}, "/select/0/prometheus"),
    ({"app": "vmselect"}, "/select/0/prometheus"),
    ({NAME: "mimir", COMPONENT: "query-frontend"}, "/prometheus"),
)
# The labels to search by: every service above has at least one of them.
LABELS: Final = ("app", NAME, COMPONENT)
NAMED: Final = re.compile(r"(https?:)?([^:]*)(:.*)?")
PORTS: Final = ("web", "http-web", "http", "http-query", "http-metrics", "https", "web-tls")


class _Port(Struct, rename="camel"):
    name: str = ""
    port: int = 0
    app_protocol: str | None = None


class _Spec(Struct, frozen=True, rename={"cluster_ip": "clusterIP"}):
    ports: list[_Port] | None = None
    cluster_ip: str = ""


class _Service(Struct):
    metadata: Meta
    spec: _Spec = _Spec()


class Candidate(Struct, frozen=True):
    """A service with the Prometheus API. name: with its port, in the form of the service proxy."""

    namespace: str
    name: str
    prefix: str = ""

    def __str__(self) -> str:
        """Return the service in the form of --from."""
        return f"prometheus:{self.namespace}/{self.name}"

    @property
    def plain(self) -> str:
        """The name without scheme and port."""
        return str(NAMED.fullmatch(self.name)[2])  # type: ignore[index]  # every text matches

    @property
    def path(self) -> str:
        """The path before /api/v1, through the API server's service proxy."""
        namespace = segment(self.namespace, "namespace")
        return f"/api/v1/namespaces/{namespace}/services/{segment(self.name)}/proxy{self.prefix}"


def find(calls: Calls, service: str) -> Candidate:
    """Return the named service, or the only one that is found.

    Raises a C3sError with a hint if there is none, or more than one.
    """
    if service:
        return _named(calls, *service.split("/", 1))
    candidates = _search(calls)
    if not candidates:
        raise MetricsUnavailable(
            "no Prometheus service was found in the cluster",
            hint="use --from prometheus:NAMESPACE/SERVICE:PORT, or --from URL for one outside of the cluster",
        )
    if len(candidates) > 1:
        names = "\n".join(f"  --from {each}" for each in candidates)
        raise C3sError(
            f"{len(candidates)} services may be the Prometheus of the cluster:\n{names}", hint="name one of them"
        )
    return candidates[0]


def _search(calls: Calls) -> list[Candidate]:
    values: dict[str, set[str]] = {label: set() for label in LABELS}
    for labels, _ in KNOWN:
        label = next(label for label in LABELS if label in labels)
        values[label].add(labels[label])
    jobs = {
        label: partial(calls.get, SERVICES, [("labelSelector", f"{label} in ({','.join(sorted(names))})")])
        for label, names in values.items()
    }
    services: dict[tuple[str, str], _Service] = {}
    for body in results_of(jobs).values():
        services |= {
            (each.metadata.namespace, each.metadata.name): each for each in decode_list(body, _Service, "services")[1]
        }
    return [each for _, service in sorted(services.items()) for each in _candidates(service)]


def _candidates(service: _Service) -> Iterable[Candidate]:
    """Return a service with known labels and its own cluster IP; headless services are duplicates."""
    prefix = _known_prefix(service.metadata.labels or {})
    if prefix is None or service.spec.cluster_ip == "None" or not service.spec.ports:
        return
    yield Candidate(service.metadata.namespace, _with_port(service.metadata.name, service.spec.ports), prefix)


def _with_port(name: str, ports: Sequence[_Port]) -> str:
    """Return the name of a service with the port that is most likely that of the API."""
    by_name = {port.name: port for port in ports}
    port = next((by_name[each] for each in PORTS if each in by_name), ports[0])
    secure = port.name in ("https", "web-tls") or port.port == 443 or port.app_protocol == "https"
    return f"{'https:' * secure}{name}:{port.port}"


def _known_prefix(labels: Mapping[str, str]) -> str | None:
    return next((prefix for wanted, prefix in KNOWN if wanted.items() <= labels.items()), None)


def _named(calls: Calls, namespace: str, name: str) -> Candidate:
    """Return a named service: with its path prefix if it is a known one, and with a port if none is given.

    If services may not be read, only a service with its port can be used.
    """
    scheme, plain, port = NAMED.fullmatch(name).groups()  # type: ignore[union-attr]  # --from has been checked
    path = f"/api/v1/namespaces/{segment(namespace, 'namespace')}/services"
    services: list[_Service] = []
    try:
        _, services = decode_list(calls.get(path, [("fieldSelector", f"metadata.name={plain}")]), _Service, "services")
    except C3sError:
        if not port:
            raise
    if services and services[0].spec.ports and not port:
        name = _with_port(plain, services[0].spec.ports) if not scheme else f"{name}:{services[0].spec.ports[0].port}"
    return Candidate(namespace, name, next((_known_prefix(each.metadata.labels or {}) or "" for each in services), ""))
