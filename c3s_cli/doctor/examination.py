"""The part of `c3s doctor` that asks the cluster: login, rights, metrics API, the age of its metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field, structs

from c3s_cli.amounts.duration import age
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.doctor.findings import ANONYMOUS, BROKEN, LOGS, NOBODY, OK, UNKNOWN, WARNING, Finding, broken, words_of
from c3s_cli.doctor.metrics_age import about_figures
from c3s_cli.doctor.prometheus import examine_prometheus
from c3s_cli.doctor.rights import Use, missing, uses_of
from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, MetricsUnavailable, TimedOut, Unreachable
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decode import metrics as decode_metrics
from c3s_cli.sources.decode.nodes import node_facts
from c3s_cli.sources.metrics_api import GROUP, LIKELY, wrong_address
from c3s_cli.sources.server import api_service, ask_metrics_server, metrics_version, version_of, who_am_i
from c3s_cli.sources.source import Scope

if TYPE_CHECKING:
    from c3s_cli.kube.access import Access
    from c3s_cli.kube.answers import Answer
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.request.target import Origin
    from c3s_cli.sources.cluster_reader import ClusterReader

# Only needed for more columns, or for -A: commands work without it.
OPTIONAL: Final = ("pods", "all pods")
# Certificates and tokens tolerate a smaller clock difference, in seconds.
SKEW: Final = 30


def _credentials(access: Access) -> Finding:
    """Describe the credentials of the caller, never the secret itself."""
    user = access.user
    if not access.secure:
        return Finding("credentials", OK, "none: c3s sends no credentials over plain HTTP")
    kinds = {
        "token": "a token",
        "tokenFile": f"the token in {user.get('tokenFile')}",
        "exec": f"the plugin {(user.get('exec') or {}).get('command')}",
        "auth-provider": "the provider oidc",
        "username": "a user name and a password",
        "client-certificate": f"the certificate {user.get('client-certificate')}",
        "client-certificate-data": "a client certificate",
    }
    used = [words for key, words in kinds.items() if user.get(key)]
    if used:
        return Finding("credentials", OK, " and ".join(used))
    hint = "set credentials for the user: kubectl config set-credentials"
    return Finding("credentials", WARNING, "none: the kubeconfig's user has no credentials", hint)


class Examination(Struct):
    """The part of an examination that asks the cluster.

    namespace: the namespace to check rights in. origin: where usage comes from. clock: the time of this machine; None
    if the server's time is not meant to be right. version: that of the metrics API. denied: the rights that it lacks.
    """

    cluster: Cluster
    access: Access
    namespace: str
    origin: Origin
    clock: Callable[[], float] | None
    version: str = LIKELY
    denied: set[str] = field(default_factory=set)

    def findings(self, reader: Callable[[], ClusterReader]) -> Iterator[Finding]:
        """Check everything in order. reader: returns what reads the cluster, with usage from --from."""
        reached = self._reached()
        failed = {each.check for each in reached if each.result == BROKEN}
        if "credentials" in failed:
            yield from reached
            return
        yield _credentials(self.access)
        for note in self.cluster.notes:
            yield Finding(
                "certificate", WARNING, note.removeprefix("warning: "), "set its CA with --certificate-authority"
            )
        yield from reached
        if "api server" in failed:
            return
        yield self._identity()
        yield from self._rights()
        if self.origin.kind == "metrics":
            metrics = list(self._metrics_api())
            yield from metrics
            yield from self._readings(metrics=all(each.result != BROKEN for each in metrics))
        else:
            yield from self._readings(metrics=False)
            yield from self._source(reader)

    def _reached(self) -> list[Finding]:
        begun = time.monotonic()
        try:
            answer = self.cluster.get("/version")
            version = version_of(answer.body)
        except (Unreachable, InvalidAnswer) as problem:
            # The hint of a timeout is about waiting longer; here the cause matters.
            hint = problem.advice if isinstance(problem, TimedOut) else problem.hint or problem.advice
            where = f"is {self.access.server} the right address, is the VPN or the proxy up"
            return [broken("api server", problem, hint or f"{where}, does the cluster still exist?")]
        except ApiError as problem:
            if problem.status == 401:
                return [broken("credentials", problem)]
            if problem.status == 404 and (wrong := wrong_address(lambda path: self.cluster.get(path).body)):
                return [broken("api server", wrong)]
            if problem.status in (403, 404):
                return [Finding("api server", OK, "answers, but not for its version")]
            return [broken("api server", problem)]
        milliseconds = (time.monotonic() - begun) * 1000
        answers = Finding("api server", OK, f"{self.cluster.server} answers in {milliseconds:.0f} ms: {version}")
        return [answers, *self._skew(answer.date.timestamp() if answer.date else None)]

    def _skew(self, of_server: float | None) -> Iterator[Finding]:
        """Compare the clocks. The server's Date header is exact to a second."""
        if self.clock is None or of_server is None:
            return
        ahead = self.clock() - of_server
        if abs(ahead) > SKEW:
            words = f"this machine is {age(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the server"
            hint = "synchronize both with NTP: certificates and tokens depend on the time"
            yield Finding("clock", WARNING, words, hint)

    def _identity(self) -> Finding:
        try:
            name, groups = who_am_i(self.cluster)
        except C3sError as problem:
            named = re.search(r'User "([^"]+)"', str(problem))
            if named is None:
                return Finding(
                    "identity", UNKNOWN, "this server does not report the caller (Kubernetes 1.28 and newer do)"
                )
            name, groups = named[1], []
        if name == ANONYMOUS:
            return Finding("identity", BROKEN, name, NOBODY)
        return Finding("identity", OK, f"{name} ({', '.join(groups)})" if groups else name)

    def _rights(self) -> Iterator[Finding]:
        uses = uses_of(self.namespace, self.origin.kind)
        lacking, problem = missing(self.cluster, uses)
        if problem is not None:
            yield Finding("rights", UNKNOWN, f"the server does not report the caller's rights: {words_of(problem)}")
        elif not lacking:
            yield Finding(
                "rights", OK, f"all {len(uses)} that c3s may need, in namespace {self.namespace} and in all namespaces"
            )
        elif len(lacking) < len(uses):
            yield Finding("rights", OK, f"{len(uses) - len(lacking)} of the {len(uses)} that c3s may need")
        for use in lacking:
            yield self._lacking(use)

    def _lacking(self, use: Use) -> Finding:
        self.denied.add(str(use.right))
        group = f".{use.right.group}" if use.right.group else ""
        scope = f"role c3s -n {use.right.namespace}" if use.right.namespace else "clusterrole c3s"
        return Finding(
            "rights",
            BROKEN if use.required else WARNING,
            f"may not {use.right}: {use.commands}",
            f"an administrator can allow it: kubectl create {scope} --verb={use.right.verb} "
            f"--resource={use.right.resource}{group}, and bind it to this user",
        )

    # --- the metrics API ---

    def _metrics_api(self) -> Iterator[Finding]:
        """Check whether the metrics API is registered, and whether the server behind it answers."""
        try:
            version = metrics_version(self.cluster)
        except MetricsUnavailable:
            hint = "install metrics-server: https://github.com/kubernetes-sigs/metrics-server"
            yield Finding("metrics API", BROKEN, f"{GROUP} is not registered: nothing measures usage", hint)
            return
        except C3sError as problem:
            yield broken("metrics API", problem)
            return
        self.version = version
        yield Finding("metrics API", OK, f"{GROUP}/{version} is registered")
        try:
            service = api_service(self.cluster, version)
        except C3sError:
            # Few users may read the APIService, but its server can be asked anyway.
            yield from self._ask(version)
            return
        who = service.spec.service
        where = f"{who.namespace}/{who.name}" if who else "the API server itself"
        down = service.unavailable
        if down is None:
            yield from self._ask(version, where)
            return
        hint = (
            f"see the pods behind the service {who.name} and their logs: kubectl -n {who.namespace} get pods"
            if who
            else ""
        )
        why = f"{down.reason}: {down.message}" if down.message else down.reason
        yield Finding("metrics server", BROKEN, f"{where} is not available: {why}", hint)

    def _ask(self, version: str, where: str = "metrics-server") -> Iterator[Finding]:
        try:
            ask_metrics_server(self.cluster, version)
        except C3sError as problem:
            yield broken(
                "metrics server", problem, f"kubectl -n kube-system get pods -l k8s-app=metrics-server; {LOGS}"
            )
        else:
            yield Finding("metrics server", OK, f"{where} answers")

    # --- readings ---

    def _readings(self, *, metrics: bool) -> Iterator[Finding]:
        """Read a minimum of what the commands read, except for what the caller may not read."""
        version = f"/apis/{GROUP}/{self.version}"
        one = [("limit", "1")]
        pods = f"namespaces/{self.namespace}/pods"
        wanted: dict[str, tuple[str, Callable[[], Answer]]] = {
            "nodes": ("list nodes", partial(self.cluster.get, "/api/v1/nodes")),
            "pods": (f"list pods in namespace {self.namespace}", partial(self.cluster.get, f"/api/v1/{pods}", one)),
            "all pods": ("list pods in all namespaces", partial(self.cluster.get, "/api/v1/pods", one)),
        }
        if metrics:
            wanted |= {
                "node metrics": (f"list nodes.{GROUP}", partial(self.cluster.get, f"{version}/nodes")),
                "pod metrics": (
                    f"list pods.{GROUP} in namespace {self.namespace}",
                    partial(self.cluster.get, f"{version}/{pods}"),
                ),
            }
        allowed = {what: job for what, (right, job) in wanted.items() if right not in self.denied}
        answers: Mapping[str, Answer | C3sError] = in_parallel(allowed) if allowed else {}
        for what, answer in answers.items():
            if isinstance(answer, C3sError):
                forbidden = isinstance(answer, ApiError) and answer.status == 403
                finding = broken(what, answer)
                yield structs.replace(finding, result=WARNING) if forbidden and what in OPTIONAL else finding
        yield from self._usage(answers)

    def _usage(self, answers: Mapping[str, Answer | C3sError]) -> Iterator[Finding]:
        """Check how old the metrics are, and which nodes have none."""
        figures, nodes = answers.get("node metrics"), answers.get("nodes")
        if figures is None or isinstance(figures, C3sError):
            return
        listed = None if isinstance(nodes, C3sError) else nodes
        try:
            _, measured = decode_metrics.node_list(figures.body, self.cluster.context, [])
            known = node_facts(listed.body, [], details=True)[1] if listed else None
        except C3sError as problem:
            yield broken("node metrics", problem)
            return
        yield from about_figures(measured, known, figures.date.timestamp() if figures.date else time.time())

    def _source(self, reader: Callable[[], ClusterReader]) -> Iterator[Finding]:
        """Read the usage of the nodes from the source given with --from."""
        check, who = ("kubelets", "c3s") if self.origin.kind == "kubelet" else ("prometheus", "Prometheus")
        try:
            sample = reader().read(Needs.NODE_METRICS | Needs.NODES | Needs.NODE_DETAILS, Scope(Kind.NODE))
        except C3sError as problem:
            yield broken(check, problem)
            return
        yield Finding(check, OK, f"usage of {len(sample.nodes)} nodes")
        for failure in sample.failures:
            yield Finding(check, BROKEN, f"{failure.source}: {failure.message}", failure.hint)
        known = list(sample.node_facts.values()) if sample.node_facts is not None else None
        yield from about_figures(sample.nodes, known, sample.now.timestamp(), who)
        if self.origin.kind == "prometheus":
            yield from examine_prometheus(self.cluster, self.origin, self.cluster.context)
