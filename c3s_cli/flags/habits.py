"""Flags of other tools, and the flags of c3s that each stands for. `flags/meaning.py` puts one for the other."""

from __future__ import annotations

from typing import Final

# Flags with another name here. What no command has under that name stays an error.
RENAMED: Final = {
    "--all": "--all-namespaces",
    "--all-clusters": "--all-contexts",
    "--clusters": "--context",
    "--contexts": "--context",
    "--ns": "--namespace",
    "--namespaces": "--namespace",
    **dict.fromkeys(
        ("--label", "--labels", "--label-selector", "--node-labels", "--node-selector", "--pod-labels"), "--selector"
    ),
    **dict.fromkeys(("--group-by", "--groupby", "--group", "--aggregate"), "--by"),
    **dict.fromkeys(("--filter", "--if"), "--where"),
    **dict.fromkeys(("--head", "--top"), "--limit"),
    **dict.fromkeys(("--sort", "--order-by", "--sortby"), "--sort-by"),
    **dict.fromkeys(("--total", "--totals"), "--sum"),
    **dict.fromkeys(("--column", "--cols", "--fields", "--show"), "--columns"),
    **dict.fromkeys(("--no-header", "--noheader", "--noheaders"), "--no-headers"),
    "--format": "--output",
    **dict.fromkeys(("--last", "--period", "--lookback", "--past", "--range", "--window", "--duration"), "--since"),
    **dict.fromkeys(("--when", "--time", "--timestamp"), "--at"),
    **dict.fromkeys(("--fail-on", "--fail-when"), "--fail-if"),
    **dict.fromkeys(("--every", "--refresh"), "--interval"),
    **dict.fromkeys(("--exclude", "--drain", "--without-node"), "--without"),
    "--for": "--until",
    "--until-any": "--until",
    **dict.fromkeys(("--prometheus", "--prometheus-url", "--source"), "--from"),
    "--owner": "--workload",
    "--to": "--end",
}
# Flags whose meaning depends on the command.
RENAMED_IN: Final[dict[tuple[str, ...], dict[str, str]]] = {
    ("fit",): {
        **dict.fromkeys(("--mem", "--ram"), "--memory"),
        "--cpus": "--cpu",
        **dict.fromkeys(("-r", "--count", "--pods", "--replica"), "--replicas"),
    },
    ("record",): {**dict.fromkeys(("--for", "--time"), "--duration"), "--every": "--interval"},
    ("rightsize",): {"--history": "--since"},
}
# Flags whose value may be left out.
OPTIONAL: Final = {"--prometheus": "prometheus"}
# Flags without a value: the flags that they stand for. `+` adds to the columns that are shown.
SWITCHES: Final = {
    **{f"--{name}": (("--output", name),) for name in ("json", "yaml", "csv", "tsv", "wide")},
    **dict.fromkeys(("--markdown", "--md"), (("--output", "markdown"),)),
    **{f"--{name}": (("--columns", f"cpu.{name},memory.{name}"),) for name in ("p50", "p90", "p95", "p99", "avg")},
    **dict.fromkeys(("--no-color", "--no-colour", "--nocolor"), (("--color", "never"),)),
    "--requests": (("--columns", "+cpu.requests,memory.requests"),),
    "--limits": (("--columns", "+cpu.limits,memory.limits"),),
}
OF_NODES: Final = {
    **dict.fromkeys(("--util", "--utilization"), (("--output", "wide"),)),
    "--available": (("--columns", "cpu.free,memory.free"),),
    "--pod-count": (("--columns", "+pods"),),
    "--gpus": (("--columns", "+gpu"),),
}
OF_PODS: Final = {
    **dict.fromkeys(("--oom", "--oomkilled", "--oom-killed"), (("--where", "oomKilled = true"),)),
    **dict.fromkeys(("--no-limits", "--without-limits"), (("--where", "memory.limits = none"),)),
    **dict.fromkeys(("--no-requests", "--without-requests"), (("--where", "memory.requests = 0"),)),
    "--pending": (("--where", "status = Pending"),),
    **dict.fromkeys(
        ("--unhealthy", "--unready", "--not-ready", "--failing", "--crashing"),
        (("--where", "ready.count < ready.expected"), ("--columns", "ready,waiting,restarts")),
    ),
    **dict.fromkeys(("--util", "--utilization"), (("--columns", "+cpu%requests,memory%requests"),)),
}
# Flags with a value, for which {} stands.
VALUED: Final = {
    **dict.fromkeys(("-L", "--label-columns", "--label-column"), (("--columns", "+label:{}"),)),
    **dict.fromkeys(("--grep", "--regex", "--name", "--match"), (("--where", "name ~ {}"),)),
    **{f"--min-{name}": (("--where", f"{name} >= {{}}"),) for name in ("cpu", "memory", "mem")},
    **{f"--max-{name}": (("--where", f"{name} <= {{}}"),) for name in ("cpu", "memory", "mem")},
    **dict.fromkeys(("--offset", "--ago"), (("--at", "-{}"),)),
    **dict.fromkeys(("--percentile", "--quantile"), (("--columns", "cpu.p{},memory.p{}"),)),
    **dict.fromkeys(("--agg", "--aggregation", "--stat"), (("--columns", "cpu.{},memory.{}"),)),
}
VALUED_OF_NODES: Final = {
    **dict.fromkeys(("--node", "--node-name", "--nodename"), (("--where", "name in ({})"),)),
}
IGNORED: Final = ("--ignore-namespace", "--ignore-namespaces", "--skip-namespace", "--not-namespace")
VALUED_OF_PODS: Final = {
    **dict.fromkeys(("--node", "--node-name", "--nodename", "--on-node"), (("--where", "node in ({})"),)),
    **dict.fromkeys(
        ("--exclude-namespace", "--exclude-namespaces", "--exclude-ns", *IGNORED),
        (("--where", "namespace not in ({})"),),
    ),
    **dict.fromkeys(("--qos", "--qos-class"), (("--where", "qosClass in ({})"),)),
    **dict.fromkeys(("--status", "--phase"), (("--where", "status in ({})"),)),
    **dict.fromkeys(("--deployment", "--deploy"), (("--workload", "Deployment/{}"),)),
    **dict.fromkeys(("--statefulset", "--sts"), (("--workload", "StatefulSet/{}"),)),
    **dict.fromkeys(("--daemonset", "--ds"), (("--workload", "DaemonSet/{}"),)),
}
# What repeats a reading, and is no flag of `top`.
WATCHING: Final = ("-w", "--watch", "-i", "--interval", "--refresh", "--every", "--until", "--until-all")
# What kubectl drain asks for, and what changes nothing here, where nothing is drained.
IGNORED_IN: Final[dict[tuple[str, ...], tuple[str, ...]]] = {
    ("fit",): ("--dry-run", "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--ignore-errors"),
    ("rightsize",): ("--dry-run",),
}
WITHOUT_VALUE: Final = frozenset(
    {
        *(
            "-w",
            "--watch",
            "--asc",
            "--ascending",
            "--desc",
            "--descending",
            "--reverse",
            "--all",
            "--all-clusters",
            "--total",
            "--totals",
            "--no-header",
            "--noheader",
        ),
        *("--noheaders", *SWITCHES, *OF_NODES, *OF_PODS, *(flag for flags in IGNORED_IN.values() for flag in flags)),
    }
)
WITH_VALUE: Final = (
    frozenset({*RENAMED, *VALUED, *VALUED_OF_PODS, *(flag for flags in RENAMED_IN.values() for flag in flags)})
    - WITHOUT_VALUE
)


def is_valued(name: str) -> bool | None:
    """Return whether a flag of another tool takes a value; None if it is not known."""
    return True if name in WITH_VALUE else False if name in WITHOUT_VALUE else None


def is_renamed(path: tuple[str, ...], name: str) -> bool:
    """Return whether a flag of another tool only has another name here."""
    return name in RENAMED or name in RENAMED_IN.get(path, {})


def stands_for(path: tuple[str, ...], name: str, value: str | None) -> tuple[tuple[str, str | None], ...] | None:
    """Return the flags of c3s, with their values, that a flag of another tool stands for; None if it is not known."""
    of_pods, of_nodes = path[-1] == "pods", path[-1] == "nodes"
    if name in IGNORED_IN.get(path, ()):
        return ()
    renamed = RENAMED_IN.get(path, {}).get(name) or RENAMED.get(name)
    if renamed and (value is not None or name in WITHOUT_VALUE):
        return ((renamed, value),)
    if name in OPTIONAL and value is None:
        return ((RENAMED[name], OPTIONAL[name]),)
    if value is None:
        return SWITCHES.get(name) or (OF_PODS.get(name) if of_pods else OF_NODES.get(name) if of_nodes else None)
    meant = VALUED.get(name) or (
        VALUED_OF_PODS.get(name) if of_pods else VALUED_OF_NODES.get(name) if of_nodes else None
    )
    if meant and name in ("--percentile", "--quantile"):
        value = value.removeprefix("0.") if value.startswith("0.") else value.removeprefix("p")
    return meant and tuple((flag, text.replace("{}", _listed(flag, text, value))) for flag, text in meant)


def _listed(flag: str, text: str, value: str) -> str:
    """Quote a value for a condition: one for a pattern, several for a list."""
    if flag != "--where":
        return value
    values = value.split(",") if "({})" in text else [value]
    return ", ".join('"' + each.strip().replace("\\", "\\\\").replace('"', '\\"') + '"' for each in values)
