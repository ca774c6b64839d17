"""c3s fit --without: where the pods of drained nodes go."""

from __future__ import annotations

import json

from tests.commands.test_fit import LEAVING, OF_GPUS, TAINTED
from tests.conftest import Run
from tests.servers import FakeApi, node, pod


def test_the_pods_of_a_drained_node_go_first(demo: Run) -> None:
    result = demo("fit --cpu 1 --without general-1 --without node/spot-1 --columns cpu.free,fits --where 'fits > 0'")
    assert result == (
        3,
        "",
        (
            "No resources found\n"
            "8 of 11 pods of general-1 fit elsewhere; no room for team-checkout/checkout-ndmsvxjpsx-zf4ts, "
            "team-search/indexer-2s92tgqzg2-2kxs4, team-search/search-api-4dxwmcbrpf-b2bbc\n"
            "2 of 2 pods of spot-1 fit elsewhere\n"
            f"0 of 1 replicas fit\n{LEAVING}{TAINTED.format(2)}{OF_GPUS}\n"
        ),
    )


def test_pods_of_daemons_end_with_their_node(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b", cpu="2"))
    api.pods(
        pod("kube-system", "proxy", "a", owner=("DaemonSet", "proxy"), requests={"cpu": "3"}),
        pod("kube-system", "etcd-a", "a", owner=("Node", "a"), requests={"cpu": "3"}),
        pod("default", "web", "a", owner=("ReplicaSet", "web"), requests={"cpu": "1"}),
    )
    result = run(f"fit --cpu 1 --without a --server {api.url} --columns cpu.free,placed --no-headers")
    assert (result.code, result.out.split()) == (0, ["b", "1000m", "1"])
    assert result.err == "1 of 1 pods of a fit elsewhere\n1 of 1 replicas fit\n"


def test_a_drain_alone(demo: Run) -> None:
    result = demo("fit --without spot-1 --limit 0")
    said = "2 more rows are not shown\n2 of 2 pods of spot-1 fit elsewhere\nnot moved: 3 pods of DaemonSets\n"
    assert result == (0, "", said)


def test_a_drained_node_must_exist(demo: Run) -> None:
    assert demo("fit --cpu 1 --without nosuch") == (1, "", 'Error from server (NotFound): nodes "nosuch" not found\n')


def test_nodes_may_be_listed(demo: Run) -> None:
    listed = demo("fit --without spot-1,node/memory-1 --without memory-1 --limit 1")
    assert listed == demo("fit --without spot-1 --without memory-1 --limit 1")
    assert listed.code == 3
    assert demo("fit --without ,").err.startswith("error: no pods to place: ")


def test_what_the_pods_of_a_drained_node_ask_for_besides_is_named(run: Run, api: FakeApi) -> None:
    near = {"topologyKey": "zone", "labelSelector": {}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]}}
    claims = [{"name": "token", "projected": {}}, {"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]
    scratch = [{"name": "persistentVolumeClaim", "emptyDir": {}}, {"name": "ephemeral", "configMap": {"name": "c"}}]
    none = {"name": "none", "persistentVolumeClaim": None, "ephemeral": None}
    api.nodes(*(node(name, labels={"zone": "z"}) for name in "abc"))
    api.pods(
        pod("x", "one", "a", spec={"affinity": affinity}),
        pod("x", "two", "a", spec={"volumes": claims}),
        pod("x", "three", "b", spec={"volumes": [*scratch, none]}),
        # The claims of a DaemonSet's pod end with the node.
        pod("x", "four", "b", owner=("DaemonSet", "four"), spec={"volumes": claims}),
    )
    command = f"fit --without a,b --server {api.url}"
    assert run(f"{command} --limit 0").err == (
        "3 more rows are not shown\n"
        "2 of 2 pods of a fit elsewhere\n"
        "1 of 1 pods of b fit elsewhere\n"
        "3 of 3 pods of 2 nodes fit elsewhere\n"
        "not moved: 1 pod of DaemonSets\n"
        "kubectl drain refuses 3 pods: x/one (no controller), x/two (no controller), "
        "x/three (no controller; local storage)\n"
        "not considered: volumes (pods of a)\n"
    )
    drained = json.loads(run(f"{command} -o json").out)["metadata"]["drained"]
    assert [each["notConsidered"] for each in drained] == [["volumes"], []]
