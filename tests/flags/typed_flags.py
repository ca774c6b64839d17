"""Lines with flags of other tools, one for each row of `flags/habits.py`."""

from __future__ import annotations

from typing import Final

# What is typed, the same in the words of c3s, and every remark on stderr.
TYPED_FLAGS: Final[list[tuple[str, ...]]] = [
    (
        "diff -n default --before 1h --to 10m",
        "diff -n default --before 1h --after 10m",
        "--to 10m is read as --after 10m",
    ),
    ("diff -n default --at 1h", "diff -n default --before 1h", "--at 1h is read as --before 1h"),
    (
        "rightsize --output helm --since 2h -n team-ml",
        "rightsize -o resources --since 2h -n team-ml",
        "--output helm is read as --output resources",
    ),
    (
        "top nodes --compare 1h",
        "diff nodes --before 1h",
        "--compare 1h is read as c3s diff nodes --before 1h",
    ),
    (
        "cost nodes --prices prices.yaml --period week",
        "top nodes --prices prices.yaml",
        "cost nodes is read as c3s top nodes",
        "--period week is read as nothing: costs are those of hoursPerMonth in the price file: 168 is a week",
    ),
    (
        "top nodes -L a,b",
        "top nodes --columns default,label:a,label:b",
        "-L a,b is read as --columns default,label:a,label:b",
    ),
    ("diff nodes --from now-1h", "diff nodes --before now-1h", "--from now-1h is read as --before now-1h"),
    ("diff nodes --from 2h", "diff nodes --before 2h", "--from 2h is read as --before 2h"),
    ("top pods -f nosuch.c3s", "top pods --from nosuch.c3s", "-f nosuch.c3s is read as --from nosuch.c3s"),
    # Another name of a flag.
    ("top pods --all", "top pods -A", "--all is read as --all-namespaces"),
    ("top nodes --all-clusters", "top nodes --all-contexts", "--all-clusters is read as --all-contexts"),
    ("contexts --contexts x", "contexts --context x", "--contexts x is read as --context x"),
    ("top pods --ns team-ml", "top pods -n team-ml", "--ns team-ml is read as --namespace team-ml"),
    (
        "top nodes --node-labels kubernetes.io/os=linux",
        "top nodes -l kubernetes.io/os=linux",
        "--node-labels kubernetes.io/os=linux is read as --selector kubernetes.io/os=linux",
    ),
    ("top pods -A --group-by node", "top pods -A --by node", "--group-by node is read as --by node"),
    ("top pods -A --filter cpu>1", "top pods -A --where cpu>1", "--filter 'cpu>1' is read as --where 'cpu>1'"),
    ("top pods --head=3", "top pods --limit 3", "--head 3 is read as --limit 3"),
    (
        "top nodes --sort cpu --total",
        "top nodes --sort-by cpu --sum",
        "--sort cpu is read as --sort-by cpu",
        "--total is read as --sum",
    ),
    ("top nodes --fields cpu", "top nodes --columns cpu", "--fields cpu is read as --columns cpu"),
    ("top nodes --no-header", "top nodes --no-headers", "--no-header is read as --no-headers"),
    ("top nodes --format json", "top nodes -o json", "--format json is read as --output json"),
    (
        "top nodes --from prometheus --range 10m",
        "top nodes --from prometheus --since 10m",
        "--range 10m is read as --since 10m",
    ),
    (
        "top nodes --from prometheus --time -1h",
        "top nodes --from prometheus --at -1h",
        "--time -1h is read as --at -1h",
    ),
    ("top pods --fail-on cpu>9", "top pods --fail-if cpu>9", "--fail-on 'cpu>9' is read as --fail-if 'cpu>9'"),
    ("watch nodes --count 1 --every 5", "watch nodes --count 1 --interval 5", "--every 5 is read as --interval 5"),
    ("fit --drain spot-1", "fit --without spot-1", "--drain spot-1 is read as --without spot-1"),
    ("watch pods --for cpu>1m", "watch pods --until cpu>1m", "--for 'cpu>1m' is read as --until 'cpu>1m'"),
    (
        "top pods --owner deploy/web",
        "top pods --workload deploy/web",
        "--owner deploy/web is read as --workload deploy/web",
    ),
    (
        "top pods --from prometheus --start -3h --to -1h",
        "top pods --from prometheus --start -3h --end -1h",
        "--to -1h is read as --end -1h",
    ),
    # Names that no object can have.
    (
        "top nodes 'general-*'",
        "top nodes --where 'name ~ ^general-'",
        "general-* is read as --where 'name = \"general-*\"'",
    ),
    (
        "watch pods '^web' -A --where 'cpu > 1m' --count 1",
        "watch pods -A --where 'cpu > 1m, name ~ ^web' --count 1",
        "^web is read as --where 'name ~ \"^web\"'",
    ),
    ("top ns --pods", "top ns --columns default,pods.count", "--pods is read as --columns default,pods.count"),
    (
        "top nodes --not-ready",
        "top nodes --where 'status ~ NotReady'",
        "--not-ready is read as --where 'status ~ NotReady'",
    ),
    ("top pods --show-nodes", "top pods --columns default,node", "--show-nodes is read as --columns default,node"),
    # What is no key is an order, whatever comes first.
    ("top pods -A --by cpu", "top pods -A --sort-by cpu", "--by cpu is read as --sort-by cpu"),
    (
        "top pods -A --by mem --top 2",
        "top pods -A --sort-by memory --limit 2",
        "--by mem is read as --sort-by memory",
        "--top 2 is read as --limit 2",
    ),
    ("top cluster --free", "top cluster -o wide", "--free is read as --output wide"),
    ("top pods -A --older-than 1d", "top pods -A --where 'age > 1d'", "--older-than 1d is read as --where 'age > 1d'"),
    ("top pods -A --newer-than 1h", "top pods -A --where 'age < 1h'", "--newer-than 1h is read as --where 'age < 1h'"),
    (
        "top 'web-.*' -n default",
        "top pods -n default --where 'name ~ web-'",
        "web-.* is read as --where 'name ~ \"web-.*\"'",
    ),
    (
        "top nodes --region eu-west-1",
        "top nodes -l topology.kubernetes.io/region=eu-west-1",
        "--region eu-west-1 is read as --selector topology.kubernetes.io/region=eu-west-1",
    ),
    (
        "cost ns --historical --prices prices.yaml",
        "top ns --prices prices.yaml",
        "cost ns is read as c3s top ns",
        "--historical is read as nothing: all costs are shown",
    ),
    (
        "docker stats --no-stream",
        "top pods",
        "docker stats is read as c3s top pods",
        "--no-stream is read as nothing: c3s top reads once",
    ),
    (
        "top nodes --unschedulable --columns cpu",
        "top nodes --where 'schedulable != yes' --columns cpu",
        "--unschedulable is read as --where 'schedulable != yes'",
    ),
    ("top pods --min-age 1h", "top pods --where 'age >= 1h'", "--min-age 1h is read as --where 'age >= 1h'"),
    (
        "top pods --columns +node",
        "top pods --columns default,node",
        "--columns +node is read as --columns default,node",
    ),
    ("top pods --per-container", "top pods --containers", "--per-container is read as --containers"),
    ("top pods --show-owner", "top pods --columns default,owner", "--show-owner is read as --columns default,owner"),
    (
        "top pods --with-limits",
        "top pods --columns default,cpu.limits,memory.limits",
        "--with-limits is read as --columns default,cpu.limits,memory.limits",
    ),
    # Times and sources.
    (
        "top nodes --from prometheus --offset 1h",
        "top nodes --from prometheus --at -1h",
        "--offset 1h is read as --at -1h",
    ),
    (
        "top nodes --prometheus --at -1h",
        "top nodes --from prometheus --at -1h",
        "--prometheus is read as --from prometheus",
    ),
    (
        "top nodes --source prometheus -o name",
        "top nodes --from prometheus -o name",
        "--source prometheus is read as --from prometheus",
    ),
    (
        "top nodes --from-file ./a.c3s",
        "top nodes --from ./a.c3s",
        "--from-file ./a.c3s is read as --from ./a.c3s",
    ),
    # Conditions, which are added to each of the line.
    (
        "top nodes --node spot-1",
        "top nodes --where name=spot-1",
        "--node spot-1 is read as --where 'name in (\"spot-1\")'",
    ),
    (
        "top pods -A --node general-1,general-2",
        "top pods -A --where 'node in (general-1, general-2)'",
        '--node general-1,general-2 is read as --where \'node in ("general-1", "general-2")\'',
    ),
    (
        "top node general-1 --pods -o name",
        "top pods -A --where node=general-1 -o name",
        "--pods is read as c3s top pods -A --where 'node = \"general-1\"'",
    ),
    (
        "top pods -A --grep ^web --exclude-namespace default",
        "top pods -A --where 'name ~ ^web, namespace != default'",
        "--grep '^web' is read as --where 'name ~ \"^web\"'",
        "--exclude-namespace default is read as --where 'namespace not in (\"default\")'",
    ),
    # A glob is all of a name, as in -n; what has more than * and ? is a regular expression.
    (
        "top pods -A --name 'api-*'",
        "top pods -A --where 'name ~ ^api-'",
        "--name 'api-*' is read as --where 'name ~ \"^api-.*$\"'",
    ),
    (
        "top pods -A --name '*-?'",
        "top pods -A --where 'name ~ -.$'",
        "--name '*-?' is read as --where 'name ~ \"^.*-.$\"'",
    ),
    (
        "top pods -A --name 'a.*-0$'",
        "top pods -A --where 'name ~ a.*-0$'",
        "--name 'a.*-0$' is read as --where 'name ~ \"a.*-0$\"'",
    ),
    (
        "top pods -A --qos BestEffort",
        "top pods -A --where qosClass=BestEffort",
        "--qos BestEffort is read as --where 'qosClass in (\"BestEffort\")'",
    ),
    (
        "top pods -A --status Pending",
        "top pods -A --where phase=Pending --columns default,status,pending",
        "--status Pending is read as --where 'phase = Pending' --columns default,status,pending",
    ),
    (
        "top pods -A --phase Failed",
        "top pods -A --where phase=Failed",
        "--phase Failed is read as --where 'phase in (\"Failed\")'",
    ),
    (
        "top pods -A --status Failed",
        "top pods -A --where status=Failed",
        "--status Failed is read as --where 'status in (\"Failed\")'",
    ),
    (
        "top pods -A --oom --since 2h",
        "top pods -A --where 'oomKills > 0' --since 2h",
        "--oom is read as --where 'oomKills > 0'",
    ),
    (
        "top pods -A --oom-killed",
        "top pods -A --where oomKilled=true",
        "--oom-killed is read as --where 'oomKilled = true'",
    ),
    (
        "top pods -A --no-limits --where cpu>1m --where memory>1Gi",
        "top pods -A --where cpu>1m,memory.limits=none --where memory>1Gi,memory.limits=none --columns default,limits",
        "--no-limits is read as --where 'memory.limits = none' --columns default,limits",
    ),
    (
        "top pods -A --no-requests",
        "top pods -A --where cpu.requests=0,memory.requests=0 --columns default,requests",
        "--no-requests is read as --where 'cpu.requests = 0, memory.requests = 0' --columns default,requests",
    ),
    (
        "top pods -A --unhealthy",
        "top pods -A --where 'ready.count < ready.expected' --columns ready,waiting,restarts",
        "--unhealthy is read as --where 'ready.count < ready.expected' --columns ready,waiting,restarts",
    ),
    (
        "top pods --deployment web",
        "top pods --workload Deployment/web",
        "--deployment web is read as --workload Deployment/web",
    ),
    (
        "top pods --sts redis",
        "top pods --workload StatefulSet/redis",
        "--sts redis is read as --workload StatefulSet/redis",
    ),
    (
        "top pods -A --ds aws-node",
        "top pods -A --workload DaemonSet/aws-node",
        "--ds aws-node is read as --workload DaemonSet/aws-node",
    ),
    (
        "top pods -A --max-restarts 5 -o name",
        "top pods -A --fail-if restarts>5 -o name",
        "--max-restarts 5 is read as --fail-if 'restarts > 5'",
    ),
    (
        "top pods --min-cpu 90m --max-memory 1Gi",
        "top pods --where cpu>=90m,memory<=1Gi",
        "--min-cpu 90m is read as --where 'cpu >= 90m'",
        "--max-memory 1Gi is read as --where 'memory <= 1Gi'",
    ),
]
