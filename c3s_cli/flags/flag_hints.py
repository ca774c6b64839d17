"""The flags of other tools that stay errors, and the hint below these: rows as in `flags/habits.py`."""

from __future__ import annotations

from typing import Final

from c3s_cli.flags.habits import Hint

_DIFF: Final = "c3s diff --before 2h reads a Prometheus, c3s diff BEFORE AFTER recordings or what -o json printed"
_ONE_NODE: Final = "--where 'name = NODE' shows one node"
NO_QUOTAS: Final = "c3s shows no quotas: kubectl describe quota does; c3s fit -f FILE counts them"
_MEASURED: Final = "nodes, pods, cluster"
_TABLES: Final = f"{_MEASURED}, volumes, fit, diff, rightsize"
FLAG_HINTS: Final = (
    Hint("--node={}, --nodes={}", _ONE_NODE, of="fit"),
    Hint("--max, --how-many", "the column FITS says how many fit on each node, --sum how many on all", of="fit"),
    Hint(
        "--cpu-buffer={}, --cpu-headroom={}, --cpu-target={}, --target={}, --target-utilization={}",
        "--cpu-percentile N is the rule for the CPU; --memory-buffer PERCENT adds to the memory",
        of="rightsize",
    ),
    Hint("--fail-if={}", "the exit code is 3 if not all pods fit", of="fit"),
    Hint(
        "--storage={}",
        "--resource ephemeral-storage=1Gi requests storage of the node; volumes are not considered",
        of="fit",
    ),
    Hint("-k={}", "kubectl kustomize DIR | c3s fit -f - places what kustomize builds", of="fit"),
    Hint(
        "--add-node={}, --add-nodes={}, --extra-nodes={}",
        "--missing says how many more nodes would make everything fit",
        of="fit",
    ),
    Hint("--apply", "c3s changes nothing: {} -o patch prints the commands that do", of="rightsize"),
    Hint(
        "--out={}, --output-file={}, --out-file={}, --output-dir={}, --save={}, --export={}, --fileoutput={}",
        "c3s prints to stdout: {} > FILE",
        of=_TABLES,
    ),
    Hint("--sep={}, --separator={}, --delimiter={}", "-o csv separates by commas, -o tsv by tabs", of=_TABLES),
    Hint("--percentiles={}", "--columns cpu.p50,cpu.p95,cpu.p99 shows several", of=_MEASURED),
    Hint(
        "--trend, --chart, --graph, --sparkline",
        "c3s watch pods --trend draws trends, and --series prints curves",
        of=_MEASURED,
    ),
    Hint("--diff", f"c3s diff does that: {_DIFF}", of=_MEASURED),
    Hint("--threshold={}", "did you mean --fail-if?", of=_TABLES),
    Hint("--explain", "c3s top pods NAME --explain shows it once", of=_TABLES),
    Hint("-c={}, --container={}", "--containers shows a row for each container", of="nodes, cluster, rightsize"),
    Hint("--over={}, --above={}", "--where 'used% > 80' keeps what is above", of="volumes"),
    Hint("--node={}, --nodes={}", "c3s doctor looks at all nodes, and names those with findings", of="doctor"),
    Hint("--cost, --costs", "--prices FILE adds what nodes cost: see docs/cost.md", of=_MEASURED),
    Hint(
        "--over={}, --above={}, --under={}, --below={}",
        "--where 'cpu > 500m' keeps what is above; --since 24h is a range",
        of=_TABLES,
    ),
    Hint(
        "--kind={}, --kinds={}",
        "c3s top statefulsets shows one kind, and so with every other",
        of=_TABLES,
    ),
    Hint("--assert={}", "--fail-if CONDITION is the opposite: the exit code is 3 if a row matches", of=_TABLES),
    Hint("--query={}", "c3s sends queries of its own: -v 8 shows them", of=_TABLES),
    Hint("--quota, --quotas", NO_QUOTAS, of=_TABLES),
    Hint("--show-labels, --labels", "--columns default,label:KEY shows a label", of=_TABLES),
    Hint("--template={}", "-o jsonpath=TEMPLATE takes a template", of=_TABLES),
    Hint("--exit-code", "--fail-if CONDITION makes the exit code 3", of=_TABLES),
    Hint("--fail-on={}, --fail-if={}", "c3s doctor ends with 1 if something is broken", of="doctor"),
    Hint("--strategy={}", "--cpu-percentile N and --memory-buffer PERCENT are the rule", of=_TABLES),
    Hint("--raw, --exact", "-o csv prints exact numbers; --unit bytes or --unit cores,MiB sets the units", of=_TABLES),
    Hint("--fix", "c3s changes nothing: each finding says what to do", of="doctor"),
    Hint("-q, --quiet", "for the exit code alone, redirect the table: {} >/dev/null", of=_MEASURED),
    Hint(
        "--network, --net, --net-io, --block-io",
        "c3s shows CPU, memory and volumes: no source reports the network",
        of=_MEASURED,
    ),
    Hint(
        "--failed, --succeeded, --completed, --evicted",
        "pods that have ended use nothing and have no rows: kubectl get pods --field-selector status.phase=Failed",
        of="pods",
    ),
    Hint("--rate={}", "usage of the CPU is a rate: --since 5m shows its average", of=_MEASURED),
    Hint("--exclude={}", "--exclude-namespace and --exclude-name leave out pods", of="pods"),
)
