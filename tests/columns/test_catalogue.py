"""List of columns: descriptions, needs, and the sets default and wide."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from c3s_cli.columns.catalogue import default_names, wide_names
from c3s_cli.columns.headings import headings
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.statistics import default_statistics
from c3s_cli.columns.vocabulary import Kind
from tests.conftest import Run

REFERENCE: Final = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
KINDS: Final = ("nodes", "pods", "node-groups", "pod-groups", "cluster", "volumes", "fit", "fit-groups")
RESOURCE: Final = re.compile(r"(cpu|memory|ephemeralStorage|pods)\.(\w+)")
ORDER: Final = ("nodes.metrics.k8s.io", "pods.metrics.k8s.io", "nodes", "pods", "replicasets", "jobs", "pods?limit=1")


def listed(run: Run, kind: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("columns", kind, "-o", "json").out)
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_has_every_column_in_its_order(run: Run, kind: str) -> None:
    lines = ["| Column | Alias | Unit | Meaning |", "| --- | --- | --- | --- |"]
    for row in listed(run, kind):
        alias, meaning = f"`{row['alias']}`" if row["alias"] else "", row["meaning"].replace("|", "\\|")
        lines.append(f"| `{row['column']}` | {alias} | {row['unit']} | {meaning} |")
    assert "\n" + "\n".join(lines) + "\n<!-- [[[end]]] -->" in REFERENCE


def read_for(kind: str, name: str) -> set[str]:
    """Say what a column of a resource needs, by the words in its name."""
    match = RESOURCE.fullmatch(name)
    assert match
    resource, field = match.groups()
    metrics = {"pods.metrics.k8s.io" if kind.startswith("pod") else "nodes.metrics.k8s.io"}
    of_usage = {"pods"} if resource == "pods" else metrics if resource in ("cpu", "memory") else set()
    needs = {
        "usage": of_usage,
        "requests": {"pods"},
        "limits": {"pods"},
        "declaredLimits": {"pods"},
        "unused": {"pods"} | of_usage,
        "free": {"nodes", "pods"},
        "schedulableFree": {"nodes", "pods"},
        "allocatable": {"nodes"},
        "capacity": {"nodes"},
        "measuredAllocatable": {"nodes"} | of_usage,
        "compact": {"pods"} | of_usage,
    }
    part, _, whole = field.partition("PercentOf")
    return needs[part] | needs[whole.lower()] if whole else needs[part]


OTHERS: Final = {
    "context name namespace timestamp window": "",
    "ephemeralStorage.usage swap.usage throttled oomKills coverage volumes.used volumes.capacity": "",
    "volumes.usagePercentOfCapacity workload fits placed limitedBy nodes.fitting": "",
    "swap.capacity swap.usagePercentOfCapacity schedulable roles version taints": "nodes",
}
OF_NODES: Final = {"status age pool zone instanceType": "nodes"}
OF_GROUPS: Final = {"nodes nodes.measured nodes.count": "nodes.metrics.k8s.io,nodes"}
ON_NODE: Final = "nodes,pods"
COSTS: Final = {
    "pods": {"cost.requests": ON_NODE, "cost.usage cost.waste": "nodes,pods.metrics.k8s.io,pods"},
    "nodes": {"cost.requests": ON_NODE, "cost.usage cost.waste": f"nodes.metrics.k8s.io,{ON_NODE}"},
}
OWN: Final = {
    "nodes": {**OF_NODES, "pods": "nodes,pods"},
    "pods": {
        "node status phase restarts age qosClass": "pods",
        "ready ready.count ready.expected waiting pending": "pods",
        "lastTermination.reason lastTermination.finishedAt oomKilled": "pods",
        "owner": "pods,replicasets,jobs",
        "pool zone instanceType": "nodes,pods",
    },
    "node-groups": {**OF_GROUPS, "pods": "nodes,pods"},
    "pod-groups": {
        "pods pods.measured": "pods.metrics.k8s.io",
        "pods.count": "pods.metrics.k8s.io,pods",
        "restarts": "pods",
    },
    "cluster": {**OF_GROUPS, "pods": "nodes,pods?limit=1", "pods.count": "pods?limit=1"},
    "volumes": {"pod node volume.used volume.capacity volume.usagePercentOfCapacity": ""}
    | {"inodes.used inodes.capacity inodes.usagePercentOfCapacity": ""},
    "fit": OF_NODES,
    "fit-groups": {"nodes nodes.count": ""},
    **{
        kind: {
            "change": "",
            "cpu.change cpu.changePercent memory.change memory.changePercent": needs,
            "cpu.before cpu.after memory.before memory.after": needs,
        }
        for kind, needs in (
            ("node-changes", "nodes.metrics.k8s.io"),
            ("node-group-changes", "nodes.metrics.k8s.io"),
            ("cluster-changes", "nodes.metrics.k8s.io"),
            ("pod-changes", "pods.metrics.k8s.io"),
            ("pod-group-changes", "pods.metrics.k8s.io"),
        )
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_needs_what_it_is_about(run: Run, kind: str) -> None:
    costs = COSTS["pods" if kind.startswith("pod") else "nodes"]
    special = {name: needs for names, needs in {**OTHERS, **costs, **OWN[kind]}.items() for name in names.split()}
    found = {row["column"]: row["needs"] for row in listed(run, kind)}
    assert found == {
        name: special[name] if name in special else ",".join(sorted(read_for(kind, name), key=ORDER.index))
        for name in found
    }


USED: Final = "{r}.usage {r}.usagePercentOfAllocatable"
ON_NODES: Final = f"{USED} {{r}}.requests {{r}}.requestsPercentOfAllocatable {{r}}.limits {{r}}.free"
IN_PODS: Final = "{r}.usage {r}.requests {r}.usagePercentOfRequests {r}.limits {r}.usagePercentOfLimits"
IN_ALL: Final = f"{USED} {{r}}.requests {{r}}.requestsPercentOfAllocatable {{r}}.limits {{r}}.allocatable {{r}}.free"
IN_CLUSTERS: Final = f"{IN_ALL} {{r}}.schedulableFree"
ROOM: Final = "{r}.allocatable {r}.requests {r}.free"
VOLUME: Final = "pod node volume.used volume.capacity volume.usagePercentOfCapacity"
BOTH: Final = ("cpu", "memory")
CHANGED: Final = "change " + " ".join(
    f"{r}.{field}" for r in BOTH for field in ("before", "after", "change", "changePercent")
)
AMOUNTS: Final = " ".join(
    f"{r}.{of}.{field}" for r in BOTH for of in ("requests", "limits") for field in ("before", "after")
)


def each(template: str, resources: tuple[str, ...] = BOTH) -> str:
    return " ".join(template.format(r=resource) for resource in resources)


@pytest.mark.parametrize(
    ("kind", "default", "wide"),
    [
        (Kind.NODE, each(USED), f"{each(ON_NODES)} pods status pool zone age"),
        (Kind.POD, each("{r}.usage"), f"{each(IN_PODS)} node owner status restarts age"),
        (Kind.NODE_GROUP, f"nodes {each(USED)}", f"nodes {each(ON_NODES)} pods"),
        (Kind.POD_GROUP, f"pods {each('{r}.usage')}", f"pods {each(IN_PODS + ' {r}.unused')}"),
        (
            Kind.CLUSTER,
            f"nodes pods {each(USED)}",
            f"nodes {each(IN_CLUSTERS, ('cpu', 'memory', 'ephemeralStorage'))} {each(IN_CLUSTERS, ('pods',))}".replace(
                "pods.limits ", ""
            ),
        ),
        (
            Kind.VOLUME,
            f"{VOLUME} inodes.usagePercentOfCapacity",
            f"{VOLUME} inodes.used inodes.capacity inodes.usagePercentOfCapacity",
        ),
        (
            Kind.FIT,
            "cpu.free memory.free pods.free fits placed limitedBy",
            f"{each(ROOM, ('cpu', 'memory', 'pods'))} fits placed limitedBy status pool zone",
        ),
        (
            Kind.FIT_GROUP,
            "nodes cpu.free memory.free pods.free fits placed limitedBy",
            f"nodes {each(ROOM, ('cpu', 'memory', 'pods'))} fits placed limitedBy",
        ),
        (Kind.MOVE, "from to reason", f"from to pool zone {each('{r}.requests')} owner reason"),
        (Kind.NODE_CHANGE, CHANGED, f"{CHANGED} {AMOUNTS} status.before status.after pool zone"),
        (
            Kind.POD_CHANGE,
            CHANGED,
            (
                f"{CHANGED} {AMOUNTS} node.before node.after status.before status.after "
                "restarts.before restarts.after owner"
            ),
        ),
        (Kind.NODE_GROUP_CHANGE, CHANGED, f"{CHANGED} {AMOUNTS} nodes.count.before nodes.count.after"),
        (Kind.POD_GROUP_CHANGE, CHANGED, f"{CHANGED} {AMOUNTS} pods.count.before pods.count.after"),
        (Kind.CLUSTER_CHANGE, CHANGED, f"{CHANGED} {AMOUNTS} nodes.count.before nodes.count.after"),
        (Kind.MOVE_GROUP, f"pods {each('{r}.requests')} reason", f"pods {each('{r}.requests')} reason"),
    ],
)
def test_the_sets_default_and_wide(kind: Kind, default: str, wide: str) -> None:
    assert default_names(kind) == tuple(default.split())
    assert wide_names(kind) == tuple(wide.split())
    # --show-capacity changes of what usage is a percentage, and nothing else.
    for names in (default_names, wide_names):
        of_capacity = [name.replace("usagePercentOfAllocatable", "usagePercentOfCapacity") for name in names(kind)]
        assert list(names(kind, "Capacity")) == of_capacity


def test_statistics_are_columns_of_any_percentile() -> None:
    naming = Naming(Kind.POD)
    assert [(naming.find(name).name, naming.find(name).summary) for name in default_statistics()] == [
        ("cpu.avg", "average of cpu.usage over the range of --since"),
        ("cpu.p95", "95th percentile of cpu.usage over the range of --since"),
        ("cpu.max", "most of cpu.usage over the range of --since"),
        ("memory.avg", "average of memory.usage over the range of --since"),
        ("memory.p95", "95th percentile of memory.usage over the range of --since"),
        ("memory.max", "most of memory.usage over the range of --since"),
    ]
    share = naming.find("memory.minPercentOfLimits")
    assert (share.unit.value, share.summary) == ("percent", "memory.min as a percentage of memory.limits")


def test_headings_are_kubectls_or_made_of_the_names() -> None:
    node, pod = Naming(Kind.NODE), Naming(Kind.POD)
    names = "cpu memory cpu% memory.usagePercentOfCapacity cpu.usagePercentOfCapacity cpu.requestsPercentOfAllocatable"
    names += ' swap.usage swap.usagePercentOfCapacity instanceType cpu.free ephemeralStorage.free labels["disk/type"]'
    names += ' resources["nvidia.com/gpu"].requests resources["nvidia.com/gpu"].requestsPercentOfAllocatable'
    assert headings([node.find(name) for name in names.split()]) == [
        "CPU(cores)",
        "MEMORY(bytes)",
        "CPU(%)",
        "MEMORY(%)",
        "CPU(%CAPACITY)",
        "CPU-REQUESTS(%ALLOCATABLE)",
        "SWAP(bytes)",
        "SWAP(%)",
        "INSTANCE-TYPE",
        "CPU-FREE",
        "EPHEMERAL-STORAGE-FREE",
        "DISK/TYPE",
        "NVIDIA.COM/GPU-REQUESTS",
        "NVIDIA.COM/GPU-REQUESTS(%ALLOCATABLE)",
    ]
    names = "cpu.usagePercentOfRequests memory.usagePercentOfLimits qosClass oomKills throttled cpu.p95"
    names += " memory.maxPercentOfLimits owner"
    assert headings([pod.find(name) for name in names.split()]) == [
        "CPU(%REQUESTS)",
        "MEMORY(%LIMITS)",
        "QOS",
        "OOM-KILLS",
        "THROTTLED(%)",
        "CPU-P95",
        "MEMORY-MAX(%LIMITS)",
        "OWNER",
    ]
