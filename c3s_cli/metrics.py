"""The thin metrics layer: what a Query needs, read from a Cluster, as a Sample of plain facts.

A reading is a handful of raw GETs. Those that do not depend on each other run at once; what fails is said in the
order in which kubectl would have asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct, field

from c3s_cli.answers import Answer
from c3s_cli.columns import Kind, Needs
from c3s_cli.decode import metrics as decode_metrics
from c3s_cli.decode import nodes as decode_nodes
from c3s_cli.decode import owners as decode_owners
from c3s_cli.decode import pods as decode_pods
from c3s_cli.decode.shapes import Body, Listing, decode_one
from c3s_cli.duration import go_duration
from c3s_cli.errors import ApiError, C3sError, MetricsUnavailable
from c3s_cli.kube import segment
from c3s_cli.model import Failure, Node, NodeFacts, Pod, PodFacts, Sample

if TYPE_CHECKING:
    from c3s_cli.allocation import PodResources
    from c3s_cli.kube import Cluster
    from c3s_cli.request import Query

GROUP: Final = "metrics.k8s.io"
LIKELY: Final = "v1beta1"
VERSIONS: Final = ("v1", "v1beta1")
INSTALL: Final = "install metrics-server; with rights to see it: kubectl get apiservice v1beta1.metrics.k8s.io"

# kubectl's own sizes: pages of 500 are its default; larger ones save round trips and still fit in little memory.
PAGE: Final = 1000
# How long after a pod's creation kubectl expects no metrics of it, in seconds.
YOUNG: Final = 120

METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

Pairs = list[tuple[str, str]]
Key = TypeVar("Key")


def read(cluster: Cluster, query: Query, count: Callable[[str, float], None]) -> Sample:
    """Read everything that `query` needs. `count` is told the seconds of the stages within.

    Raises what made the reading pointless (no metrics API, no rights, no such node); anything else that could
    not be read is a Failure in the Sample.
    """
    reading = _Reading(cluster, query)
    jobs: dict[Needs, Callable[[], Any]] = {
        Needs.NODE_METRICS: reading.node_metrics,
        Needs.POD_METRICS: reading.pod_metrics,
        Needs.NODES: reading.nodes,
        Needs.PODS: reading.pods,
        Needs.OWNERS: reading.owners,
        Needs.POD_COUNT: reading.count_pods,
    }
    wanted = query.needs
    if query.fields and Needs.PODS not in wanted:
        jobs[Needs.PODS] = reading.selected_pods
        wanted |= Needs.PODS
    begun = time.perf_counter()
    answers = at_once({need: job for need, job in jobs.items() if need in wanted})
    sample = reading.sample(answers)
    requests = covered(reading.requests)
    count("requests", requests)
    count("decoding", time.perf_counter() - begun - requests)
    return sample


def covered(spans: Sequence[tuple[float, float]]) -> float:
    """Give the time that is covered by spans of time (begin, end), some of which run beside others."""
    total, reached = 0.0, 0.0
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def requests_at_once(query: Query) -> int:
    """Say how many requests a reading begins with."""
    selecting = bool(query.fields) and Needs.PODS not in query.needs
    return sum(need in query.needs for need in SOURCES) + selecting


def pod_resources(cluster: Cluster, query: Query) -> PodResources:
    """Read what the requests and limits of the pod that `query` names are made of."""
    reading = _Reading(cluster, query)
    return decode_pods.PodDecoder(reading.problems).resources(reading.one_pod())


def pods_of_node(cluster: Cluster, query: Query) -> Mapping[tuple[str, str], PodFacts]:
    """Read the unfinished pods of the node that `query` names; ApiError if there is no such node."""
    reading = _Reading(cluster, query)
    reading.nodes()
    return reading.pods()


def at_once(jobs: Mapping[Key, Callable[[], Any]]) -> dict[Key, Any]:
    """Run jobs at the same time, the last one in this thread; give their results, or the C3sError of each."""
    results: dict[Key, Any] = {}

    def run(key: Key, job: Callable[[], Any]) -> None:
        try:
            results[key] = job()
        except BaseException as problem:  # noqa: BLE001  raised again by the thread that asked
            results[key] = problem

    *others, (last_key, last_job) = jobs.items()
    threads = [threading.Thread(target=run, args=job, daemon=True) for job in others]
    for thread in threads:
        thread.start()
    run(last_key, last_job)
    for thread in threads:
        thread.join()
    for result in results.values():
        if isinstance(result, BaseException) and not isinstance(result, C3sError):
            raise result
    return {key: results[key] for key in jobs}


def _list(body: Body, what: str) -> Listing:
    return decode_one(body, Listing, what)


class _Reading(Struct):
    """One reading under way: the requests, and what is learned beside their bodies.

    dates: when the server answered. problems: what is no quantity. requests: when each began and ended.
    """

    cluster: Cluster
    query: Query
    version: str = LIKELY
    dates: list[datetime] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    requests: list[tuple[float, float]] = field(default_factory=list)

    # --- requests ---------------------------------------------------------------------------------------------

    def node_metrics(self) -> list[Node]:
        """Read the usage of the nodes asked for. MetricsUnavailable if there is none yet."""
        body = self._metrics("nodes")
        if self.query.name:
            return [decode_metrics.one_node(body, self.cluster.context, self.problems)]
        nodes = decode_metrics.node_list(body, self.cluster.context, self.problems)
        if not nodes:
            raise MetricsUnavailable("metrics not available yet")
        return nodes

    def pod_metrics(self) -> list[Pod]:
        """Read the usage of the pods asked for."""
        body = self._metrics(f"{self._scope()}pods")
        if self.query.name:
            return [decode_metrics.one_pod(body, self.cluster.context, self.problems)]
        return decode_metrics.pod_list(_list(body, "pod metrics"), self.cluster.context, self.problems)

    def nodes(self) -> dict[str, NodeFacts]:
        """Read the node objects, by name: those asked for, or all of them where pods are asked for."""
        named = self.query.objects is Kind.NODE
        path = "/api/v1/nodes"
        if named and self.query.name:
            body = self._get(f"{path}/{segment(self.query.name)}").body
            facts = decode_nodes.one_node_facts(body, self.problems)
            return {facts.name: facts}
        body = self._get(path, self._label_query() if named else []).body
        details = Needs.NODE_DETAILS in self.query.needs
        return {facts.name: facts for facts in decode_nodes.node_facts(body, self.problems, details=details)}

    def pods(self) -> dict[tuple[str, str], PodFacts]:
        """Read the unfinished core pods, by namespace and name: those asked for, or all where nodes are."""
        if self.query.objects is Kind.POD and self.query.name:
            return dict(decode_pods.PodDecoder(self.problems, labels=self._wants_labels()).one(self.one_pod()))
        if self.query.objects is Kind.POD:
            path, query = f"/api/v1/{self._scope()}pods", self._label_query() + self._field_query()
        elif self.query.name:
            path, query = "/api/v1/pods", [("fieldSelector", f"spec.nodeName={self.query.name}")]
        else:
            path, query = "/api/v1/pods", []
        decode = decode_pods.PodDecoder(self.problems, labels=self._wants_labels())
        return self._pages(path, query, decode.page)

    def one_pod(self) -> Body:
        """Read the pod that is named."""
        return self._get(f"/api/v1/{self._scope()}pods/{segment(self.query.name or '')}").body

    def selected_pods(self) -> dict[tuple[str, str], None]:
        """Name the pods that the field selector leaves, by namespace and name."""
        path, query = f"/api/v1/{self._scope()}pods", self._label_query() + self._field_query()
        return self._pages(path, query, decode_owners.names, accept=METADATA_LIST)

    def owners(self) -> decode_owners.Owners:
        """Read who owns the ReplicaSets and Jobs that own pods."""
        found: dict[tuple[str, str, str], str] = {}
        for group, kinds, kind in (("apps/v1", "replicasets", "ReplicaSet"), ("batch/v1", "jobs", "Job")):
            path = f"/apis/{group}/{self._scope()}{kinds}"

            def page(listing: Listing, kind: str = kind) -> Iterator[tuple[tuple[str, str, str], str]]:
                return decode_owners.controllers(listing, kind)

            found |= self._pages(path, [], page, accept=METADATA_LIST)
        return found

    def count_pods(self) -> int:
        """Count all pods without listing them."""
        listing = _list(self._get("/api/v1/pods", [("limit", "1")]).body, "pods")
        left = listing.metadata.remaining_item_count if listing.metadata else None
        return len(listing.items or ()) + (left or 0)

    # --- how they are made ------------------------------------------------------------------------------------

    def _metrics(self, path: str) -> Body:
        """Read from the metrics API, in the version that is likely there; ask for another one after a 404."""
        if self.query.name:
            path = f"{path}/{segment(self.query.name)}"
        query = [] if self.query.name else self._label_query()
        try:
            return self._get(f"/apis/{GROUP}/{self.version}/{path}", query).body
        except ApiError as problem:
            if problem.status != 404:
                raise
            self.version = self._discover(problem)
        return self._get(f"/apis/{GROUP}/{self.version}/{path}", query).body

    def _discover(self, problem: ApiError) -> str:
        """Name the version that the server does serve. Raises `problem` again if that is no other one."""
        try:
            body = self._get(f"/apis/{GROUP}").body
        except ApiError as missing:
            if missing.status != 404:
                raise
            raise MetricsUnavailable("Metrics API not available", hint=INSTALL) from missing
        served = [version for version in decode_owners.versions(body) if version in VERSIONS]
        if not served:
            raise MetricsUnavailable("Metrics API not available", hint=INSTALL)
        if served[0] == self.version:
            raise problem
        return served[0]

    def _pages(
        self,
        path: str,
        query: Pairs,
        page: Callable[[Listing], Iterator[tuple[Any, Any]]],
        accept: str = "application/json",
    ) -> dict[Any, Any]:
        """Read a list page by page. A list that expires on the way (410) starts over, once, from nothing."""
        for last_try in (False, True):
            try:
                return self._all_pages(path, query, page, accept)
            except ApiError as problem:
                if problem.status != 410 or last_try:
                    raise
        raise AssertionError

    def _all_pages(
        self, path: str, query: Pairs, page: Callable[[Listing], Iterator[tuple[Any, Any]]], accept: str
    ) -> dict[Any, Any]:
        """Read a list page by page: while one is decoded, the next is on its way."""
        found: dict[Any, Any] = {}
        query = [("limit", str(PAGE)), *query]
        listing = self._page(path, query, accept)
        while onward := listing.metadata and listing.metadata.continue_:
            step = at_once(
                {
                    "next": partial(self._page, path, [*query, ("continue", onward)], accept),
                    "rows": partial(found.update, page(listing)),
                }
            )
            for problem in step.values():
                if isinstance(problem, C3sError):
                    raise problem
            listing = step["next"]
        found.update(page(listing))
        return found

    def _page(self, path: str, query: Pairs, accept: str) -> Listing:
        return decode_one(self._get(path, query, accept).body, Listing, path)

    def _get(self, path: str, query: Pairs | None = None, accept: str = "application/json") -> Answer:
        begun = time.perf_counter()
        answer = self.cluster.get(path, query or (), accept=accept)
        self.requests.append((begun, time.perf_counter()))
        if answer.date:
            self.dates.append(answer.date)
        return answer

    def _scope(self) -> str:
        return "" if self.query.all_namespaces else f"namespaces/{segment(self.namespace, 'namespace')}/"

    @property
    def namespace(self) -> str:
        """The namespace that is read where not all are."""
        return self.query.namespace or self.cluster.namespace

    def _label_query(self) -> Pairs:
        return [("labelSelector", self.query.labels.text)] if self.query.labels else []

    def _field_query(self) -> Pairs:
        return [("fieldSelector", self.query.fields.text)] if self.query.fields else []

    def _wants_labels(self) -> bool:
        columns = (*self.query.columns, *self.query.by, *(key.column for key in self.query.sort))
        conditions = [condition for condition in (self.query.where, self.query.fail_if) if condition]
        asked = [*columns, *(column for condition in conditions for column in condition.columns)]
        return any(column.name.startswith("labels[") for column in asked)

    # --- from answers to a Sample -----------------------------------------------------------------------------

    def sample(self, answers: Mapping[Needs, Any]) -> Sample:
        """Put the answers together; raise the first one without which there is nothing to show."""
        required = self._required(answers)
        failures = []
        for need, answer in answers.items():
            if isinstance(answer, C3sError):
                if need in required:
                    raise answer
                failures.append(Failure(self.cluster.context, SOURCES[need], str(answer)))
        known = {need: None if isinstance(answer, C3sError) else answer for need, answer in answers.items()}
        now = max(self.dates, default=datetime.now(UTC))
        facts = known.get(Needs.PODS)
        pods = known.get(Needs.POD_METRICS) or []
        if self.query.fields and facts is not None:
            pods = [pod for pod in pods if (pod.namespace, pod.name) in facts]
        if Needs.PODS not in self.query.needs:
            facts = None
        elif facts is not None:
            facts = decode_pods.with_owners(facts, known.get(Needs.OWNERS))
        if self.query.objects is Kind.POD and not pods and facts is None:
            self._explain_absence(now)
        failures += [Failure(self.cluster.context, "quantity", problem) for problem in self.problems]
        return Sample(
            context=self.cluster.context,
            now=now,
            source=f"{GROUP}/{self.version}",
            nodes=known.get(Needs.NODE_METRICS) or [],
            pods=pods,
            node_facts=known.get(Needs.NODES),
            pod_facts=facts,
            pod_count=known.get(Needs.POD_COUNT),
            failures=tuple(failures),
        )

    def _required(self, answers: Mapping[Needs, Any]) -> Needs:
        """Name what must have been read: a pod whose specs are known can do without its usage."""
        if self.query.objects is not Kind.POD:
            return Needs.NODE_METRICS | Needs.NODES
        pods = answers.get(Needs.PODS)
        if self.query.fields or pods is None or isinstance(pods, C3sError):
            return Needs.POD_METRICS | (Needs.PODS if self.query.fields else Needs.NOTHING)
        return Needs.NOTHING

    def _explain_absence(self, now: datetime) -> None:
        """Say, as kubectl does, why there is no metric of any pod: too early, or something is wrong."""
        path, query = f"/api/v1/{self._scope()}pods", self._label_query() + self._field_query()
        ages = self._pages(path, query, decode_owners.creations, accept=METADATA_LIST)
        for (namespace, name), created_at in ages.items():
            age = now.timestamp() - created_at
            if age > YOUNG:
                raise MetricsUnavailable(
                    f"Metrics not available for pod {namespace}/{name}, age: {go_duration(round(age * 10**9))}"
                )
        if ages:
            raise MetricsUnavailable("metrics not available yet")


SOURCES: Final = {
    Needs.NODE_METRICS: "node metrics",
    Needs.POD_METRICS: "pod metrics",
    Needs.NODES: "nodes",
    Needs.PODS: "pods",
    Needs.OWNERS: "owners",
    Needs.POD_COUNT: "pod count",
}
