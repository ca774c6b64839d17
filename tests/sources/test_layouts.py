"""The labels of series as different set-ups write them: the same usage, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, node, pod
from tests.sources.test_prometheus import CPU, MEMORY, engine, matrix, vector

Labels = dict[str, str]
# A series: its name, its labels, and its value; of counters, its growth in a second.
Series = tuple[str, Labels, float]
COUNTERS = (CPU, "node_cpu_usage_seconds_total", "node_cpu_seconds_total")
MI, GI = 2.0**20, 2.0**30
TESTS: dict[str, Any] = {
    "=": lambda value, text: value == text,
    "!=": lambda value, text: value != text,
    "=~": lambda value, text: re.fullmatch(text, value) is not None,
    "!~": lambda value, text: re.fullmatch(text, value) is None,
}


@pytest.fixture
def store() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


def holds(store: FakeApi, *series: Series) -> None:
    """Let a Prometheus have these series: it selects by matchers, counts, and knows machines."""

    def chosen(query: str) -> list[Series]:
        match = re.search(r"(?:^|[( ])(container\w+|node_\w+)(?:\{([^}]*)\})?(?:\[|\)|$)", query)
        if match is None:
            return []
        matchers = re.findall(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"', match[2] or "")
        return [
            each
            for each in series
            if each[0] == match[1]
            and all(TESTS[how](each[1].get(label, ""), text.replace("\\\\", "\\")) for label, how, text in matchers)
        ]

    def answer(query: str, _request: Request) -> Reply | None:
        if query.startswith("sum by") and "node_cpu_seconds_total" in query:
            return vector(*((labels, str(rate)) for name, labels, rate in series if name == "node_cpu_seconds_total"))
        if query.startswith("max by") and "node_memory_MemTotal_bytes" in query:
            return vector(
                *((labels, str(held)) for name, labels, held in series if name == "node_memory_MemTotal_bytes")
            )
        found = chosen(query)
        if query.startswith("count by (instance)"):
            of = [{labels.get("instance", "") for _, labels, _ in chosen(part)} for part in query.split(" unless ")]
            return vector(*(({"instance": name}, "1") for name in of[0] - of[1]))
        if query.startswith("count("):
            return vector(*([({}, str(len(found)))] if found else []))
        if not query.endswith("s]"):
            return None
        return matrix(
            *(
                (labels, (lambda time, rate=value: rate * time) if name in COUNTERS else value)
                for name, labels, value in found
            )
        )

    engine(store, answer)


def root(cpu: float = 0.5, memory: float = GI, **labels: str) -> list[Series]:
    labels = {"id": "/", **labels}
    return [(CPU, labels, cpu), (MEMORY, labels, memory)]


def resource(cpu: float, memory: float, **labels: str) -> list[Series]:
    return [("node_cpu_usage_seconds_total", labels, cpu), ("node_memory_working_set_bytes", labels, memory)]


def exporter(cpu: float, memory: float, **labels: str) -> list[Series]:
    return [("node_cpu_seconds_total", labels, cpu), ("node_memory_MemTotal_bytes", labels, memory)]


def addressed(name: str, *addresses: str) -> Any:
    made = node(name)
    made["status"]["addresses"] = [{"type": "InternalIP", "address": each} for each in addresses]
    return made


LONG = "ip-10-0-0-1.eu-west-1.compute.internal"


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("a", {"node": "a"}),
        ("a", {"kubernetes_node": "a", "instance": "10.0.0.1:9100"}),
        ("a", {"nodename": "a", "instance": "10.0.0.1:9100"}),
        ("a", {"hostname": "a", "instance": "10.0.0.1:9100"}),
        ("a", {"exported_node": "a", "node": "other"}),
        # The hostname is not the name of the node, the instance is.
        (LONG, {"kubernetes_io_hostname": "ip-10-0-0-1", "instance": LONG}),
        ("a", {"instance": "a:10250"}),
        # Only the API server knows the address.
        ("a", {"instance": "10.0.0.1:10250"}),
        ("a", {"instance": "[fd00::1]:10250"}),
        ("a", {"instance": "fd00::1"}),
    ],
)
@pytest.mark.parametrize("kind", [root, exporter])
def test_a_node_is_known_by_any_label_that_has_its_name_or_address(
    run: Run, api: FakeApi, store: FakeApi, name: str, labels: Labels, kind: Any
) -> None:
    api.nodes(addressed(name, "10.0.0.1", "fd00::1"))
    holds(store, *kind(0.5, GI, **labels))
    result = run(f"top nodes --no-headers --from {store.url} --server {api.url}")
    assert (result.code, result.out.split(), result.err) == (0, [name, "500m", "12%", "1024Mi", "12%"], "")


def test_series_of_other_nodes_only_are_said_with_two_examples(run: Run, api: FakeApi, store: FakeApi) -> None:
    api.nodes(node("a"))
    holds(store, *root(node="x"), *root(node="y"), *root(node="z"))
    result = run(f"top nodes --no-headers --from {store.url} --server {api.url}")
    assert (result.code, result.out.split()) == (5, ["a", *["<unknown>"] * 4])
    assert result.err == (
        "warning: node metrics could not be read: "
        "no node has the names in its series, such as x and y; is it of another cluster?\n"
    )


def test_each_node_and_resource_has_the_best_series_that_there_are(run: Run, api: FakeApi, store: FakeApi) -> None:
    api.nodes(node("linux"), node("windows"), node("dropped"), node("bare"))
    holds(
        store,
        *root(0.5, GI, node="linux"),
        *resource(9, 9 * GI, node="linux"),
        *resource(0.75, 3 * GI, node="windows"),
        # The memory of its root cgroup is dropped.
        *root(0.25, node="dropped")[:1],
        *resource(9, 2 * GI, node="dropped"),
        *exporter(1.5, 4 * GI, node="bare"),
    )
    result = run(f"top nodes --no-headers --columns name,cpu,memory --from {store.url} --server {api.url}")
    assert (result.code, result.err, sorted(line.split() for line in result.out.splitlines())) == (
        0,
        "",
        [
            ["bare", "1500m", "4096Mi"],
            ["dropped", "250m", "2048Mi"],
            ["linux", "500m", "1024Mi"],
            ["windows", "750m", "3072Mi"],
        ],
    )


# --- pods -----------------------------------------------------------------------------------------------------


def used(cpu: float, memory: float, **labels: str) -> list[Series]:
    return [(CPU, labels, cpu), (MEMORY, labels, memory)]


def renamed(namespace: str, name: str, cpu: float, **more: str) -> list[Series]:
    """Give a container whose labels Prometheus renamed: those of the job are of its own namespace and pod."""
    job = {"namespace": "kube-system", "pod": "cadvisor-x", "container": "cadvisor"}
    own = {"exported_namespace": namespace, "exported_pod": name, "exported_container": "app"}
    return used(cpu, MI, **job, **own, **more)


RENAMED = [*renamed("n", "p", 0.25), *renamed("n", "q", 0.5), *renamed("kube-system", "dns", 0.75)]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("-A", [["dns", "750m"], ["p", "250m"], ["q", "500m"]]),
        ("-n n", [["p", "250m"], ["q", "500m"]]),
        ("p -n n", [["p", "250m"]]),
        # The namespace of the job has the series of all others, too.
        ("-n kube-system", [["dns", "750m"]]),
    ],
)
def test_labels_that_were_renamed_are_those_of_the_pods(
    run: Run, api: FakeApi, store: FakeApi, words: str, rows: object
) -> None:
    holds(store, *RENAMED)
    result = run(f"top pods {words} --no-headers --columns name,cpu --from {store.url} --server {api.url}")
    assert (result.code, sorted(line.split() for line in result.out.splitlines())) == (0, rows)


def test_where_there_are_no_series_of_containers_those_of_pods_serve(run: Run, api: FakeApi, store: FakeApi) -> None:
    cgroup = {"namespace": "n", "pod": "p", "id": "/kubepods/p"}
    above = {"id": "/kubepods"}
    holds(store, *used(0.25, 95 * MI, **cgroup), *used(7, GI, **above))
    words = f"--no-headers --from {store.url} --server {api.url}"
    assert run(f"top pods -A {words}").out.split() == ["n", "p", "250m", "95Mi"]
    # It has no containers to show.
    api.pods(pod("n", "p", "a"))
    result = run(f"top pods -A --columns name,cpu,cpu.requests {words}")
    assert (result.code, result.out.split()) == (0, ["p", "250m", "0m"])


def test_a_node_whose_runtime_has_no_series_of_containers_has_those_of_pods(
    run: Run, api: FakeApi, store: FakeApi
) -> None:
    """Beside other nodes, which have both: their pods count once."""
    whole = [
        *used(0.25, MI, namespace="n", pod="p", container="app", instance="a"),
        *used(0.3, 2 * MI, namespace="n", pod="p", instance="a"),
        # All that is left of a pod whose container waits to be restarted.
        *used(0, MI, namespace="n", pod="waits", instance="a"),
        *used(0.5, 3 * MI, namespace="n", pod="q", instance="b"),
    ]
    holds(store, *whole)
    result = run(f"top pods -A --no-headers --columns name,cpu,memory --from {store.url} --server {api.url}")
    assert (result.code, sorted(line.split() for line in result.out.splitlines())) == (
        0,
        [["p", "250m", "1Mi"], ["q", "500m", "3Mi"]],
    )


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            {"namespace": "n", "pod_name": "p", "container_name": "app"},
            "the series of containers have no label `pod`, but `pod_name`, as before Kubernetes 1.16",
        ),
        ({"id": "/docker/0123"}, "the series of containers have no labels `pod` and `container`"),
    ],
)
def test_labels_that_do_not_serve_are_the_reason(
    run: Run, api: FakeApi, store: FakeApi, labels: Labels, said: str
) -> None:
    holds(store, *used(0.25, MI, **labels))
    result = run(f"top pods -A --from {store.url} --server {api.url}")
    assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", f"error: {said}")


def test_pods_that_run_without_series_are_no_empty_namespace(run: Run, api: FakeApi, store: FakeApi) -> None:
    """Where a job puts all series under its own namespace, that of the pods seems to be empty."""
    labels = {"namespace": "kube-system", "pod": "p", "container": "app", "node": "a"}
    holds(store, (CPU, labels, 0.2), (MEMORY, labels, MI))
    where = f"--from {store.url} --server {api.url}"
    # The server's clock says 2026-03-02T09:30:00Z.
    api.pods(pod("n", "p", "a", created="2026-03-02T09:20:00Z"), namespace="n")
    assert run(f"top pods -n n {where}") == (0, "", "No resources found in n namespace.\n")
    waiting = pod("n", "p", "", phase="Pending"), pod("n", "pulls", "a", phase="Pending")
    api.pods(*waiting, namespace="n")
    assert run(f"top pods -n n {where}").code == 0
    api.pods(*waiting, pod("n", "q", "a", created="2026-03-02T09:00:00Z"), namespace="n")
    assert run(f"top pods -n n {where}") == (
        1,
        "",
        (
            "error: Metrics not available for pod n/q, age: 30m0s\n"
            "hint: its series may have another namespace, or be of another cluster: c3s doctor --from … examines them\n"
        ),
    )
    # A time in the past is another matter: they may not have been there.
    assert run(f"top pods -n n --at 2026-03-02T09:10:00Z {where}").code == 0


def test_a_node_is_known_by_its_host_name(run: Run, api: FakeApi, store: FakeApi) -> None:
    """As the label has it, which need not be the name of the node."""
    api.nodes(node(LONG, labels={"kubernetes.io/hostname": "ip-10-0-0-1"}))
    holds(store, *root(0.5, GI, kubernetes_io_hostname="ip-10-0-0-1", instance="monitoring:9100"))
    result = run(f"top nodes --no-headers --from {store.url} --server {api.url}")
    assert (result.code, result.out.split(), result.err) == (0, [LONG, "500m", "12%", "1024Mi", "12%"], "")
