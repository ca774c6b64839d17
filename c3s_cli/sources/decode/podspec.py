"""The spec of a pod, of the API or of a manifest; what is shared by many pods stays undecoded."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw, Struct

from c3s_cli.sources.decode.claims import Volume
from c3s_cli.sources.decode.shapes import NULL, Quantity, Resources


class Container(Struct, rename="camel", gc=False):
    """A container."""

    name: str = ""
    resources: Raw = NULL
    restart_policy: str | None = None


class Spec(Struct, rename="camel", gc=False):
    """What decides about the requests and limits of a pod, and its node."""

    containers: Sequence[Container] | None = None
    init_containers: Sequence[Container] | None = None
    overhead: dict[str, Quantity] | None = None
    resources: Resources | None = None
    node_name: str = ""


class _PortedContainer(Container, rename="camel", gc=False):
    ports: Raw = NULL


class RuledSpec(Spec, rename="camel", gc=False):
    """Also the rules of where a pod may run. Pods of one owner share them, so they are decoded once."""

    containers: Sequence[_PortedContainer] | None = None
    init_containers: Sequence[_PortedContainer] | None = None
    node_selector: Raw = NULL
    affinity: Raw = NULL
    tolerations: Raw = NULL
    topology_spread_constraints: Raw = NULL
    volumes: list[Volume] | None = None
    priority: int | None = None
    host_network: bool = False
    scheduler_name: str | None = None
    resource_claims: list[Raw] | None = None
    scheduling_gates: list[Raw] | None = None

    @property
    def container_ports(self) -> list[Raw]:
        """The undecoded ports of the containers and sidecars."""
        ports = [each.ports for each in self.containers or () if each.ports is not NULL]
        if self.init_containers:
            ports += [each.ports for each in self.init_containers if each.restart_policy == "Always"]
        return ports
