"""Paths → answers: what the simulated API server does with a request."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from c3s_cli.demo import load
from c3s_cli.demo.answer import JSON, Answer, Refusal, bad_request, no_resource, not_found, of_json
from c3s_cli.demo.collections import Collection, Record, collections
from c3s_cli.demo.discovery import discovery
from c3s_cli.demo.objects import Objects, stamp
from c3s_cli.demo.selectors import BadSelector, field_terms, label_test
from c3s_cli.demo.tables import table
from c3s_cli.demo.world import NodeThere, PodThere, World

Query = dict[str, str]
METADATA: Final = "as=PartialObjectMetadata"
REVISION: Final = "31415"
PREFERRED: Final = "application/json;as={kind};g=meta.k8s.io;v=v1"


class Api:
    """The simulated API: a world, seen at a moment."""

    def __init__(self, world: World, born: float) -> None:
        self.world = world
        self.objects = Objects(world, born)
        self.collections = collections(world, self.objects)
        self.kept: dict[object, tuple[object, Answer]] = {}

    def get(self, target: str, accept: str, now: float) -> Answer:
        """Answer a GET of a path with its query, at a time."""
        path, _, text = target.partition("?")
        try:
            _check_accepted(accept)
            query = {key: values[-1] for key, values in parse_qs(text).items()}
            return discovery(path, accept) or self._resource(path, query, accept, now)
        except Refusal as refusal:
            return refusal.answer()
        except BadSelector as problem:
            return bad_request(f"unable to parse requirement: {problem}").answer()

    def _resource(self, path: str, query: Query, accept: str, now: float) -> Answer:
        match [unquote(part) for part in path.strip("/").split("/")]:
            case ["api", "v1", *rest]:
                group = ""
            case ["apis", group, version, *rest] if group:
                known = {each.served.group: each.served.version for each in self.collections.values()}
                if version != {**known, "metrics.k8s.io": "v1beta1"}.get(group):
                    raise no_resource()
            case _:
                raise no_resource()
        namespace = None
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        if not rest or len(rest) > 2:
            raise no_resource()
        resource, name = rest[0], rest[1] if len(rest) == 2 else None
        if group == "metrics.k8s.io":
            return self._metrics(resource, namespace, name, query, now)
        collection = self.collections.get((group, resource))
        if collection is None:
            raise no_resource()
        if query.get("watch") in ("1", "true"):
            raise Refusal(405, "MethodNotAllowed", "the demo does not watch")
        if name is not None:
            return self._one(collection, namespace, name, accept, now)
        return self._list(collection, namespace, query, accept, now)

    # --- objects ----------------------------------------------------------------------------------------------

    def _one(self, collection: Collection, namespace: str | None, name: str, accept: str, now: float) -> Answer:
        served = collection.served
        if served.namespaced and namespace is None:
            raise no_resource()
        record = next(
            (each for each in collection.records if each.name == name and each.namespace == (namespace or "")),
            None,
        )
        if record is None:
            of = served.resource if not served.group else f"{served.resource}.{served.group}"
            raise not_found(of, name)
        if METADATA in accept:
            head = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",'
            return Answer(200, head + record.metadata()[1:] + b"\n")
        if "as=Table" in accept:
            return of_json(table(served.kind, [json.loads(record.whole())], {"resourceVersion": REVISION}, now))
        head = f'{{"kind":"{served.kind}","apiVersion":"{served.group_version}",'.encode()
        return Answer(200, head + record.whole()[1:] + b"\n")

    def _list(self, collection: Collection, namespace: str | None, query: Query, accept: str, now: float) -> Answer:
        served = collection.served
        selective = bool(query.get("labelSelector") or query.get("fieldSelector"))
        whole = not (selective or namespace or query.get("limit") or METADATA in accept or "as=Table" in accept)
        if whole and served.resource == "nodes":
            return self._keep("nodes", None, lambda: self._written(collection, collection.records, {}, accept, now))
        records = self._selected(collection, namespace, query)
        start, limit = _start(query.get("continue", "")), int(query.get("limit") or 0)
        metadata: dict[str, Any] = {"resourceVersion": REVISION}
        if not limit:
            return self._written(collection, list(records)[start:], metadata, accept, now)
        page = list(islice(records, start, start + limit + 1))
        if len(page) > limit:
            page.pop()
            metadata["continue"] = _token(start + limit)
            if not selective:
                scope = collection.records if namespace is None else list(self._selected(collection, namespace, {}))
                metadata["remainingItemCount"] = len(scope) - start - limit
        return self._written(collection, page, metadata, accept, now)

    def _selected(self, collection: Collection, namespace: str | None, query: Query) -> Iterable[Record]:
        records: Iterable[Record] = collection.records
        if namespace is not None:
            records = (record for record in records if record.namespace == namespace)
        if labels := query.get("labelSelector"):
            test = label_test(labels)
            records = [record for record in records if test(record.labels())]
        try:
            terms = field_terms(query.get("fieldSelector", ""))
        except BadSelector as problem:
            raise bad_request(f"invalid selector: '{problem}'; can't understand '{problem}'") from problem
        for field, equal, value in terms:
            if field not in collection.selectable:
                raise bad_request(f"field label not supported: {field}")
            records = [record for record in records if (_field(record, field) == value) is equal]
        return records

    def _written(
        self,
        collection: Collection,
        records: Sequence[Record],
        metadata: dict[str, Any],
        accept: str,
        now: float,
    ) -> Answer:
        served = collection.served
        metadata = metadata or {"resourceVersion": REVISION}
        if METADATA in accept:
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            return Answer(200, _joined(head, [record.metadata() for record in records]))
        if "as=Table" in accept:
            return of_json(table(served.kind, [json.loads(record.whole()) for record in records], metadata, now))
        head = {"kind": f"{served.kind}List", "apiVersion": served.group_version, "metadata": metadata}
        return Answer(200, _joined(head, [record.whole() for record in records]), lasting=len(records) > 1000)

    # --- metrics ----------------------------------------------------------------------------------------------

    def _metrics(self, resource: str, namespace: str | None, name: str | None, query: Query, now: float) -> Answer:
        number = load.slot(now)
        match resource:
            case "nodes" if namespace is None:
                return self._node_metrics(name, query, number)
            case "pods":
                return self._pod_metrics(namespace, name, query, number)
            case _:
                raise no_resource()

    def _node_metrics(self, name: str | None, query: Query, number: int) -> Answer:
        nodes = [node for node in self.world.nodes if node.measured]
        if name is not None:
            node = next((node for node in nodes if node.name == name), None)
            if node is None:
                raise not_found("nodemetrics.metrics.k8s.io", name)
            return _single("NodeMetrics", self._node_item(node, number))
        selected = [node for node in nodes if _meets(query, self.objects.node_labels(node), node.name, "")]
        head = {"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}}

        def made() -> Answer:
            items = [self._node_item(node, number) for node in sorted(selected, key=lambda node: node.name)]
            return Answer(200, _joined(head, items), lasting=True)

        return made() if _selects(query) else self._keep("node metrics", number, made)

    def _pod_metrics(self, namespace: str | None, name: str | None, query: Query, number: int) -> Answer:
        if name is not None:
            if namespace is None:
                raise no_resource()
            pod = next(
                (
                    p
                    for p in self.world.pods
                    if p.name == name and p.workload.namespace == namespace and load.measured(p)
                ),
                None,
            )
            if pod is None:
                raise not_found("podmetrics.metrics.k8s.io", f"{namespace}/{name}")
            return _single("PodMetrics", self._pod_item(pod, number))
        head = {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}}

        def made() -> Answer:
            pods = [
                pod
                for pod in self.world.pods
                if load.measured(pod)
                and (namespace is None or pod.workload.namespace == namespace)
                and (
                    not _selects(query)
                    or _meets(query, self.objects.pod_labels(pod.workload), pod.name, pod.workload.namespace)
                )
            ]
            pods.sort(key=lambda pod: (pod.workload.namespace, pod.name))
            return Answer(200, _joined(head, [self._pod_item(pod, number) for pod in pods]), lasting=True)

        return made() if _selects(query) else self._keep(("pod metrics", namespace), number, made)

    def _node_item(self, node: NodeThere, number: int) -> bytes:
        cpu, memory = load.node_usage(node, number)
        labels = json.dumps(self.objects.node_labels(node), separators=(",", ":"))
        usage = f'{{"cpu":"{cpu}n","memory":"{memory >> 10}Ki"}}'
        return self._item(f'"name":"{node.name}"', labels, number, node.number, f'"usage":{usage}')

    def _pod_item(self, pod: PodThere, number: int) -> bytes:
        containers = []
        for box in load.running(pod):
            cpu, memory = load.usage(pod, box, number)
            written = f"{memory}" if pod.phase % 9 == 0 else f"{memory >> 10}Ki"
            containers.append(f'{{"name":"{box.name}","usage":{{"cpu":"{cpu}n","memory":"{written}"}}}}')
        workload = pod.workload
        key = ("labels", id(workload))
        _, kept = self.kept.get(key, (None, None))
        if kept is None:
            labels = json.dumps(self.objects.pod_labels(workload), separators=(",", ":")).encode()
            kept = Answer(200, labels)
            self.kept[key] = (None, kept)
        names = f'"name":"{pod.name}","namespace":"{workload.namespace}"'
        return self._item(names, kept.body.decode(), number, pod.phase, f'"containers":[{",".join(containers)}]')

    def _item(self, names: str, labels: str, number: int, phase: int, rest: str) -> bytes:
        moment = stamp(number * load.EVERY)
        window = load.window(phase, number)
        return (
            f'{{"metadata":{{{names},"creationTimestamp":"{moment}","labels":{labels}}},'
            f'"timestamp":"{moment}","window":"{window}",{rest}}}'
        ).encode()

    def _keep(self, key: object, version: object, make: Any) -> Answer:
        """Keep an answer until its version changes; two threads may make it twice, with the same bytes."""
        known = self.kept.get(key)
        if known is None or known[0] != version:
            known = self.kept[key] = (version, make())
        return known[1]


def _check_accepted(accept: str) -> None:
    if accept and not any(kind in accept for kind in (JSON, "*/*", "application/*")):
        raise Refusal(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json")


def _single(kind: str, item: bytes) -> Answer:
    return Answer(200, f'{{"kind":"{kind}","apiVersion":"metrics.k8s.io/v1beta1",'.encode() + item[1:] + b"\n")


def _joined(head: dict[str, Any], items: list[bytes]) -> bytes:
    opening = json.dumps(head, separators=(",", ":")).encode()[:-1]
    return opening + b',"items":[' + b",".join(items) + b"]}\n"


def _field(record: Record, field: str) -> str:
    if field == "metadata.name":
        return record.name
    if field == "metadata.namespace":
        return record.namespace
    return record.fields().get(field, "")


def _selects(query: Query) -> bool:
    return bool(query.get("labelSelector") or query.get("fieldSelector"))


def _meets(query: Query, labels: dict[str, str], name: str, namespace: str) -> bool:
    if (text := query.get("labelSelector")) and not label_test(text)(labels):
        return False
    known = {"metadata.name": name, "metadata.namespace": namespace}
    for field, equal, value in field_terms(query.get("fieldSelector", "")):
        if field not in known:
            message = f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            raise bad_request(message)
        if (known[field] == value) is not equal:
            return False
    return True


def _token(start: int) -> str:
    inner = json.dumps({"v": "meta.k8s.io/v1", "rv": int(REVISION), "start": start})
    return base64.urlsafe_b64encode(inner.encode()).decode().rstrip("=")


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        inner = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(inner["start"])
    except (ValueError, KeyError, TypeError) as problem:
        raise bad_request("invalid continue token: continue key is not valid") from problem
