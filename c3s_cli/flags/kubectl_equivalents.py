"""Commands and flags that people know from kubectl and other tools, with the equivalent in c3s."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import Final

from c3s_cli.columns.kinds import ALIASES, ALL_WORKLOADS, NAMESPACES, WORKLOADS
from c3s_cli.flags.habits import RENAMED

OOM: Final = "pods -A --where 'oomKilled = true' --columns default,restarts,lastTermination.reason"
# The kills in a range; without one there is only how containers last ended.
KILLED: Final = "pods -A --where 'oomKills > 0' --columns default,oomKills,restarts,lastTermination.reason"
# Only the kubelets know volumes without a Prometheus.
CLAIMS: Final = "volumes --from kubelet"
# What `top` and `watch` have no command for, by each of its names.
_THINGS: Final = {
    **{kind: (kind,) for kind in (*WORKLOADS, *ALL_WORKLOADS, *NAMESPACES)},
    "pods --by owner": ("owner", "owners"),
    "pods -A": ("all",),
    "pods -A --by label:team": ("team", "teams"),
    OOM: ("oom", "ooms", "oomkill", "oomkills", "oomkilled"),
    "pods -A --where 'restarts > 0' --columns default,restarts,lastTermination.reason --sort-by restarts:desc": (
        *("restarts", "restart", "restarting", "restarted"),
    ),
    "pods -A --where 'status = Pending' --columns age,pending": ("pending", "unschedulable"),
    "pods -A --where 'ready.count < ready.expected' --columns ready,waiting,restarts": (
        *("unhealthy", "unready", "notready", "not-ready", "crashing", "crashloop", "crashloops", "faults", "failing"),
    ),
    "pods -A --from prometheus --columns default,throttled --sort-by throttled:desc": (
        *("throttled", "throttling", "throttle"),
    ),
    "workloads -A --columns cpu.requests,cpu.unused,memory.requests,memory.unused --sort-by cpu.unused:desc": (
        *("unused", "waste", "idle", "slack", "overprovisioned"),
    ),
    "nodes --columns default,gpu": ("gpu", "gpus"),
    "nodes --columns cpu.free,memory.free": ("free", "headroom", "available"),
    "nodes -o wide": ("capacity", "requests", "allocated", "resources"),
    "pods --containers": ("container", "containers"),
    "nodes --by pool": ("pool", "pools", "nodepool", "nodepools"),
    "nodes --by zone": ("zone", "zones"),
    "pods -A --columns default,cpu.requests,cpu.limits,memory.requests,memory.limits": ("limits",),
    CLAIMS: (
        *("pv", "pvc", "pvcs", "volume", "vol", "disk", "disks", "storage", "persistentvolume"),
        *("persistentvolumeclaim", "persistentvolumeclaims"),
    ),
    "cluster": ("clusters", "summary", "overview", "total", "totals"),
}
THINGS: Final = {name: words for words, names in _THINGS.items() for name in names}
# Commands of other tools, and what they stand for here.
COMMANDS: Final = {
    "config": "contexts",
    "ctx": "contexts",
    "context": "contexts",
    "current-context": "contexts",
    "explain": "columns",
    **dict.fromkeys(("usage", "stats", "metrics", "history"), "top"),
    "cluster-info": "top cluster",
    **dict.fromkeys(("can-fit", "schedule", "place"), "fit"),
    **dict.fromkeys(("permissions", "rights", "rbac", "health", "diagnose"), "doctor"),
    "compare": "diff",
    "delta": "diff",
    "simulate": "fit",
    **dict.fromkeys(("krr", "size", "resize"), "rightsize"),
    "right-size": "rightsize",
    "rightsizing": "rightsize",
    "recommendations": "rightsize",
    **dict.fromkeys(("live", "dashboard", "monitor", "ui", "tui"), "watch"),
}
COSTS: Final = ("cost", "costs")
# The same, as far as a person has to complete them.
SUGGESTED: Final = {
    "use-context": "contexts",
    "options": "help top nodes",
    "describe": "top nodes NAME --explain",
    "replay": "watch --from FILE",
    "snapshot": "record FILE --count 1",
    **dict.fromkeys(COSTS, "top pods -A --by namespace --prices prices.yaml"),
    **dict.fromkeys(("check", "gate", "alert", "alerts"), "top pods -A --fail-if 'memory% > 90'"),
}
# Owners of pods that kubectl does not know by itself.
OTHER_OWNERS: Final = {
    **dict.fromkeys(("rollout", "rollouts"), "Rollout"),
    **dict.fromkeys(("cloneset", "clonesets"), "CloneSet"),
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
DRAINING: Final = ("drain", "cordon")
# Flags, and the c3s flag that is nearest to it.
FLAGS: Final = {"--max": "--limit", "--threshold": "--fail-if"}
# Flags, and what to write instead.
INSTEAD: Final = {
    "--explain": "c3s top pods NAME --explain shows it once",
    "-c": "--containers shows a row for each container",
    "--container": "--containers shows a row for each container",
    "--older-than": "--where 'age > 1h' keeps what is older",
    "--show-labels": "--columns default,label:KEY shows a label",
    "--template": "-o jsonpath=TEMPLATE takes a template",
    "--exit-code": "--fail-if CONDITION makes the exit code 3",
    "--quiet": "for the exit code alone, redirect the table: >/dev/null",
    "--strategy": "--cpu-percentile N and --memory-buffer PERCENT are the rule",
    "--before": "BEFORE and AFTER are recordings, FILE@TIME, or what -o json printed, for example with --at -2h",
    "--after": "BEFORE and AFTER are recordings, FILE@TIME, or what -o json printed, for example with --at -2h",
    "--raw": "-o csv prints exact numbers; --unit bytes or --unit cores,MiB sets the units",
    "--bytes": "-o csv prints exact numbers; --unit bytes or --unit cores,MiB sets the units",
    "-q": "for the exit code alone, redirect the table: >/dev/null",
}
_IN_FIT: Final = {
    "--node": "--where 'name = NODE' shows one node",
    "--nodes": "--where 'name = NODE' shows one node",
    "--gpu": "--resource nvidia.com/gpu=1 requests a GPU",
    "--gpus": "--resource nvidia.com/gpu=1 requests a GPU",
    "--requests": "--cpu, --memory and --resource are the requests of each pod",
    "--fail-if": "the exit code is 3 if not all pods fit",
    "--storage": "--resource ephemeral-storage=1Gi requests storage of the node; volumes are not considered",
    "-k": "kubectl kustomize DIR | c3s fit -f - places what kustomize builds",
}
_IN_RIGHTSIZE: Final = dict.fromkeys(
    ("--headroom", "--buffer", "--margin", "--overhead"),
    "--memory-buffer 20% is the headroom of memory; that of CPU is in --cpu-percentile N",
)
# Flags of other commands, and what to write instead in one that does not have them.
INSTEAD_IN: Final[dict[tuple[str, ...], dict[str, str]]] = {("fit",): _IN_FIT, ("rightsize",): _IN_RIGHTSIZE}


def thing_suggested(group: str, words: Sequence[str], commands: Sequence[str], alone: Sequence[str]) -> str | None:
    """Return the command to suggest for a resource given to `top` or `watch`; None if there is none.

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
    if kind in OTHER_OWNERS:
        name = name or " ".join(words[1:2])
        condition = f"owner = {OTHER_OWNERS[kind]}/{name}" if name else f"owner ~ ^{OTHER_OWNERS[kind]}/"
        return f"{group} pods {'' if name else '--by owner '}--where {shlex.quote(condition)}"
    found = THINGS.get(kind)
    return f"{group} {found}" if found and (found == kind or found.split()[0] in commands) else None


def command_suggested(words: Sequence[str]) -> str | None:
    """Return the c3s command to suggest for a command of another tool; None if there is none."""
    verb, rest = words[0].casefold(), words[1:]
    if verb in DRAINING and rest:
        return " ".join(("fit", *(f"--without {name}" for name in rest)))
    return SUGGESTED.get(verb)


def command_meant(words: Sequence[str], flags: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """Return the command line that words of other tools stand for, and the words that stay; None if there is none."""
    meant = _meant(words, flags)
    if meant is None:
        return None
    given = {RENAMED.get(name, name) for name in flags}
    text = meant[0]
    if text.endswith(OOM) and given & {"--since", "--start"}:
        text = text.removesuffix(OOM) + KILLED
    if text.endswith(CLAIMS) and (given & {"--from", "--at"} or os.environ.get("C3S_FROM")):
        text = text.removesuffix(CLAIMS) + "volumes"
    return text, meant[1]


def _meant(words: Sequence[str], flags: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    verb, rest = words[0].casefold(), words[1:]
    thing = ALIASES.get(rest[0].casefold(), rest[0].casefold()) if rest else ""
    if verb == "drain" and rest:
        return " ".join(("fit", *(f"--without={name}" for name in rest))), ()
    if verb == "describe" and len(rest) == 2 and thing in ("nodes", "pods"):
        return f"top {thing} --explain", rest[1:]
    if verb in ("get", "list", "show", "describe") and rest and not (verb == "describe" and thing in ("nodes", "pods")):
        known = thing in ("nodes", "pods") or thing in THINGS
        return (f"top {THINGS.get(thing, thing)}", rest[1:]) if known else None
    if verb == "auth" and rest[:1] == ("can-i",):
        return "doctor", ()
    if verb == "wait" and rest and "--for" in flags:
        return "watch", rest
    if verb in COSTS and "--prices" in flags:
        return "top pods -A --by namespace", rest
    if verb in ("top", "watch"):
        if verb == "watch" and thing == "top" and rest[1:]:
            return "watch", rest[1:]
        return (f"{verb} {THINGS[thing]}", rest[1:]) if thing in THINGS else None
    if verb in COMMANDS:
        # What `kubectl config` is asked for, and the strategies of krr.
        return _equivalent(verb, flags), () if verb == "config" or rest[:1] in (
            ("simple",),
            ("simple_limit",),
        ) else rest
    return (f"top {THINGS[verb]}", rest) if verb in THINGS else None


def _equivalent(verb: str, flags: Sequence[str]) -> str:
    """Return what stands for a command of other tools; with the step of a curve, a history is one."""
    return "top --series" if verb == "history" and "--step" in flags else COMMANDS[verb]
