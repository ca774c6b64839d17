"""Find the Prometheus service of a cluster, by the labels that the common charts set."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from c3s_cli.errors import C3sError, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decode.shapes import Meta, decode_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from c3s_cli.sources.requests import Requests

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
    def path(self) -> str:
        """The path before /api/v1, through the API server's service proxy."""
        namespace = segment(self.namespace, "namespace")
        return f"/api/v1/namespaces/{namespace}/services/{segment(self.name)}/proxy{self.prefix}"


def find(requests: Requests, service: str) -> str:
    """Return the path before /api/v1: of the named service, or of the only one that is found.

    Raises a C3sError with a hint if there is none, or more than one.
    """
    if service:
        namespace, _, name = service.partition("/")
        return Candidate(namespace, name, _prefix_of(requests, namespace, name)).path
    candidates = _search(requests)
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
    return candidates[0].path


def _search(requests: Requests) -> list[Candidate]:
    values: dict[str, set[str]] = {label: set() for label in LABELS}
    for labels, _ in KNOWN:
        label = next(label for label in LABELS if label in labels)
        values[label].add(labels[label])
    jobs = {
        label: partial(requests.get, SERVICES, [("labelSelector", f"{label} in ({','.join(sorted(names))})")])
        for label, names in values.items()
    }
    services: dict[tuple[str, str], _Service] = {}
    for body in in_parallel(jobs).values():
        if isinstance(body, C3sError):
            raise body
        services |= {
            (each.metadata.namespace, each.metadata.name): each for each in decode_list(body, _Service, "services")[1]
        }
    return [each for _, service in sorted(services.items()) for each in _candidates(service)]


def _candidates(service: _Service) -> Iterable[Candidate]:
    """Return a service with known labels and its own cluster IP; headless services are duplicates."""
    prefix = _known_prefix(service.metadata.labels or {})
    if prefix is None or service.spec.cluster_ip == "None" or not service.spec.ports:
        return
    ports = {port.name: port for port in service.spec.ports}
    port = next((ports[name] for name in PORTS if name in ports), service.spec.ports[0])
    secure = port.name in ("https", "web-tls") or port.port == 443 or port.app_protocol == "https"
    yield Candidate(service.metadata.namespace, f"{'https:' * secure}{service.metadata.name}:{port.port}", prefix)


def _known_prefix(labels: Mapping[str, str]) -> str | None:
    return next((prefix for wanted, prefix in KNOWN if wanted.items() <= labels.items()), None)


def _prefix_of(requests: Requests, namespace: str, name: str) -> str:
    """Return the path prefix of a named service; "" if the service cannot be read or is not a known one."""
    plain = name.removeprefix("https:").removeprefix("http:").partition(":")[0]
    path = f"/api/v1/namespaces/{segment(namespace, 'namespace')}/services"
    try:
        _, services = decode_list(
            requests.get(path, [("fieldSelector", f"metadata.name={plain}")]), _Service, "services"
        )
    except C3sError:
        return ""
    return next((_known_prefix(each.metadata.labels or {}) or "" for each in services), "")
