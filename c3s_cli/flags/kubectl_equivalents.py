"""Commands and flags that people know from kubectl and other tools, with the equivalent in c3s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from c3s_cli.columns.kinds import ALIASES, ALL_WORKLOADS, NAMESPACES, WORKLOADS

# Resources that `top` and `watch` have no command for, by each of their names.
_THINGS: Final = {
    **{kind: (kind,) for kind in (*WORKLOADS, *ALL_WORKLOADS, *NAMESPACES)},
    "pods --by owner": ("owner", "owners"),
    "pods -A": ("all",),
    "pods -A --by namespace": ("team", "teams"),
    "pods -A --where 'oomKilled = true'": ("oom", "ooms", "oomkill", "oomkilled"),
    "pods -A --from prometheus --columns default,throttled": ("throttled", "throttling"),
    "nodes --columns default,gpu": ("gpu", "gpus"),
    "pods --containers": ("container", "containers"),
    "nodes --by pool": ("pool", "pools", "nodepool", "nodepools"),
    "nodes --by zone": ("zone", "zones"),
    "volumes": ("pv", "pvc", "pvcs", "persistentvolume", "persistentvolumeclaim", "persistentvolumeclaims"),
}
THINGS: Final = {name: words for words, names in _THINGS.items() for name in names}
# Commands of kubectl.
COMMANDS: Final = {
    "config": "contexts",
    "ctx": "contexts",
    "current-context": "contexts",
    "use-context": "contexts",
    "explain": "columns",
    "options": "help top nodes",
    "usage": "top",
    "compare": "diff",
    "delta": "diff",
    "describe": "top nodes NAME --explain",
    "simulate": "fit",
    "snapshot": "record FILE --count 1",
    **dict.fromkeys(("cost", "costs"), "top pods -A --by namespace --prices prices.yaml"),
    **dict.fromkeys(("check", "gate", "alert", "alerts"), "top pods -A --fail-if 'memory% > 90'"),
}
# Resources whose load is that of their pods.
OF_PODS: Final = (
    *("svc", "service", "services", "ep", "endpoints", "ing", "ingress", "ingresses", "hpa", "horizontalpodautoscaler"),
    *("horizontalpodautoscalers", "pdb", "poddisruptionbudgets"),
)
QUOTAS: Final = ("quota", "quotas", "resourcequota", "resourcequotas")
# Commands of kubectl about other things than load.
OF_KUBECTL: Final = (
    *("annotate", "apply", "attach", "auth", "cp", "create", "debug", "delete", "edit", "events", "exec", "expose"),
    *("label", "logs", "patch", "port-forward", "proxy", "rollout", "run", "scale", "set", "taint", "uncordon", "wait"),
)
# Topics of help that are no commands.
TOPICS: Final = {
    **dict.fromkeys(("where", "conditions", "condition", "filter"), "top pods --help has the language of --where"),
    **dict.fromkeys(("formats", "format", "output"), "top pods --help has the formats of -o"),
    **dict.fromkeys(("keys", "watching", "live"), "watch pods --help has the keys of the live view"),
    **dict.fromkeys(("from", "sources", "prometheus", "kubelet"), "top pods --help has the sources of --from"),
    **dict.fromkeys(("flags", "options"), "top pods --help has the flags"),
}
SHOWING: Final = ("get", "describe", "list", "show")
DRAINING: Final = ("drain", "cordon")
# Flags, and the c3s flag that does the same.
FLAGS: Final = {
    "--all": "--all-namespaces",
    "--group-by": "--by",
    "--groupby": "--by",
    "--drain": "--without",
    "--exclude": "--without",
    "--filter": "--where",
    "--for": "--until",
    "--head": "--limit",
    "--max": "--limit",
    "--top": "--limit",
    "--last": "--since",
    "--period": "--since",
    "--order-by": "--sort-by",
    "--pods": "--replicas",
    "--format": "--output",
    "--total": "--sum",
    "--totals": "--sum",
    "--threshold": "--fail-if",
}
# Flags, and what to write instead.
INSTEAD: Final = {
    "--prometheus": "--from URL reads a Prometheus, --from prometheus the one in the cluster",
    "--prometheus-url": "--from URL reads a Prometheus, --from prometheus the one in the cluster",
    "--explain": "c3s top pods NAME --explain shows it once",
    "-L": "--columns default,label:KEY shows a label",
    "--label-columns": "--columns default,label:KEY shows a label",
    "-c": "--containers shows a row for each container",
    "--container": "--containers shows a row for each container",
    "--older-than": "--where 'age > 1h' keeps what is older",
    "--show-labels": "--columns default,label:KEY shows a label",
    "--reverse": "--sort-by COLUMN:asc or COLUMN:desc sets the direction",
    "--template": "-o jsonpath=TEMPLATE takes a template",
    "--exit-code": "--fail-if CONDITION makes the exit code 3",
    "--quiet": "for the exit code alone, redirect the table: >/dev/null",
    "-q": "for the exit code alone, redirect the table: >/dev/null",
    **dict.fromkeys(("--wide", "--util", "--utilization"), "did you mean -o wide?"),
    "--json": "did you mean -o json?",
    "--yaml": "did you mean -o yaml?",
    "--csv": "did you mean -o csv?",
}
# Flags that only make sense for pods, and the condition to write instead.
OF_POD_ROWS: Final = {
    **dict.fromkeys(("--oom", "--oomkilled", "--oom-killed"), "--where 'oomKilled = true' keeps what was OOM-killed"),
    "--no-limits": "--where 'memory.limits = none' keeps what has no limit",
    "--no-requests": "--where 'memory.requests = 0' keeps what requests none",
    "--exclude-namespace": "--where 'namespace != NAMESPACE' leaves one out",
    "--node": "--where 'node = NODE' keeps the pods of a node",
    "--pending": "--where 'status = Pending' keeps what is pending",
}
IN_FIT: Final = {
    "--node": "--where 'name = NODE' shows one node",
    "--nodes": "--where 'name = NODE' shows one node",
    "--mem": "did you mean --memory?",
    "--ram": "did you mean --memory?",
    "--cpus": "did you mean --cpu?",
    "--gpu": "--resource nvidia.com/gpu=1 requests a GPU",
    "--gpus": "--resource nvidia.com/gpu=1 requests a GPU",
    "--requests": "--cpu, --memory and --resource are the requests of each pod",
    "--fail-if": "the exit code is 3 if not all pods fit",
    "--count": "did you mean --replicas?",
    "-r": "did you mean --replicas?",
    "--storage": "--resource ephemeral-storage=1Gi requests storage of the node; volumes are not considered",
    "-k": "kubectl kustomize DIR | c3s fit -f - places what kustomize builds",
}


def thing_meant(group: str, words: Sequence[str], commands: Sequence[str], alone: Sequence[str]) -> str | None:
    """Return the command to use for a resource given to `top` or `watch`; None if there is none.

    commands: those of the group. alone: those without a group.
    """
    kind, _slash, name = words[0].partition("/")
    # kubectl get takes several kinds at once.
    kind = kind.casefold().partition(",")[0]
    if kind == "help":
        return f"help {group}"
    if kind in alone and kind not in commands:
        return kind
    known = ALIASES.get(kind, kind)
    if known in commands and (name or "," in words[0]):
        return " ".join(filter(None, (group, known, name)))
    found = THINGS.get(kind)
    if kind == "top" and len(words) > 1:
        return " ".join((group, *words[1:]))
    return f"{group} {found}" if found and (found == kind or found.split()[0] in commands) else None


def command_meant(words: Sequence[str]) -> str | None:
    """Return the c3s command for a kubectl command; None if there is none."""
    verb, rest = words[0].casefold(), words[1:]
    if verb in SHOWING and rest:
        shown = ALIASES.get(rest[0], rest[0])
        if shown in ("nodes", "pods"):
            return " ".join(("top", shown, *rest[1:]))
        return f"top {THINGS[shown]}" if shown in THINGS else None
    if verb in DRAINING and rest:
        return " ".join(("fit", *(f"--without {name}" for name in rest)))
    if verb in THINGS and verb not in COMMANDS:
        return " ".join(("top", THINGS[verb], *(rest if THINGS[verb] == verb else ())))
    return COMMANDS.get(verb)
