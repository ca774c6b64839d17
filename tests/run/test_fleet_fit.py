"""c3s fit in several clusters: each is judged on its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.documents import validate
from tests.fleets import Clusters
from tests.servers import node, pod

NODES = """\
CONTEXT   NAME   CPU-FREE   MEMORY-FREE   PODS-FREE   FITS   PLACED   LIMITED-BY
prod-b    n      4000m      8192Mi        110         2      2        cpu
dev       n      3000m      8192Mi        109         1      1        cpu
prod-a    n      2000m      8192Mi        109         1      1        cpu
"""


def occupied(three: Clusters) -> None:
    """Let the clusters have four, three and two free cores."""
    for cores, name in enumerate(("prod-b", "dev", "prod-a")):
        taken = [pod("default", "p", requests={"cpu": str(cores)}, node="n")] if cores else []
        three.apis[name].pods(*taken)


def test_each_cluster_is_asked_on_its_own(run: Run, three: Clusters) -> None:
    occupied(three)
    assert run("fit --all-contexts --cpu 2 --memory 1Gi --replicas 2") == (
        3,
        NODES,
        "prod-b: 2 of 2 replicas fit\ndev: 1 of 2 replicas fit\nprod-a: 1 of 2 replicas fit\n",
    )
    assert run("fit --context prod-* --cpu 2 --replicas 1") == (
        0,
        "".join(
            NODES.splitlines(keepends=True)[place].replace("  2        cpu", "  1        cpu") for place in (0, 1, 3)
        ),
        "prod-b: 1 of 1 replicas fit\nprod-a: 1 of 1 replicas fit\n",
    )


def test_the_context_is_a_key_and_nodes_of_one_name_count_in_each(run: Run, three: Clusters) -> None:
    occupied(three)
    assert run("fit --all-contexts --cpu 2 --replicas 1 --by context --columns nodes,cpu.free,placed --sum").out == (
        "CONTEXT   NODES      CPU-FREE   PLACED\n"
        "prod-b    1/1        4000m      1\n"
        "dev       1/1        3000m      1\n"
        "prod-a    1/1        2000m      1\n"
        "          ________   ________   ________\n"
        "          3/3        9000m      3\n"
    )


@pytest.mark.slow
def test_a_cluster_that_cannot_be_read_is_a_failure(run: Run, three: Clusters, config: Any) -> None:
    occupied(three)
    config({**three.urls, "refuses": "http://127.0.0.1:1"})
    result = run("fit --context prod-b,refuses --cpu 2 -o json")
    document = json.loads(result.out)
    validate(document)
    assert (result.code, document["metadata"]) == (
        5,
        {
            "timestamp": "2026-03-02T09:30:00Z",
            "failures": [
                {
                    "context": "refuses",
                    "source": "cluster",
                    "message": "The connection to the server 127.0.0.1:1 was refused - did you specify the right host "
                    "or port?",
                    "hint": "run c3s doctor --context refuses to find the cause",
                }
            ],
            "fits": True,
            "workloads": [
                {
                    "context": "prod-b",
                    "workload": "pods",
                    "namespace": "default",
                    "replicas": 1,
                    "placed": 1,
                    "notConsidered": [],
                }
            ],
            "drained": [],
        },
    )
    assert result.err.endswith("prod-b: 1 of 1 replicas fit\n")


def test_a_node_is_drained_in_the_clusters_that_have_it(run: Run, three: Clusters) -> None:
    occupied(three)
    three.apis["dev"].nodes(node("n"), node("other"))
    result = run("fit --all-contexts --without other --cpu 100m --columns pods.free")
    assert result == (
        0,
        "CONTEXT   NAME   PODS-FREE\nprod-b    n      110\ndev       n      109\nprod-a    n      109\n",
        (
            "prod-b: 1 of 1 replicas fit\ndev: 0 of 0 pods of other fit elsewhere\n"
            "dev: 1 of 1 replicas fit\nprod-a: 1 of 1 replicas fit\n"
        ),
    )
    assert run("fit --all-contexts --without nosuch") == (
        1,
        "",
        'Error from server (NotFound): nodes "nosuch" not found\n',
    )
