"""--facts source: nodes, pods and owners from kube-state-metrics, without an API server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from c3s_cli.demo.server import DemoServer
from c3s_cli.sources.prometheus.pod_series import ExportedLabels, resource_of
from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_prometheus import engine, matrix, refusal, vector

PROXY = "/api/v1/namespaces/monitoring/services/prometheus-server:80/proxy"


def items(run: Run, words: str) -> dict[str, Any]:
    result = run(f"{words} -o json")
    assert result.code == 0, result.err
    return {item["name"]: item for item in json.loads(result.out)["items"]}


@pytest.mark.slow
def test_the_facts_are_those_of_the_api_server(run: Run, demo_server: DemoServer) -> None:
    source = f"--from {demo_server.url}{PROXY} --facts source"
    # The limits in force are in the status only.
    declared = "cpu.declaredLimits,memory.declaredLimits"
    for words, columns in (
        ("top nodes", "cpu.allocatable,memory.capacity,ephemeralStorage.allocatable,pool,zone,instanceType,version"),
        ("top pods -n team-search", "cpu.requests,memory.requests,cpu.limits,memory.limits,owner,node,qosClass"),
        # Two of its pods are being resized: their specs have the new requests.
        ("top pods -n team-checkout", f"cpu.requests,memory.requests,{declared},owner,node,qosClass"),
    ):
        theirs = items(run, f"{words} --columns {columns} --server {demo_server.url}")
        ours = items(run, f"{words} --columns {columns} {source}")
        assert set(ours) == set(theirs)
        for name, item in ours.items():
            for column in ("cpu", "memory", "ephemeralStorage"):
                for each in (item, theirs[name]):
                    each.get(column, {}).pop("usage", None)
            same = {key: value for key, value in item.items() if key not in ("context", "timestamp", "window")}
            assert same == {key: theirs[name][key] for key in same}, name


def test_recommendations_say_what_facts_of_the_source_lack(run: Run) -> None:
    used = vector(({"namespace": "n", "pod": "p", "container": "x"}, "60"))
    with FakeApi() as server:

        def answer(query: str, request: Request) -> Reply | None:
            if "kube_" in query:
                return told(query, request)
            return None if request.path.endswith("_range") else used

        engine(server, answer)
        result = run(f"rightsize -A --from {server.url} --facts source")
    note = "note: kube-state-metrics does not know vertical autoscalers and templates: what pods request counts\n"
    assert note in result.err


def test_through_the_api_server_facts_can_come_from_the_source_too(run: Run, demo_server: DemoServer) -> None:
    demo_server.requests.clear()
    result = run(f"top pods -n team-search --by owner --from prometheus --facts source --server {demo_server.url}")
    assert (result.code, "StatefulSet/elasticsearch" in result.out) == (0, True)
    assert not [each for each in demo_server.requests if each.startswith("GET /api/v1/pods") or "/apis/" in each]


FACTS: dict[str, list[tuple[dict[str, str], str]]] = {
    "kube_node_status_allocatable": [
        ({"node": "a", "resource": "cpu"}, "4"),
        ({"node": "a", "resource": "nvidia_com_gpu"}, "2"),
    ],
    "kube_node_status_capacity": [({"node": "a", "resource": "memory"}, "1024")],
    "kube_node_info": [({"node": "a", "kubelet_version": "v1.33.1"}, "1")],
    "kube_node_labels": [({"node": "a", "label_topology_kubernetes_io_zone": "z", "label_team_a": "x"}, "1")],
    "kube_node_status_condition": [
        ({"node": "a", "condition": "Ready", "status": "true"}, "0"),
        ({"node": "a", "condition": "Ready", "status": "false"}, "1"),
    ],
    "kube_node_spec_unschedulable": [({"node": "a"}, "1")],
    "kube_node_spec_taint": [({"node": "a", "key": "k", "value": "", "effect": "NoSchedule"}, "1")],
    "kube_node_role": [({"node": "a", "role": "worker"}, "1")],
    "kube_pod_info": [({"namespace": "n", "pod": name, "node": "a"}, "1") for name in ("p", "done")],
    "kube_pod_owner": [
        (
            {"namespace": "n", "pod": "p", "owner_kind": "ReplicaSet", "owner_name": "web-1"}
            | {"owner_is_controller": "true"},
            "1",
        )
    ],
    "kube_replicaset_owner": [
        (
            {"namespace": "n", "replicaset": "web-1", "owner_kind": "Deployment", "owner_name": "web"}
            | {"owner_is_controller": "true"},
            "1",
        )
    ],
    "kube_pod_status_phase": [
        ({"namespace": "n", "pod": "p", "phase": "Running"}, "1"),
        ({"namespace": "n", "pod": "p", "phase": "Pending"}, "0"),
        ({"namespace": "n", "pod": "done", "phase": "Succeeded"}, "1"),
    ],
    "kube_pod_container_info": [({"namespace": "n", "pod": "p", "container": box}, "1") for box in ("x", "y")],
    "kube_pod_container_resource_requests": [
        ({"namespace": "n", "pod": "p", "container": "x", "resource": "cpu"}, "0.5"),
        ({"namespace": "n", "pod": "p", "container": "y", "resource": "cpu"}, "0.25"),
    ],
    "kube_pod_container_resource_limits": [
        ({"namespace": "n", "pod": "p", "container": "x", "resource": "cpu"}, "1"),
    ],
    # One that starts and goes, and one that stays beside the others.
    "kube_pod_init_container_resource_requests": [
        ({"namespace": "n", "pod": "p", "container": "first", "resource": "cpu"}, "0.1"),
        ({"namespace": "n", "pod": "p", "container": "sidecar", "resource": "cpu"}, "0.125"),
    ],
    "kube_pod_init_container_info": [
        ({"namespace": "n", "pod": "p", "container": "first"}, "1"),
        ({"namespace": "n", "pod": "p", "container": "sidecar", "restart_policy": "Always"}, "1"),
    ],
    "kube_pod_status_initialized_time": [({"namespace": "n", "pod": "p"}, "1")],
    "kube_pod_overhead_cpu_cores": [({"namespace": "n", "pod": "p"}, "0.01")],
    "kube_pod_container_status_waiting_reason": [({"namespace": "n", "pod": "p", "reason": "CrashLoopBackOff"}, "1")],
    "kube_pod_status_qos_class": [({"namespace": "n", "pod": "p", "qos_class": "Burstable"}, "1")],
}


def told(query: str, _request: Request) -> Reply | None:
    name = re.search(r"kube_\w+", query)
    if name:
        return vector(*FACTS.get(name[0], []))
    labels = {"namespace": "n", "pod": "p", "container": "x"} if "container!=" in query else {"node": "a"}
    return matrix((labels, 1048576.0 if "memory" in query else lambda time: time / 4))


@pytest.fixture
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        engine(fake, told)
        yield fake


def test_what_kube_state_metrics_says_becomes_facts(run: Run, server: FakeApi) -> None:
    words = f"--from {server.url} --facts source --no-headers"
    columns = "cpu.requests,cpu.declaredLimits,memory.limits,owner,status,restarts,qosClass,node,age"
    result = run("top", "pods", "-A", "--columns", columns, *words.split())
    assert (result.code, result.out.split()) == (
        0,
        [
            *("885m", "1010m", "<none>", "Deployment/web", "CrashLoopBackOff", "<unknown>", "Burstable", "a"),
            "<unknown>",
        ],
    )
    columns = 'cpu.allocatable,memory.capacity,resources["nvidia.com/gpu"].allocatable,status,roles,taints,zone,version'
    result = run("top", "nodes", "--columns", f'{columns},labels["team/a"]', *words.split())
    assert result.out.split() == [
        *("a", "4000m", "0Mi", "2", "NotReady,SchedulingDisabled", "worker", "k:NoSchedule", "z", "v1.33.1", "x"),
    ]


def test_the_label_cluster_is_the_context(run: Run) -> None:
    def of_clusters(query: str, request: Request) -> Reply | None:
        if query.startswith("group by (cluster, "):
            return vector(({"cluster": "eu"}, "1"), ({"cluster": "us"}, "1"))
        if "cluster=" not in query:
            return refusal(400, "bad_data", "all clusters at once")
        return told(query, request)

    with FakeApi() as server:
        engine(server, of_clusters)
        result = run(f"top cluster --from {server.url} --facts source --columns cpu --no-headers")
        assert (result.code, [line.split() for line in result.out.splitlines()]) == (
            0,
            [["eu", "250m"], ["us", "250m"]],
        )


def test_what_is_warned_of_facts_is_told_too(run: Run) -> None:
    def partly(query: str, request: Request) -> Reply | None:
        reply = told(query, request)
        if reply and "kube_pod_owner" in query:
            reply.body |= {"warnings": ["store 10.0.0.9 is down"]}
        return reply

    with FakeApi() as server:
        engine(server, partly)
        result = run(f"top pods -A --columns cpu.requests --from {server.url} --facts source")
    assert (result.code, result.err) == (5, "warning: prometheus: the answer is partial: store 10.0.0.9 is down\n")


def test_what_it_cannot_do_is_said(run: Run, server: FakeApi) -> None:
    words = f"--from {server.url} --facts source"
    assert run(f"top pods -A -l a=b {words}").err == (
        "error: --facts source does not support selectors\nhint: only the API server can apply them\n"
    )
    assert run("top pods --facts source").err == "error: --facts source goes with --from prometheus or --from URL\n"
    assert run("top pods --facts x").err == "error: unknown value 'x' of --facts\nhint: one of: api, source\n"
    with FakeApi() as empty:
        engine(empty, lambda query, request: None if "kube_" in query or "c3s_" in query else told(query, request))
        assert run(f"top nodes --from {empty.url} --facts source") == (
            1,
            "",
            ("error: this Prometheus has no facts about nodes\nhint: it must scrape kube-state-metrics, version 2\n"),
        )


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("cpu", "cpu"),
        ("ephemeral_storage", "ephemeral-storage"),
        ("nvidia_com_gpu", "nvidia.com/gpu"),
        ("aws_amazon_com_neuron", "aws.amazon.com/neuron"),
        # my-corp.com, or my.corp.com
        ("my_corp_com_gpu", "my_corp_com_gpu"),
        # An underscore may have been anything.
        ("nvidia_com_mig_1g_5gb", "nvidia_com_mig_1g_5gb"),
        ("hugepages_2Mi", "hugepages-2Mi"),
        ("attachable_volumes_aws_ebs", "attachable_volumes_aws_ebs"),
    ],
)
def test_resources_have_their_names_again(label: str, name: str) -> None:
    assert resource_of(label) == name


def test_labels_are_found_by_their_own_names() -> None:
    labels = ExportedLabels({"label_app_kubernetes_io_name": "web", "label_team_name": "a"})
    assert (labels.get("app.kubernetes.io/name"), labels.get("teamName"), labels.get("app", "")) == ("web", "a", "")


def test_without_exported_labels_pools_are_unknown(run: Run) -> None:
    """By default, kube-state-metrics exports none."""

    def unlabelled(query: str, request: Request) -> Reply | None:
        bare = {"kube_node_labels": {"node": "a"}, "kube_pod_labels": {"namespace": "n", "pod": "p"}}
        name = re.search(r"kube_\w+", query)
        return vector((bare[name[0]], "1")) if name and name[0] in bare else told(query, request)

    with FakeApi() as server:
        engine(server, unlabelled)
        words = f"--no-headers --from {server.url} --facts source"
        assert run(f"top nodes --columns pool,zone,instanceType {words}").out.split() == ["a", *["<unknown>"] * 3]
        result = run(f"top pods -A --by label:app --columns pods.count {words}")
    assert (result.out.split(), result.err) == (
        ["<none>", "1"],
        (
            "note: kube-state-metrics exports no labels of pods: its --metric-labels-allowlist says which\n"
            "note: no pod has the label app\n"
        ),
    )


OF_NODES = """\
kube_node_labels{}
max by (node, condition, status, exported_node) (kube_node_status_condition{})
max by (node, exported_node) (kube_node_created{})
max by (node, exported_node) (kube_node_spec_unschedulable{})
max by (node, key, value, effect, exported_node) (kube_node_spec_taint{})
max by (node, kubelet_version, exported_node) (kube_node_info{})
max by (node, resource, exported_node) (kube_node_status_allocatable{})
max by (node, resource, exported_node) (kube_node_status_capacity{})
max by (node, role, exported_node) (kube_node_role{})
"""


def test_only_the_labels_that_are_needed_are_asked_for(run: Run) -> None:
    with FakeApi() as server:
        asked = engine(server, told)
        run(f"top nodes --columns taints --from {server.url} --facts source")
    kube = {query for query in asked if "kube_" in query and not query.startswith("group by (cluster, ")}
    assert sorted(kube) == OF_NODES.splitlines()


def test_one_pod_is_asked_for_by_its_name(run: Run) -> None:
    with FakeApi() as server:
        asked = engine(server, told)
        result = run(f"top pods p -n n --columns cpu.requests --from {server.url} --facts source")
    assert result.out == "NAME   CPU-REQUESTS\np      885m\n"
    of_pods = [query for query in asked if "kube_pod_" in query]
    assert of_pods
    assert [query for query in of_pods if 'namespace="n"' not in query or 'pod="p"' not in query] == []


def test_volumes_say_by_whom_they_are_mounted_and_where(run: Run) -> None:
    def mounted(query: str, request: Request) -> Reply | None:
        if "kube_pod_spec_volumes_persistentvolumeclaims_info" in query:
            claims = ("data", "logs")
            return vector(
                *(({"namespace": "n", "pod": "p", "persistentvolumeclaim": claim}, "1") for claim in claims),
                ({"namespace": "n", "pod": "unplaced", "persistentvolumeclaim": "data"}, "1"),
            )
        if "kubelet_volume_stats" in query:
            number = "2048" if "capacity" in query else "1024"
            return vector(*(({"namespace": "n", "persistentvolumeclaim": each}, number) for each in ("data", "idle")))
        return told(query, request)

    with FakeApi() as server:
        asked = engine(server, mounted)
        run(f"top volumes -n n --from {server.url} --facts source")
        mounts = [query for query in asked if "kube_pod_spec_volumes" in query]
        result = run(f"top volumes -A -o json --from {server.url} --facts source")
    items = json.loads(result.out)["items"]
    assert [(each["name"], each["pod"], each["node"], each["volume"]["used"]) for each in items] == [
        ("data", ["p", "unplaced"], ["a"], 1024),
        ("idle", [], [], 1024),
    ]
    assert mounts
    assert [query for query in mounts if 'namespace="n"' not in query] == []
