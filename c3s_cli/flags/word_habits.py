"""The words of other tools, and what c3s reads instead or answers: rows as in `flags/habits.py`."""

from __future__ import annotations

from typing import Final

from c3s_cli.flags.flag_hints import NO_QUOTAS
from c3s_cli.flags.habits import Hint, Read

OOM: Final = "top pods -A --where 'oomKilled = true' --columns default,restarts,lastTermination.reason"
# The kills in a range; without one there is only how containers last ended.
KILLED: Final = (
    "top pods -A --where 'oomKills > 0' --columns default,oomKills,restarts,lastTermination.reason "
    "--sort-by oomKills:desc"
)
RESTARTED: Final = "--where 'restarts > 0' --columns default,restarts,lastTermination.reason --sort-by restarts:desc"
PENDING: Final = "top pods -A --where 'phase = Pending' --columns status,age,pending"
UNHEALTHY: Final = "top pods -A --where 'ready.count < ready.expected' --columns ready,waiting,restarts"
UNUSED: Final = "--columns cpu.requests,cpu.unused,memory.requests,memory.unused --sort-by cpu.unused:desc"
CLAIMS: Final = "pvc, pvcs, df, du, df-pv, volume, disk, disks, storage, persistentvolumeclaim, persistentvolumeclaims"
CAPACITY: Final = "kube-capacity, resource-capacity, resource_capacity, view-allocations"
WORDS: Final = (
    # What `top` and `watch` have no command for: also after `watch`, `get`, `list`, `show`, `describe`, or alone.
    Read("owner, owners", "top pods --by owner"),
    Read("all", "top pods -A"),
    Read("team, teams", "top pods -A --by label:team"),
    Read("oom, ooms, oomkills, oomkilled", KILLED, having="--since, --start"),
    Read("oom, ooms, oomkills, oomkilled", OOM),
    Read("restarts, restarted, restarting", f"top pods -A {RESTARTED}"),
    Read("pending, unschedulable", PENDING),
    Read(
        "unhealthy, unready, not-ready, crashing, crashloop, faults, failing",
        UNHEALTHY,
    ),
    Read(
        "throttled, throttling, throttle",
        "top pods -A --from prometheus --columns default,throttled --sort-by throttled:desc",
    ),
    Read(
        "unused, waste, idle, slack, efficiency, underutilized, underused, overprovisioned",
        f"top workloads -A {UNUSED}",
    ),
    Read("hotspots, hot, noisy, busiest, hungry", "top pods -A --sort-by cpu --limit 10"),
    Read(
        "overcommit, overcommitted, commitment",
        "top nodes --columns cpu.requests%,cpu.limits%,memory.requests%,memory.limits%",
    ),
    Read("gpu, gpus", "top nodes --columns default,gpu.requests,gpu.allocatable"),
    Read("free, headroom, available", "top nodes --columns cpu.free,memory.free"),
    Read(CAPACITY, "top pods -A -o wide", having="--pods, --containers, --by"),
    Read(CAPACITY, "top pods --by node -o wide", having="--namespace, -n"),
    Read(f"capacity, requests, allocated, allocatable, allocations, resources, {CAPACITY}", "top nodes -o wide"),
    Read("limits", "top pods -A --columns default,cpu.requests,cpu.limits,memory.requests,memory.limits"),
    Read("container, containers", "top pods --containers"),
    Read("pool, pools, nodepool, nodepools", "top nodes --by pool"),
    Read("zone, zones", "top nodes --by zone"),
    # Only the kubelets know volumes without a Prometheus.
    Read(CLAIMS, "top volumes", having="--from, --at"),
    Read(CLAIMS, "top volumes --from kubelet"),
    Read("clusters, summary, overview, total", "top cluster"),
    # Commands.
    Read("check oom, check ooms, alert oom", KILLED.replace("--where", "--fail-if"), having="--since, --start"),
    Read("check oom, check ooms, alert oom", OOM.replace("--where", "--fail-if")),
    Read("check pending, alert pending", PENDING.replace("--where", "--fail-if")),
    Read("check restarts, alert restarts", f"top pods -A {RESTARTED}".replace("--where", "--fail-if")),
    Read("check unhealthy, check ready, check crashloop", UNHEALTHY.replace("--where", "--fail-if")),
    Read("describe nodes, explain nodes", "top nodes {NAME} --explain"),
    Read("describe pods, explain pods", "top pods {NAME} --explain"),
    Read("watch top", "watch"),
    Read("top", "watch", having="-w, --watch, --interval, -i, --until, --until-all"),
    Read("wait", "watch", having="--until-all, --help, -h"),
    Read("drain, remove-node, delete-node, simulate drain", "fit --without {,}", remark="nothing is drained"),
    Read("drain, cordon", "fit", having="--without, --without-where", remark="nothing is drained"),
    Read("auth can-i", "doctor {-}"),
    Read(
        "krr simple, krr simple_limit, krr, simple, simple_limit, goldilocks summary, goldilocks, vpa, "
        "size, resize, right-size, rightsizing, recommendations, savings, optimize",
        "rightsize",
    ),
    Read("config", "contexts {-}"),
    Read("ctx, context", "contexts"),
    Read("explain", "columns"),
    Read("ls, list", "top pods"),
    Read("usage, stats, metrics", "top"),
    Read("usage, stats, metrics, ps, docker stats", "top pods"),
    Read("history, trend, trends", "top --series", having="--since, --start"),
    Read("history, trend, trends", "top --series --since 1h"),
    Read("history, trend, trends", "top pods --series --since 1h"),
    Read("cluster-info", "top cluster"),
    Read("can-fit, can-i-fit, how-many, schedule, place, simulate, predict, what-if, whatif", "fit"),
    Read("permissions, rbac, health, ping, diagnose, popeye", "doctor"),
    Read("compare, delta", "diff"),
    Read("pulse, pulses", "watch cluster"),
    Read("live, dashboard, monitor, k9s, ktop, htop, btop", "watch"),
    Read("replay, play, open", "watch --from {,}"),
    Read("snapshot", "record {NAME} --count 1"),
    Read("cost, costs", "top {NAME}", having="--prices"),
    Read("cost, costs", "top pods -A --by namespace", having="--prices"),
    Read("check, alert, gate", "top", having="--fail-if"),
    Read("check, alert, gate", "top pods", having="--fail-if"),
)
_PRICES: Final = "did you mean {}? {prices}"
WORD_HINTS: Final = (
    Hint("use-context, use", "--context NAME reads that cluster; c3s contexts lists them"),
    Hint("status", "c3s top cluster shows the load, and c3s doctor what is broken"),
    Hint("options", "did you mean c3s help top nodes?"),
    Hint("describe", "did you mean c3s top nodes NAME --explain?"),
    Hint("replay", "did you mean c3s watch --from FILE?"),
    Hint("snapshot", "did you mean c3s record FILE --count 1?"),
    Hint("drain", "did you mean c3s fit --without NODE, or --without-where 'pool = spot'?"),
    Hint("cordon, evict", c3s="fit --without {,}"),
    Hint("cost, costs", _PRICES, c3s="top {NAME} --prices prices.yaml"),
    Hint("cost, costs", _PRICES, c3s="top pods -A --by namespace --prices prices.yaml"),
    Hint("check, gate, alert, alerts", c3s="top {NAME} --fail-if 'memory% > 90'"),
    Hint("check, gate, alert, alerts", c3s="top pods -A --fail-if 'memory% > 90' {-}"),
    # Resources whose load is that of their pods.
    Hint(
        "svc, service, services, endpoints, ing, ingress, ingresses, hpa, horizontalpodautoscalers, pdb",
        "its load is that of its pods: c3s {group} pods -l SELECTOR, or c3s {group} workloads",
    ),
    Hint("stern, tail", "c3s reads no logs: kubectl logs shows those of a pod"),
    Hint("query, promql", "c3s sends queries of its own: -v 8 shows them"),
    Hint("quota, quotas, resourcequota, resourcequotas", NO_QUOTAS),
    # Topics of help that are no commands.
    Hint("where, conditions, filter", "c3s top pods --help has the language of --where"),
    Hint("formats, output", "c3s top pods --help has the formats of -o"),
    Hint("keys", "c3s watch pods --help has the keys of the live view"),
    Hint("from, sources, prometheus, kubelet", "c3s top pods --help has the sources of --from"),
    Hint("flags", "c3s top pods --help has the flags"),
    Hint("events", "c3s reads no events: kubectl events does; c3s oom, c3s restarts and c3s pending say why pods fail"),
    Hint("scale", "c3s changes nothing: kubectl scale does; c3s fit deploy/NAME --replicas N says whether N pods fit"),
    Hint("report, export, dump", "c3s top pods -A -o csv prints rows for a spreadsheet, -o json for a program"),
    # Commands of kubectl about other things than load: after what c3s knows of `get`.
    Hint(
        "annotate, api-resources, apply, attach, auth, cp, create, debug, delete, edit, exec, expose, get, "
        "label, list, logs, patch, "
        "port-forward, proxy, rollout, run, set, taint, uncordon, wait",
        "c3s reads load and changes nothing: kubectl {verb} does that",
    ),
)
