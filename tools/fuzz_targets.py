"""The targets of `make fuzz`: functions that take bytes and may only raise their documented errors.

Inputs that once failed are kept in tests/corpus, where the ordinary tests replay them and the fuzzer starts from them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError, InvalidAnswer, UsageError
from c3s_cli.kube.access import access_of
from c3s_cli.model.rows import Container, Node, NodeFacts, Pod
from c3s_cli.request.target import Target
from c3s_cli.request.where import parse
from c3s_cli.sources.decode import metrics, nodes, owners, pods
from c3s_cli.sources.decode.shapes import decode_listing
from c3s_cli.sources.following import events
from c3s_cli.sources.kubelet import exposition, summary
from c3s_cli.sources.manifests.files import objects
from c3s_cli.sources.manifests.workloads import read_manifests
from c3s_cli.sources.prometheus import decoding as prometheus

CORPUS: Final = Path(__file__).parent.parent / "tests" / "corpus"
CORES: Final = 10**9


def quantity(data: bytes) -> None:
    """Parse a quantity. It is invalid, or both parsers agree."""
    text = data.decode("utf-8", "surrogateescape")
    readings: list[int | None] = []
    for read in (nanos, whole):
        try:
            readings.append(read(text))
        except InvalidQuantity:
            readings.append(None)
    nanocores, number = readings
    rounded = None if nanocores is None else -(-nanocores // CORES) if nanocores >= 0 else nanocores // CORES
    if number != rounded:
        raise AssertionError(f"{text!r} is {nanocores} nanocores, but {number} bytes")


def decoder(data: bytes) -> None:
    """Decode an answer as every kind of object of the API server, a kubelet and Prometheus."""
    for read in (
        lambda problems: metrics.node_list(data, "c", problems),
        lambda problems: metrics.pod_list(data, "c", problems),
        lambda problems: metrics.one_node(data, "c", problems),
        lambda problems: metrics.one_pod(data, "c", problems),
        lambda problems: nodes.node_facts(data, problems, details=False),
        lambda problems: nodes.node_facts(data, problems, details=True),
        lambda problems: nodes.one_node_facts(data, problems),
        lambda problems: list(pods.PodDecoder(problems, labels=True).page(decode_listing(data, "pods"))),
        lambda problems: list(pods.PodDecoder(problems).one(data)),
        lambda problems: pods.PodDecoder(problems).resources(data),
        lambda _: list(owners.controllers(decode_listing(data, "jobs"), "Job")),
        lambda _: list(owners.creations(decode_listing(data, "pods"))),
        lambda _: owners.versions(data),
        lambda _: prometheus.vector_of(data),
        lambda _: summary.page_of(summary.summary_of(data), FAMILIES),
        lambda _: summary.rates_of(summary.summary_of(data)),
        lambda _: [events.identity(event) for event in events.events([data])],
    ):
        with suppress(InvalidAnswer):
            read([])
    for samples in exposition.read(data, FAMILIES).values():
        for labels in samples:
            exposition.container_of(labels)


FAMILIES: Final = ("cpu", "node_cpu_usage_seconds_total")
ROWS: Final[dict[Kind, Any]] = {
    Kind.POD: Pod("c", "default", "web-1", 5, None, containers=(Container("app", 5, None),)),
    Kind.NODE: Node("c", "node-a", 5 * CORES, 1 << 30, facts=NodeFacts("node-a", {"cpu": 8 * CORES}, {}, None)),
}


def where(data: bytes) -> None:
    """Parse a condition. It is a usage error, or it can be evaluated and its text parses back to the same condition."""
    text = data.decode("utf-8", "replace")
    for kind, row in ROWS.items():
        naming = Naming(kind)
        try:
            condition = parse([text], naming)
        except UsageError:
            continue
        condition.matches(row)
        if parse(condition.texts, naming).texts != condition.texts:
            raise AssertionError(f"{text!r} reads back as {condition.texts}")


@contextmanager
def file_of(data: bytes) -> Iterator[str]:
    """Write a file, in memory where that is possible."""
    with TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:  # noqa: S108, PTH112
        path = Path(folder) / "file"
        path.write_bytes(data)
        yield str(path)


def kubeconfig(data: bytes) -> None:
    """Read a kubeconfig and choose its context."""
    with file_of(data) as path, suppress(C3sError):
        access_of(Target(kubeconfig=path, request_timeout=5))


def manifest(data: bytes) -> None:
    """Read a manifest for `c3s fit -f`."""
    with file_of(data) as path, suppress(UsageError):
        read_manifests(list(objects([path])))


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "quantity": quantity,
    "decoder": decoder,
    "where": where,
    "kubeconfig": kubeconfig,
    "manifest": manifest,
}
# Words that an input is likely to need; libFuzzer calls this a dictionary.
WORDS: Final[dict[str, Sequence[str]]] = {
    "quantity": [*"0123456789.+-eEnumkMGTP", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "1e3", "1_0", "\u0661"],
    "decoder": [
        *("{", "}", "[", "]", ":", ",", '"items"', '"metadata"', '"name"', '"namespace"', '"usage"', '"cpu"', "null"),
        *('"memory"', '"containers"', '"timestamp"', '"window"', '"spec"', '"status"', '"resources"', '"requests"'),
        *('"limits"', '"1Ki"', '"5m"', '"labels"', '"creationTimestamp"', '"2026-03-02T09:30:00Z"', '"conditions"'),
        *('"allocatable"', '"capacity"', '"nodeInfo"', '"ownerReferences"', '"controller"', "true", "1e400", "-0"),
        *('"initContainers"', '"restartPolicy"', '"Always"', '"containerStatuses"', '"allocatedResources"', '"phase"'),
        *(
            '"success"',
            '"data"',
            '"resultType"',
            '"vector"',
            '"scalar"',
            '"result"',
            '"metric"',
            '"value"',
            '"warnings"',
        ),
        *('"pods"', '"podRef"', '"volume"', '"pvcRef"', '"usedBytes"', '"type"', '"object"', '"ADDED"', "\n"),
        *("node_cpu_usage_seconds_total ", 'cpu{container="a",namespace="n",pod="p"} ', "1e308 ", "1772443799193"),
    ],
    "where": [
        *("cpu", "memory%", "name", "namespace", "node", 'labels["a"]', 'resources["x"].free', "age", "restarts"),
        *(" ", ",", "=", "!=", "~", "!~", "<", ">=", "null", '"', "'", "1h", "5m", "80", "1Gi", "^web-", "(a+)", "\\"),
        *(" in (", " not in (", ")", "none", "<unknown>", "unknown", '\\"', "cpu%"),
    ],
    "kubeconfig": [
        *("clusters:", "users:", "contexts:", "- name: c", "cluster: {server: 'https://h'}", "current-context: c\n"),
        *("context: {cluster: c, user: c}", "user: {token: t}", "&a ", "*a", "!!binary ", "[", "]", "{", "}", "\n  "),
        *("exec: {command: x}", "as-groups: [a]", "tls-server-name: n", "? ", "---\n", "\t", "%YAML 1.2\n", "<<: *a"),
    ],
    "manifest": [
        *("kind: Deployment\n", "kind: Pod\n", "kind: Job\n", "kind: List\n", "items:\n- ", "metadata: {name: x}\n"),
        *(
            "spec: {",
            "template: {",
            "containers: [",
            "{name: c, resources: {",
            "requests: {cpu: 5m}",
            "limits: {",
            "}",
            "]",
        ),
        *("replicas: 2", "parallelism: -1", "affinity: {", "tolerations: [", "nodeSelector: {", "priority: 1", ", "),
        *(
            "&a ",
            "*a",
            "<<: *a",
            "---\n",
            "!!binary ",
            "!!set {a}",
            "2026-03-02",
            ".nan",
            "true: x",
            '{"kind": "Pod"',
            "\t",
        ),
    ],
}


def corpus(name: str) -> list[bytes]:
    """Return the inputs kept for a target. They are stored as text with one character per byte."""
    texts: list[str] = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    return [text.encode("latin-1") for text in texts]
