"""Parse request paths."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from c3s_cli.demo import discovery
from c3s_cli.demo.answer import Refusal, no_such_resource
from c3s_cli.demo.discovery import Resource
from c3s_cli.demo.templates import Json

METRICS = "metrics.k8s.io"
_BY_PATH = {(resource.api_version, resource.name): resource for resource in discovery.RESOURCES}


class Place(NamedTuple):
    """The target of a path; an empty name means the list."""

    resource: Resource
    namespace: str
    name: str


class Proxied(NamedTuple):
    """A request that the API server proxies to a kubelet or to the pods behind a service."""

    resource: str  # nodes or services
    namespace: str
    name: str  # with the port, if there is one
    path: str


def proxied(path: str) -> Proxied | None:
    """Return the proxied request of a path; None if it is not a proxy path."""
    parts = path.strip("/").split("/")
    namespace = ""
    if parts[2:3] == ["namespaces"] and len(parts) > 4:
        namespace = unquote(parts[3])
        parts[2:4] = []
    if parts[:2] != ["api", "v1"] or parts[4:5] != ["proxy"]:
        return None
    if (parts[2], bool(namespace)) not in (("nodes", False), ("services", True)):
        return None
    return Proxied(parts[2], namespace, unquote(parts[3]), "/" + "/".join(parts[5:]))


def place_of(path: str) -> Place:
    """Return the target of a path."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    start = 2 if parts[0] == "api" else 3
    api_version, rest = "/".join(parts[1:start]), parts[start:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = _BY_PATH.get((api_version, rest[0] if rest else ""))
    if resource is None or len(rest) > 2 or bool(resource.group) != (parts[0] == "apis"):
        raise no_such_resource()
    if (namespace and not resource.namespaced) or (len(rest) == 2 and resource.namespaced and not namespace):
        raise no_such_resource()
    return Place(resource, namespace, rest[1] if len(rest) == 2 else "")


def not_found(place: Place) -> Refusal:
    """Refuse a name that does not exist."""
    resource, namespace, name = place
    kind, shown = resource.name, name
    if resource.group == METRICS:
        kind, shown = resource.kind.lower(), f"{namespace}/{name}" if namespace else name
    full = f"{kind}.{resource.group}" if resource.group else kind
    details: Json = {"name": shown} | ({"group": resource.group} if resource.group else {}) | {"kind": kind}
    return Refusal(404, f'{full} "{shown}" not found', details)
