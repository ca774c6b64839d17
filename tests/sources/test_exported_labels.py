"""--facts source where the scrape job has labels of the same names: Prometheus has renamed those of the objects."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_prometheus import CPU, MEMORY, engine, matrix, vector

Series = dict[str, list[tuple[dict[str, str], str]]]
JOBS = ("ksm-0", "ksm-1")


def exported(pod: str) -> Series:
    """Give what kube-state-metrics says of a pod of the namespace default, scraped with the labels of its own pod."""
    facts: Series = {}
    for job in JOBS:
        of = {"exported_namespace": "default", "exported_pod": pod, "namespace": "monitoring", "pod": job}
        box = {**of, "exported_container": "app", "container": "kube-state-metrics"}
        place = {"exported_node": "n1", "node": "n7"}
        for name, labels, value in (
            ("kube_pod_info", {**of, **place, "uid": pod}, "1"),
            ("kube_pod_status_phase", {**of, "phase": "Running"}, "1"),
            ("kube_pod_container_info", box, "1"),
            ("kube_pod_container_resource_requests", {**box, **place, "resource": "cpu"}, "0.5"),
            ("kube_pod_labels", {**of, "label_app": f"of-{pod}"}, "1"),
        ):
            facts.setdefault(name, []).append((labels, value))
    return facts


NODES: Series = {
    "kube_node_status_allocatable": [
        ({"exported_node": "n1", "node": "n7", "resource": resource}, value)
        for resource, value in (("cpu", "4"), ("memory", "17179869184"), ("pods", "110"))
    ],
}


def answer(query: str, _request: Request) -> Reply | None:
    name = re.search(r"kube_\w+", query)
    if name:
        series = [*NODES.get(name[0], []), *exported("a").get(name[0], []), *exported("b").get(name[0], [])]
        # A label that the query does not ask for is not in the answer.
        by = re.match(r"max by \(([^)]*)\)", query)
        kept = by[1].split(", ") if by else None
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', query.partition("{")[2]))
        return vector(
            *(
                ({key: text for key, text in labels.items() if kept is None or key in kept}, value)
                for labels, value in series
                if all(labels.get(key) == text for key, text in wanted.items())
            )
        )
    if query.startswith((CPU, MEMORY)):
        steady = (lambda time: time / 10) if query.startswith(CPU) else 2.0**20
        if 'id="/"' in query:
            return matrix(({"node": "n1", "id": "/"}, steady))
        pods = [name for name in "ab" if f'pod="{name}"' in query or "pod=" not in query]
        pods = [] if 'namespace="monitoring"' in query else pods
        return matrix(*(({"namespace": "default", "pod": name, "container": "app"}, steady) for name in pods))
    return None


@pytest.fixture
def store() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        engine(fake, answer)
        yield fake


def test_the_facts_are_those_of_the_objects_and_count_once(run: Run, store: FakeApi) -> None:
    source = f"--from {store.url} --facts source"
    result = run(f"top pods -A --columns namespace,name,cpu,cpu.requests,node,label:app {source}")
    assert (result.code, [line.split() for line in result.out.splitlines()[1:]], result.err) == (
        0,
        [["default", "a", "100m", "500m", "n1", "of-a"], ["default", "b", "100m", "500m", "n1", "of-b"]],
        "",
    )
    result = run(f"top nodes --columns name,cpu,cpu.requests,pods --no-headers {source}")
    assert (result.code, result.out.split(), result.err) == (0, ["n1", "100m", "1000m", "2/110"], "")


@pytest.mark.parametrize(
    ("words", "rows"),
    [("-n default", [["a", "500m"], ["b", "500m"]]), ("b -n default", [["b", "500m"]]), ("-n monitoring", [])],
)
def test_a_namespace_and_a_name_are_those_of_the_objects(run: Run, store: FakeApi, words: str, rows: object) -> None:
    result = run(f"top pods {words} --columns name,cpu.requests --no-headers --from {store.url} --facts source")
    assert (result.code, [line.split() for line in result.out.splitlines()]) == (0 if rows else 5, rows)
