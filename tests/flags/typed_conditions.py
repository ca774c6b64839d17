"""Lines about some of the rows, or about all of them together, as other tools ask for these."""

from __future__ import annotations

from typing import Final

ENDED: Final = "lastTermination.reason"
# What is typed, the same in the words of c3s, and every remark on stderr.
TYPED_CONDITIONS: Final[list[tuple[str, ...]]] = [
    (
        "top pods -A --on spot-1",
        "top pods -A --where 'node in (spot-1)'",
        "--on spot-1 is read as --where 'node in (\"spot-1\")'",
    ),
    (
        "top namespaces --exclude batch,monitoring",
        "top namespaces --where 'namespace not in (batch, monitoring)'",
        '--exclude batch,monitoring is read as --where \'namespace not in ("batch", "monitoring")\'',
    ),
    (
        "top nodes --exclude cp-1",
        "top nodes --where 'name not in (cp-1)'",
        "--exclude cp-1 is read as --where 'name not in (\"cp-1\")'",
    ),
    *(
        (f"top workloads -A --kind {typed}", f"top {kind} -A", f"--kind {typed} is read as --workload {read}")
        for typed, kind, read in (
            ("Deployment", "deploy", "Deployment"),
            ("sts", "sts", "StatefulSet"),
            ("daemonsets", "ds", "DaemonSet"),
            ("cronjob", "cronjobs", "CronJob"),
            ("Rollout", "rollouts", "Rollout"),
        )
    ),
    ("top pods -A --kind job", "top pods -A --workload Job", "--kind job is read as --workload Job"),
    ("top pods -A --kind rs", "top pods -A --workload ReplicaSet", "--kind rs is read as --workload ReplicaSet"),
    *(
        (f"top {typed}", f"top {read}", f"{typed.partition(' ')[2]} is read as {read.partition(' ')[2]}")
        for typed, read in (
            ("nodes --control-plane", "nodes --where 'roles ~ control-plane'"),
            ("nodes --workers", "nodes --where 'roles !~ control-plane'"),
            ("nodes --arch amd64", "nodes --selector kubernetes.io/arch=amd64"),
            ("nodes --type m5.large", "nodes --where 'instance-type in (\"m5.large\")'"),
            ("nodes --oldest 3", "nodes --limit 3 --sort-by age:desc"),
            ("nodes --newest 3", "nodes --limit 3 --sort-by age:asc"),
            ("pods --terminating", "pods --where 'status = Terminating'"),
            ("pods --restarts-gt 3", "pods --where 'restarts > 3'"),
        )
    ),
    (
        "top nodes --allocated",
        "top nodes --columns default,cpu.requests,memory.requests",
        "--allocated is read as --columns default,cpu.requests,memory.requests",
    ),
    (
        "fit --cpu 1 --gpu 2",
        "fit --cpu 1 --resource nvidia.com/gpu=2",
        "--gpu 2 is read as --resource nvidia.com/gpu=2",
    ),
    # Why pods are what they are.
    (
        "top pods -A --pending --reason",
        "top pods -A --where 'phase = Pending' --columns default,status,pending",
        "--pending is read as --where 'phase = Pending' --columns default,status,pending",
        "--reason is read as nothing: PENDING says why",
    ),
    (
        "top pods -n batch --phase Running --why",
        "top pods -n batch --where 'phase = Running' --columns default,pending",
        "--phase Running is read as --where 'phase in (\"Running\")'",
        "--why is read as --columns default,pending",
    ),
    (
        "top pods -n batch --reason",
        f"top pods -n batch --columns default,waiting,{ENDED}",
        f"--reason is read as --columns default,waiting,{ENDED}",
    ),
    *(
        (
            f"top pods -A --reason {reason}",
            f"top pods -A --where '{column} = {reason}'",
            f"--reason {reason} is read as --where '{column} = {reason}'",
        )
        for column, reasons in (
            (ENDED, ("OOMKilled", "Error", "Completed")),
            ("waiting", ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull")),
        )
        for reason in reasons
    ),
    (
        "top pods -n batch --reason OOMKilled --since 20m",
        "top pods -n batch --where 'oomKills > 0' --since 20m",
        "--reason OOMKilled is read as --where 'oomKills > 0'",
    ),
    *(
        (
            f"top pods -A --where '{where}' --columns name,{typed},age",
            f"top pods -A --where '{where}' --columns name,{read},age",
            f"--columns {typed} is read as --columns {read}",
        )
        for where, typed, read in (
            ("phase = Pending", "reason", "pending"),
            ("oomKilled = true", "Reason", ENDED),
            ("waiting = CrashLoopBackOff", "why", "waiting"),
        )
    ),
    (f"top pods -A --where lastState=Error --columns {ENDED}", f"top pods -A --where {ENDED}=Error --columns {ENDED}"),
    (
        "top pods -n batch --oom-kills --sort-by oom-kills",
        "top pods -n batch --columns default,oomKills --sort-by oom-kills --since 24h",
        "--oom-kills is read as --columns default,oomKills --since 24h",
    ),
    (
        "top pods -n batch --oom-kills --from prometheus --since 1h",
        "top pods -n batch --columns default,oomKills --from prometheus --since 1h",
        "--oom-kills is read as --columns default,oomKills",
    ),
    # Sums.
    (
        "top pods -n team-ml --total-only",
        "top pods -n team-ml --by context",
        "--total-only is read as --by context",
    ),
    (
        "top pods -A --fail-if 'sum(memory) > 4Gi or total( cpu ) > 4' -q",
        "top pods -A --fail-if 'memory > 4Gi or cpu > 4' -q --by context",
        "sum(memory) is read as memory with --by context, whose rows are sums",
    ),
    (
        "wait nodes --for 'sum(cpu%)<100' --count 1",
        "watch nodes --until-all 'cpu%<100' --by context --count 1",
        "wait is read as c3s watch",
        "--for 'sum(cpu%)<100' is read as --until-all 'sum(cpu%)<100'",
        "sum(cpu%) is read as cpu% with --by context, whose rows are sums",
    ),
    (
        "top pods -A --by node --fail-if 'sum(cpu) > 90'",
        "top pods -A --by node --fail-if 'cpu > 90'",
        "sum(cpu) is read as cpu, which is a sum",
    ),
    (
        "top nodes --prices prices.yaml --per day",
        "top nodes --prices prices.yaml",
        "--per day is read as nothing: hoursPerMonth of --prices counts",
    ),
    ("top pods -n batch --per-node", "top pods -n batch --by node", "--per-node is read as --by node"),
    ("top nodes --by-label team", "top nodes --by label:team", "--by-label team is read as --by label:team"),
    *(
        (
            f"top nodes {typed}",
            f"top nodes --where '{read}'",
            f"{typed} is read as --where '{read}'",
        )
        for typed, read in (
            ("--cpu-above 1", "cpu > 1"),
            ("--memory-gt 5Gi", "memory > 5Gi"),
            ("--cpu-below 1", "cpu < 1"),
            ("--memory-lt 5Gi", "memory < 5Gi"),
        )
    ),
    ("top cluster --fail-if 'sum(cpu)>9'", "top cluster --fail-if cpu>9", "sum(cpu) is read as cpu, which is a sum"),
    # Conditions as words.
    (
        "check pods -A 'mem/limit > 90%' -q",
        "top pods -A --fail-if 'mem/limit > 90%' -q",
        "check pods 'mem/limit > 90%' is read as c3s check pods --fail-if 'mem/limit > 90%'",
        "check is read as c3s top",
    ),
    (
        "wait node/spot-1 'cpu% < 101' --count 1",
        "watch node spot-1 --until-all 'cpu% < 101' --count 1",
        "wait node/spot-1 'cpu% < 101' is read as c3s wait node/spot-1 --until-all 'cpu% < 101'",
        "wait is read as c3s watch",
    ),
    (
        "top pods -A 'cpu>1' memory>1Gi",
        "top pods -A --where 'cpu>1, memory>1Gi'",
        "top pods 'cpu>1' 'memory>1Gi' is read as c3s top pods --where 'cpu>1, memory>1Gi'",
    ),
    # Shares in words, and what is true as a number.
    (
        "top pods -A --fail-if 'mem > 80% of the limit, CPU >= 5% request' -q",
        "top pods -A --fail-if 'memory%limits > 80, cpu%requests >= 5' -q",
        "mem > 80% of the limit is read as memory%limits > 80",
        "CPU >= 5% request is read as cpu%requests >= 5",
    ),
    ("top pods -A --where oom>0", "top pods -A --where oomKilled=true", "oom>0 is read as oomKilled = true"),
    (
        "top pods -A --where 'oom >= 1' --from prometheus --since 10m",
        "top pods -A --where 'oomKills > 0' --from prometheus --since 10m",
        "oom >= 1 is read as oomKills > 0",
    ),
    # A regular expression as in PromQL.
    (
        "top pods -A --where 'namespace=~\"team-(ml|search)\" and cpu > 1m'",
        "top pods -A --where 'namespace~\"team-(ml|search)\" and cpu > 1m'",
        "=~ is read as ~, which matches anywhere in a value; ^ and $ match its ends",
    ),
    # Thresholds of nagios.
    (
        "check nodes --warn 10 --crit 20",
        "top nodes --fail-if 'cpu% > 20' --fail-if 'memory% > 20'",
        "check is read as c3s top",
        "--warn 10 is read as nothing: c3s has no warnings",
        "--crit 20 is read as --fail-if 'cpu% > 20' --fail-if 'memory% > 20'",
    ),
    (
        "check nodes --warning 20",
        "top nodes --fail-if 'cpu% > 20' --fail-if 'memory% > 20'",
        "check is read as c3s top",
        "--warning 20 is read as --fail-if 'cpu% > 20' --fail-if 'memory% > 20'",
    ),
    # Labels.
    ("top pods -A --by labels/team", "top pods -A --by label:team", "--by labels/team is read as label:team"),
    ("top pods -A --by label team", "top pods -A --by label:team", "--by label team is read as --by label:team"),
    # Ranges.
    (
        "top nodes --max --over 10m",
        "top nodes --columns cpu.max,memory.max --since 10m",
        "--max is read as --columns cpu.max,memory.max",
        "--over 10m is read as --since 10m",
    ),
    (
        "top nodes --from 20m --to 10m --max",
        "top nodes --start 20m --end 10m --columns cpu.max,memory.max",
        "--from 20m is read as --start 20m",
        "--to 10m is read as --end 10m",
        "--max is read as --columns cpu.max,memory.max",
    ),
    (
        "top nodes --max --sort mem",
        "top nodes --columns cpu.max,memory.max --sort-by memory.max --since 1h",
        "--max is read as --columns cpu.max,memory.max --since 1h",
        "--sort mem is read as --sort-by memory.max",
    ),
    ("top nodes --within 10m", "top nodes --since 10m", "--within 10m is read as --since 10m"),
    (
        "compare nodes --then 2h --demo-at 2026-03-02T09:00:00Z",
        "diff nodes --before 2h --demo-at 2026-03-02T09:00:00Z",
        "compare is read as c3s diff",
        "--then 2h is read as --before 2h",
    ),
    *(
        (
            f"top nodes {typed} {since}",
            f"top nodes --columns cpu.{read},memory.{read} --since {since.partition(' ')[2] or '1h'}",
            f"{typed} is read as --columns cpu.{read},memory.{read}{'' if since else ' --since 1h'}",
        )
        for typed, read in (("--mean", "avg"), ("--median", "p50"), ("--quantile 0.99", "p99"), ("--agg max", "max"))
        for since in ("", "--since 10m")
    ),
    (
        "top pods -A --by namespace --agg sum",
        "top pods -A --by namespace",
        "--agg sum is read as nothing: groups are sums",
    ),
    ("top nodes --agg sum", "top nodes --sum", "--agg sum is read as --sum"),
    # Columns, their order, and formats.
    ("top nodes --cpu-only", "top nodes --columns cpu", "--cpu-only is read as --columns cpu"),
    ("top nodes --no-cpu", "top nodes --columns memory", "--no-cpu is read as --columns memory"),
    ("top nodes --only memory%", "top nodes --columns memory%", "--only memory% is read as --columns memory%"),
    ("top nodes --swap", "top nodes --show-swap", "--swap is read as --show-swap"),
    (
        "top nodes --ephemeral-storage",
        "top nodes --from kubelet --columns default,ephemeralStorage.usage",
        "--ephemeral-storage is read as --from kubelet --columns default,ephemeralStorage.usage",
    ),
    (
        "top nodes --sort-by memory asc",
        "top nodes --sort-by memory:asc",
        "--sort-by memory asc is read as --sort-by memory:asc",
    ),
    *(
        (
            f"rightsize -n batch {typed} --since 20m",
            f"rightsize -n batch {read} --since 20m",
            f"{said} is read as {instead}",
        )
        for typed, read, said, instead in (
            ("--waste", "--where 'finding = waste'", "--waste", "--where 'finding = waste'"),
            ("--sort-by waste", "--sort-by cpu.change:asc", "--sort-by waste", "--sort-by cpu.change:asc"),
            (
                "--by namespace --sort-by savings",
                "--by namespace --sort-by cpu.freed",
                "--sort-by savings",
                "--sort-by cpu.freed",
            ),
            (
                "--prices prices.yaml --sort-by savings",
                "--prices prices.yaml --sort-by cost.savings",
                "--sort-by savings",
                "--sort-by cost.savings",
            ),
        )
    ),
    ("columns --pods", "columns pods", "--pods is read as c3s columns pods"),
    (
        "top nodes --util --available",
        "top nodes -o wide",
        "--util is read as --output wide",
        "--available is read as --output wide",
    ),
    (
        "top nodes --pod-count --util",
        "top nodes --columns wide,pods",
        "--pod-count is read as --columns wide,pods",
        "--util is read as --output wide",
    ),
    (
        "top nodes --usage --free",
        "top nodes --columns default,cpu.free,memory.free",
        "--usage is read as nothing: usage is shown",
        "--free is read as --columns default,cpu.free,memory.free",
    ),
    (
        "top nodes -o csv --raw",
        "top nodes -o csv",
        "--raw is read as nothing: all formats but tables are exact",
    ),
    (
        "top nodes --output jsonl",
        "top nodes -o 'jsonpath={range .items[*]}{@}{\"\\n\"}{end}'",
        "--output jsonl is read as --output 'jsonpath={range .items[*]}{@}{\"\\n\"}{end}'",
    ),
    ("top nodes -o tsv --mib", "top nodes -o tsv --unit MiB", "--mib is read as --unit mib"),
    (
        "rightsize -n team-search --helm --since 20m",
        "rightsize -n team-search -o resources --since 20m",
        "--helm is read as --output resources",
    ),
    (
        "rightsize -n team-search --patch --since 20m",
        "rightsize -n team-search -o patch --since 20m",
        "--patch is read as --output patch",
    ),
    (
        "get nodes --sort-by=.status.allocatable.memory",
        "top nodes --sort-by memory.allocatable",
        "get nodes is read as c3s top nodes",
    ),
    # Commands.
    ("top -A", "top pods -A", "top with -A is read as c3s top pods"),
    ("top -n batch --containers", "top pods -n batch --containers", "top with -n is read as c3s top pods"),
    ("ls nodes", "top nodes", "ls nodes is read as c3s top nodes"),
    ("ls -n batch", "top pods -n batch", "ls is read as c3s top pods"),
    ("df -A", "top volumes -A --from kubelet", "df is read as c3s top volumes --from kubelet"),
]
