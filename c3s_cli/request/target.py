"""Target: which clusters to read, and with which identity."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

# Enough to hide the round trips; more would start as many login plugins at the same moment.
PARALLEL: Final = 16


class DemoOptions(Struct, frozen=True):
    """The simulated cluster to read instead of a real one. `at` is an RFC 3339 time that freezes it."""

    nodes: int | None = None
    pods_per_node: int | None = None
    seed: int = 0
    at: str | None = None


class Origin(Struct, frozen=True):
    """The source of the usage.

    kind: "metrics" (the metrics API), "kubelet" or "prometheus". url: where Prometheus' API is, "" for the one that the
    cluster has: `service`, as NAMESPACE/NAME:PORT, or the one that is found. headers: as "NAME: VALUE". match: what is
    added to every selector, such as cluster="eu". facts: whether requests, owners and nodes come from it, too. cluster:
    which of the clusters that it knows, "" if they have no names.
    """

    kind: str = "metrics"
    url: str = ""
    service: str = ""
    token_file: str | None = None
    user: str | None = None
    password_file: str | None = None
    headers: tuple[str, ...] = ()
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    match: str = ""
    facts: bool = False
    cluster: str = ""


class Target(Struct, frozen=True):
    """Which clusters to read, and with which identity. None and "" mean what they mean to kubectl: not given.

    contexts: the values of --context, each a name, a pattern or a list of both. parallel: how many clusters to read at
    once. request_timeout: seconds for each request; None for the defaults (10 s without data, 5 minutes in total), 0
    for no limit. verbosity: the number after -v. origin: who knows the usage.
    """

    contexts: tuple[str, ...] = ()
    all_contexts: bool = False
    parallel: int = PARALLEL
    kubeconfig: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    disable_compression: bool = False
    request_timeout: float | None = None
    verbosity: int = 0
    demo: DemoOptions | None = None
    origin: Origin = Origin()
