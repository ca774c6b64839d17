"""Target: which clusters to read, and as which user."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

# Enough to hide round trips; more would start too many login plugins at the same moment.
PARALLEL: Final = 16
# Stands for the name of a context in --prometheus-match.
CONTEXT: Final = "{context}"
# Parts of the names of headers with secret values: Authorization, Cookie, X-Api-Key, X-Auth-Token.
CREDENTIAL_HEADER: Final = r"(?i:auth|cookie|key|token|secret|passw|session|credential)"


class DemoOptions(Struct, frozen=True):
    """The simulated cluster to read instead of a real one.

    at: an RFC 3339 time that freezes it. resources: a file with other requests and limits of its workloads.
    """

    at: str | None = None
    resources: str | None = None


class Origin(Struct, frozen=True):
    """Where usage comes from.

    kind: "metrics" (the metrics API), "kubelet", "prometheus" or "recording"; file: the name of that. url: the
    address of a Prometheus API, "" for a service of the cluster: `service`, as NAMESPACE/NAME:PORT, or the one that
    is found. parameters: those of every query. token_command: a command that prints a token. headers: as "NAME:
    VALUE". match: matchers added to every selector, such as cluster="eu" or cluster="{context}". facts: whether
    requests, owners and nodes come from it, too. cluster: which of the clusters in its data, "" if they have no
    names. queries: how many queries a Prometheus gets at once.
    """

    kind: str = "metrics"
    file: str = ""
    url: str = ""
    service: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    token_file: str | None = None
    token_command: str | None = None
    user: str | None = None
    password_file: str | None = None
    headers: tuple[str, ...] = ()
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    match: str = ""
    facts: bool = False
    cluster: str = ""
    queries: int = 4

    def match_of(self, context: str) -> str:
        """Return the matchers for a context: its name takes the place of `{context}`."""
        return self.match.replace(CONTEXT, context.replace("\\", r"\\").replace('"', r"\""))


class Target(Struct, frozen=True):
    """Which clusters to read, and as which user. None and "" mean not given, as in kubectl.

    contexts: the values of --context, each a name, a pattern or a list of both. parallel: how many clusters to read at
    once. request_timeout: seconds for each reading; None for the defaults (10 s without data, 5 minutes in total), 0
    for no limit. verbosity: the number after -v. origin: where usage comes from.
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
