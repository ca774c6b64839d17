"""Lines with words of other tools, one for each row of `flags/word_habits.py`."""

from __future__ import annotations

from typing import Final

OOM: Final = "--where 'oomKilled = true' --columns default,restarts,lastTermination.reason"
RESTARTED: Final = "--where 'restarts > 0' --columns default,restarts,lastTermination.reason --sort-by restarts:desc"
UNHEALTHY: Final = "--where 'ready.count < ready.expected' --columns ready,waiting,restarts"
UNUSED: Final = "--columns cpu.requests,cpu.unused,memory.requests,memory.unused --sort-by cpu.unused:desc"
LIMITS: Final = "--columns default,cpu.requests,cpu.limits,memory.requests,memory.limits"
THROTTLED: Final = "--from prometheus --columns default,throttled --sort-by throttled:desc"
KILLED: Final = (
    "--where 'oomKills > 0' --columns default,oomKills,restarts,lastTermination.reason --sort-by oomKills:desc"
)
# What is typed, the same in the words of c3s, and every remark on stderr.
TYPED_WORDS: Final[list[tuple[str, ...]]] = [
    # Words, also after top, watch and get, and with flags of their own.
    ("owners", "top pods --by owner", "owners is read as c3s top pods --by owner"),
    ("get all", "top pods -A", "get all is read as c3s top pods -A"),
    ("team -A", "top pods -A --by label:team", "team is read as c3s top pods --by label:team"),
    (
        "oom --from prometheus --since 10m",
        f"top pods -A {KILLED} --from prometheus --since 10m",
        f"oom is read as c3s top pods -A {KILLED}",
    ),
    (
        "top oom -n default --from prometheus --at -1h",
        f"top pods -n default {OOM} --from prometheus --at -1h",
        f"top oom is read as c3s top pods {OOM}",
    ),
    (
        "restarts",
        f"top pods -A {RESTARTED}",
        f"restarts is read as c3s top pods -A {RESTARTED}",
    ),
    (
        "top pending",
        "top pods -A --where 'phase = Pending' --columns status,age,pending",
        "top pending is read as c3s top pods -A --where 'phase = Pending' --columns status,age,pending",
    ),
    (
        "watch crashloop --count 1",
        f"watch pods -A {UNHEALTHY} --count 1",
        f"watch crashloop is read as c3s watch pods -A {UNHEALTHY}",
    ),
    (
        "throttling --limit 2",
        f"top pods -A {THROTTLED} --limit 2",
        f"throttling is read as c3s top pods -A {THROTTLED}",
    ),
    (
        "waste",
        f"top workloads -A {UNUSED}",
        f"waste is read as c3s top workloads -A {UNUSED}",
    ),
    (
        "hotspots",
        "top pods -A --sort-by cpu --limit 10",
        "hotspots is read as c3s top pods -A --sort-by cpu --limit 10",
    ),
    (
        "overcommit",
        "top nodes --columns cpu.requests%,cpu.limits%,memory.requests%,memory.limits%",
        "overcommit is read as c3s top nodes --columns cpu.requests%,cpu.limits%,memory.requests%,memory.limits%",
    ),
    (
        "gpu",
        "top nodes --columns default,gpu.requests,gpu.allocatable",
        "gpu is read as c3s top nodes --columns default,gpu.requests,gpu.allocatable",
    ),
    (
        "headroom",
        "top nodes --columns cpu.free,memory.free",
        "headroom is read as c3s top nodes --columns cpu.free,memory.free",
    ),
    ("capacity", "top nodes -o wide", "capacity is read as c3s top nodes -o wide"),
    (
        "top limits --limit 1",
        f"top pods -A {LIMITS} --limit 1",
        f"top limits is read as c3s top pods -A {LIMITS}",
    ),
    ("top containers redis-0", "top pods --containers redis-0", "top containers is read as c3s top pods --containers"),
    ("watch pool --count 1", "watch nodes --by pool --count 1", "watch pool is read as c3s watch nodes --by pool"),
    ("get zones", "top nodes --by zone", "get zones is read as c3s top nodes --by zone"),
    ("get pvc --from prometheus", "top volumes --from prometheus", "get pvc is read as c3s top volumes"),
    ("pvc -A -o name", "top volumes --from kubelet -A -o name", "pvc is read as c3s top volumes --from kubelet"),
    ("summary", "top cluster", "summary is read as c3s top cluster"),
    ("deploy web", "top deploy web", "deploy is read as c3s top deploy"),
    ("list ns", "top ns", "list ns is read as c3s top ns"),
    ("get no spot-1", "top nodes spot-1", "get no is read as c3s top nodes"),
    # Commands.
    (
        "describe nodes spot-1",
        "top nodes spot-1 --explain",
        "describe nodes spot-1 is read as c3s top nodes spot-1 --explain",
    ),
    (
        "describe pods redis-0",
        "top pods redis-0 --explain",
        "describe pods redis-0 is read as c3s top pods redis-0 --explain",
    ),
    ("watch top pods --count 1", "watch pods --count 1", "watch top is read as c3s watch"),
    ("top -w --count 1", "watch nodes --count 1", "top is read as c3s watch", "-w is read as c3s watch nodes"),
    (
        "wait node/general-1 --for cpu>=0",
        "watch nodes general-1 --until-all cpu>=0",
        "wait is read as c3s watch",
        "--for 'cpu>=0' is read as --until-all 'cpu>=0'",
    ),
    (
        "drain spot-1 spot-2 --ignore-daemonsets --dry-run=client",
        "fit --without spot-1 --without spot-2",
        "drain spot-1 spot-2 is read as c3s fit --without spot-1 --without spot-2; nothing is drained",
        "--ignore-daemonsets is read as nothing: c3s changes nothing",
        "--dry-run client is read as nothing: c3s changes nothing",
    ),
    (
        "check oom --from prometheus --since 10m",
        f"top pods -A {KILLED.replace('where', 'fail-if')} --from prometheus --since 10m",
        f"check oom is read as c3s top pods -A {KILLED.replace('where', 'fail-if')}",
    ),
    (
        "check oom -n default",
        f"top pods -n default {OOM.replace('where', 'fail-if')}",
        f"check oom is read as c3s top pods {OOM.replace('where', 'fail-if')}",
    ),
    (
        "check pending",
        "top pods -A --fail-if 'phase = Pending' --columns status,age,pending",
        "check pending is read as c3s top pods -A --fail-if 'phase = Pending' --columns status,age,pending",
    ),
    (
        "alert restarts",
        f"top pods -A {RESTARTED.replace('where', 'fail-if')}",
        f"alert restarts is read as c3s top pods -A {RESTARTED.replace('where', 'fail-if')}",
    ),
    (
        "check unhealthy",
        f"top pods -A {UNHEALTHY.replace('where', 'fail-if')}",
        f"check unhealthy is read as c3s top pods -A {UNHEALTHY.replace('where', 'fail-if')}",
    ),
    ("describe deploy/web", "top deploy web -o wide", "describe deploy is read as c3s top deploy -o wide"),
    (
        "history deploy/web --from prometheus --since 10m --step 5m",
        "top deploy web --series --from prometheus --since 10m --step 5m",
        "history is read as c3s top --series",
    ),
    ("auth can-i get pods", "doctor", "auth can-i get pods is read as c3s doctor"),
    ("krr simple", "rightsize", "krr simple is read as c3s rightsize"),
    ("config get-contexts", "contexts", "config get-contexts is read as c3s contexts"),
    ("ctx", "contexts", "ctx is read as c3s contexts"),
    ("explain", "columns", "explain is read as c3s columns"),
    ("stats pods", "top pods", "stats is read as c3s top"),
    (
        "history pod postgres-0 -n team-checkout --from prometheus --last 10m --step 5m",
        "top pod postgres-0 -n team-checkout --from prometheus --since 10m --step 5m --series",
        "history is read as c3s top --series",
        "--last 10m is read as --since 10m",
    ),
    (
        "history node spot-1 --from prometheus --step 30m",
        "top node spot-1 --from prometheus --since 1h --step 30m --series",
        "history is read as c3s top --series --since 1h",
    ),
    ("cluster-info", "top cluster", "cluster-info is read as c3s top cluster"),
    ("can-fit --cpu 1", "fit --cpu 1", "can-fit is read as c3s fit"),
    ("rbac", "doctor", "rbac is read as c3s doctor"),
    ("compare b.json", "diff b.json", "compare is read as c3s diff"),
    ("monitor pods --count 1", "watch pods --count 1", "monitor is read as c3s watch"),
    ("replay ./b.c3s", "watch --from ./b.c3s", "replay ./b.c3s is read as c3s watch --from ./b.c3s"),
    ("snapshot a.c3s", "record a.c3s --count 1", "snapshot a.c3s is read as c3s record a.c3s --count 1"),
    (
        "cost nodes --prices prices.yaml --monthly",
        "top nodes --prices prices.yaml",
        "cost nodes is read as c3s top nodes",
        "--monthly is read as nothing: costs are those of a month",
    ),
    (
        "cost --prices prices.yaml",
        "top pods -A --by namespace --prices prices.yaml",
        "cost is read as c3s top pods -A --by namespace",
    ),
    (
        "cost --prices prices.yaml --by owner",
        "top pods -A --by owner --prices prices.yaml",
        "cost is read as c3s top pods -A",
    ),
    (
        "check -n team-checkout --max-restarts 5",
        "top pods -n team-checkout --fail-if restarts>5",
        "check is read as c3s top pods",
        "--max-restarts 5 is read as --fail-if 'restarts > 5'",
    ),
    (
        "check --oom --from prometheus --since 10m",
        "top pods --fail-if oomKills>0 --from prometheus --since 10m",
        "check is read as c3s top pods",
        "--oom is read as --fail-if 'oomKills > 0'",
    ),
    (
        "check --oom -A",
        "top pods -A --fail-if oomKilled=true",
        "check is read as c3s top pods",
        "--oom is read as --fail-if 'oomKilled = true'",
    ),
    (
        "alert --pending",
        "top pods --fail-if phase=Pending",
        "alert is read as c3s top pods",
        "--pending is read as --fail-if 'phase = Pending'",
    ),
    (
        "check --unhealthy",
        "top pods --fail-if ready.count<ready.expected",
        "check is read as c3s top pods",
        "--unhealthy is read as --fail-if 'ready.count < ready.expected'",
    ),
    (
        "check pvc -A --fail-if 'used% > 1'",
        "top volumes -A --fail-if 'used% > 1' --from kubelet",
        "check is read as c3s top",
        "top pvc is read as c3s top volumes --from kubelet",
    ),
    (
        "replay pods ./b.c3s",
        "watch pods --from ./b.c3s",
        "replay pods ./b.c3s is read as c3s watch pods --from ./b.c3s",
    ),
    ("replay ns --from b.c3s", "watch ns --from b.c3s", "replay ns is read as c3s watch ns"),
    (
        "check nodes --cpu 20%",
        "top nodes --fail-if cpu>20%",
        "check is read as c3s top",
        "--cpu 20% is read as --fail-if 'cpu > 20%'",
    ),
    (
        "drain --pool spot",
        "fit --without-where 'pool = spot'",
        "drain is read as c3s fit; nothing is drained",
        "--pool spot is read as --without-where 'pool = \"spot\"'",
    ),
    (
        "explain pod redis-0",
        "top pods redis-0 --explain",
        "explain pod redis-0 is read as c3s top pods redis-0 --explain",
    ),
    (
        "check --min-memory 1Mi",
        "top pods --fail-if memory<1Mi",
        "check is read as c3s top pods",
        "--min-memory 1Mi is read as --fail-if 'memory < 1Mi'",
    ),
    (
        "cost --prices prices.yaml --currency USD",
        "top pods -A --by namespace --prices prices.yaml",
        "cost is read as c3s top pods -A --by namespace",
        "--currency USD is read as nothing: the currency is in the price file",
    ),
    (
        "cost nodes --prices prices.yaml --period month",
        "top nodes --prices prices.yaml",
        "cost nodes is read as c3s top nodes",
        "--period month is read as nothing: costs are those of a month",
    ),
    (
        "wait deploy/web --until cpu>=0",
        "watch deploy web --until-all cpu>=0",
        "wait is read as c3s watch",
        "--until 'cpu>=0' is read as --until-all 'cpu>=0'",
    ),
    ("wait --help", "watch --help", "wait is read as c3s watch"),
    (
        "wait deploy/web --for cpu>=0",
        "watch deploy web --until-all cpu>=0",
        "wait is read as c3s watch",
        "--for 'cpu>=0' is read as --until-all 'cpu>=0'",
    ),
    (
        "wait node general-1 --all --for cpu>=0",
        "watch nodes general-1 --until-all cpu>=0",
        "wait is read as c3s watch",
        "--all is read as nothing: all rows count",
        "--for 'cpu>=0' is read as --until-all 'cpu>=0'",
    ),
    (
        "drain --node spot-1",
        "fit --without spot-1",
        "drain is read as c3s fit; nothing is drained",
        "--node spot-1 is read as --without spot-1",
    ),
    (
        "remove-node spot-1",
        "fit --without spot-1",
        "remove-node spot-1 is read as c3s fit --without spot-1; nothing is drained",
    ),
    (
        "drain spot-1 --grace-period=0 --timeout 5m",
        "fit --without spot-1",
        "drain spot-1 is read as c3s fit --without spot-1; nothing is drained",
        "--grace-period 0 is read as nothing: c3s changes nothing",
        "--timeout 5m is read as nothing: c3s changes nothing",
    ),
    (
        "history --from prometheus --last 10m --step 5m",
        "top pods --series --from prometheus --since 10m --step 5m",
        "history is read as c3s top pods --series",
        "--last 10m is read as --since 10m",
    ),
    ("stats redis-0", "top pods redis-0", "stats is read as c3s top pods"),
    (
        "history redis-0 --from prometheus --step 30m",
        "top pods redis-0 --series --since 1h --step 30m --from prometheus",
        "history is read as c3s top pods --series --since 1h",
    ),
    ("pulse --count 1", "watch cluster --count 1", "pulse is read as c3s watch cluster"),
    (
        "kube-capacity --util",
        "top nodes -o wide",
        "kube-capacity is read as c3s top nodes -o wide",
        "--util is read as --output wide",
    ),
    ("how-many --cpu 1", "fit --cpu 1", "how-many is read as c3s fit"),
    (
        "check pods --where cpu>1",
        "top pods --fail-if cpu>1",
        "check is read as c3s top",
        "--where 'cpu>1' is read as --fail-if 'cpu>1'",
    ),
]
