"""The flags of other tools, and what c3s reads instead; `flags/word_habits.py` has the words.

`flags/foreign_flags.py` and `foreign_words.py` read a line by these tables; `flags/flag_hints.py` has the flags that
stay errors. `tests/flags/test_habits.py` has a line for each row.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from c3s_cli.columns.kinds import NAMES


class Read(NamedTuple):
    """What is typed, and what c3s reads instead; both are said on stderr.

    typed: names that mean the same, separated by commas; a flag may have a value (`--output=md`), or the beginning of
    one (`--output=csv={}`). c3s: the words and flags instead; "" for none. In these, {} is the value of the flag, {,}
    each of its parts (or each NAME), in a flag of its own, {%} a share such as 0.95 as 95, {*} a glob as a regular
    expression, {name} the flag itself without dashes, {rest} what follows its first word, {NAME} the only NAME on the
    line, {command} the command and its names; {-} leaves the names out. Columns after a + are added to those that are
    shown, and a direction after : to the columns of --sort-by. of: the only commands for which this holds. having: one
    of these flags has to be there, too, with this value if it has one. remark: what else to say.
    """

    typed: str
    c3s: str
    of: str = ""
    having: str = ""
    remark: str = ""


class Hint(NamedTuple):
    """What is typed and stays an error, and the hint below it.

    text: {} is the line that was typed, with the words and flags of c3s for what is typed; {verb} is the
    first word, if only that is meant, and {group} `top` or `watch`. of: as in Read.
    """

    typed: str
    text: str = "did you mean {}?"
    c3s: str = ""
    of: str = ""


# A document of its own for each row.
_LINES: Final = '{range .items[*]}{@}{"\\n"}{end}'
_MEASURED: Final = "nodes, pods, cluster"
_GATES: Final = "check, alert, gate"
_COSTS: Final = "cost, costs"
_STATISTICS: Final = "--p50, --p90, --p95, --p99, --avg, --max, --min, --peak"
_THROTTLED: Final = "--throttling, --throttled, --throttle"
_FILTER: Final = "--where 'throttled > 0' keeps those"
_PENDING: Final = "--status=Pending, --phase=Pending, --pending"
_ENDED: Final = ("OOMKilled", "Error", "Completed")
_WAITING: Final = ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull")
_OF_RANGES: Final = "--since, --start, --at, --series"
# In each part, rows for one command come before those for all commands: the first row that fits counts.
FLAGS: Final[tuple[Read, ...]] = (
    # Flags that other commands of c3s, or of other tools, have: read before their command is replaced.
    Read("--for, --until, --wait-until, --wait-for", "--until-all {}", of="wait"),
    Read("--where", "--fail-if {}", of=_GATES),
    Read("--oom, --oomkilled", "--fail-if 'oomKills > 0'", of=_GATES, having="--since, --start"),
    Read("--oom, --oomkilled", "--fail-if 'oomKilled = true'", of=_GATES),
    Read("--pending", "--fail-if 'phase = Pending'", of=_GATES),
    Read("--unhealthy, --unready, --crashloop", "--fail-if 'ready.count < ready.expected'", of=_GATES),
    Read("--max-restarts, --max-cpu, --max-memory", "--fail-if '{rest} > {}'", of=_GATES),
    Read("--min-cpu, --min-memory", "--fail-if '{rest} < {}'", of=_GATES),
    Read("--period=month, --per=month, --monthly, --month", "", of=_COSTS, remark="costs are those of a month"),
    Read(
        "--period={}, --per={}",
        "",
        of=_COSTS,
        remark="costs are those of hoursPerMonth in the price file: 168 is a week",
    ),
    Read("--savings, --show-efficiency, --efficiency", "", of=_COSTS, remark="COST-WASTE is what is not used"),
    Read("--show-all-resources, --historical", "", of=_COSTS, remark="all costs are shown"),
    Read("--currency={}", "", of=_COSTS, remark="the currency is in the price file"),
    Read("--all", "", of="wait", remark="all rows count"),
    Read("--node, --nodes", "--without {}", of="drain, cordon"),
    Read("--pool, --zone", "--without-where '{name} = {}'", of="drain, cordon"),
    Read("--cpu, --memory", "--fail-if '{name} > {}'", of=_GATES),
    Read("--critical, --crit", "--fail-if 'cpu% > {}' --fail-if 'memory% > {}'", of=_GATES),
    Read("--warn={}, --warning={}", "", of=_GATES, having="--critical, --crit", remark="c3s has no warnings"),
    Read("--warn, --warning", "--fail-if 'cpu% > {}' --fail-if 'memory% > {}'", of=_GATES),
    # Flags of one command.
    Read("-m, --mem, --ram, --pod-memory", "--memory {}", of="fit"),
    Read("-c, --cpus, --pod-cpu", "--cpu {}", of="fit"),
    Read("-r, --count, --pods, --replica, --instances", "--replicas {}", of="fit"),
    Read("--requests", "--resource {,}", of="fit"),
    Read("--limits={}", "", of="fit", remark="limits take no room on a node"),
    Read("--gpu, --gpus", "--resource nvidia.com/gpu={}", of="fit"),
    Read("--toleration, --tolerations", "--tolerate {}", of="fit"),
    Read("--scale", "--replicas {}", of="fit"),
    # What `kubectl drain` asks for, where nothing is drained.
    Read("--dry-run, --ignore-daemonsets, --delete-emptydir-data, --force", "", of="fit, rightsize"),
    Read("--grace-period={}, --timeout={}", "", of="fit"),
    Read("--for, --time", "--duration {}", of="record"),
    Read("--once", "--count 1", of="record"),
    Read("-f, --file, --filename, --to, --output, --out, --output-file, --save", "record {}", of="record"),
    Read("--workload", "rightsize {}", of="rightsize"),
    Read("--like, --workload", "fit {}", of="fit"),
    Read("--percentile", "--cpu-percentile {%}", of="rightsize"),
    Read("--finding, --only", "--where 'finding in ({})'", of="rightsize"),
    Read("--risk, --waste, --fine", "--where 'finding = {name}'", of="rightsize"),
    Read("--sort-by=savings", "--sort-by cost.savings", of="rightsize", having="--prices"),
    Read("--sort-by=savings, --sort-by=waste", "--sort-by cpu.freed", of="rightsize", having="--by"),
    Read("--sort-by=savings, --sort-by=waste", "--sort-by cpu.change:asc", of="rightsize"),
    Read(
        "--headroom, --buffer, --margin, --memory_buffer_percentage, --memory-buffer-percentage",
        "--memory-buffer {}",
        of="rightsize",
    ),
    # krr counts hours, millicores and mebibytes.
    Read("--cpu_percentile, --percentile, --target-percentile", "--cpu-percentile {}", of="rightsize"),
    Read("--history_duration, --history-duration", "--since {}h", of="rightsize"),
    Read("--cpu-min-value, --cpu_min_value", "--cpu-min {}m", of="rightsize"),
    Read("--memory-min-value, --memory_min_value", "--memory-min {}Mi", of="rightsize"),
    Read("-p", "--from {}", of="rightsize"),
    Read("--resource=deployments, --resource=Deployment, -r=Deployment", "rightsize deploy", of="rightsize"),
    Read("-f=json", "--output json", of="rightsize"),
    Read("-f=csv", "--output csv", of="rightsize"),
    Read("--use-oomkill-data, --use_oomkill_data", "", of="rightsize", remark="OOM kills count"),
    Read("--output=kubectl", "--output patch", of="rightsize"),
    Read("--output=helm, --output=values", "--output resources", of="rightsize"),
    Read("--patch, --kustomize, --kubectl, --helm, --values", "--output {name}", of="rightsize"),
    Read("--to, --until", "--after {}", of="diff"),
    Read("--at, --then, --with, --against", "--before {}", of="diff"),
    # What repeats a reading: flags of `watch`, or that command.
    Read("--every, --refresh, --delay, -d", "--interval {}"),
    # From so long ago, and not so long before the end, as in journalctl.
    Read("--since={}", "--start {}", of=_MEASURED, having="--until"),
    Read("--until", "--end {}", of=_MEASURED, having="--since, --start, --at"),
    Read("--until, --until-all", "watch {command} --{name} {}", of=_MEASURED),
    Read("--wait-until, --wait-for", "watch {command} --until-all {}", of=_MEASURED),
    Read("--interval, --every, --resolution", "--series --step {}", of=_MEASURED, having="--since, --start"),
    Read("-i, --interval, --refresh, --every, --delay, -d", "watch {command} --interval {}", of=_MEASURED),
    Read("-w, --watch, --watch-only, --stream", "watch {command}", of=_MEASURED),
    Read("--compare-to, --compare, --compare-with", "diff {command} --before {}", of=_MEASURED),
    # Conditions. That of a flag is added to each --where.
    Read("--pods", "top pods -A --where 'node = {NAME}'", of="nodes"),
    Read("--node, --node-name", "--where 'name in ({})'", of="nodes"),
    Read("--node, --node-name, --on-node, --on", "--where 'node in ({})'", of="pods"),
    Read("--show-nodes", "--columns +node", of="pods"),
    Read(
        "--exclude-namespace, --exclude-namespaces, --exclude-ns, --except-namespace, --ignore-namespace",
        "--where 'namespace not in ({})'",
        of="pods",
    ),
    Read("--exclude", "--where 'namespace not in ({})'", of="pods", having="--by=namespace"),
    Read("--exclude, --exclude-node, --exclude-nodes", "--where 'name not in ({})'", of="nodes"),
    Read("--zone, --pool, --instance-type, --node-pool", "--where '{name} in ({})'"),
    Read("--not-ready, --notready, --unready, --unhealthy", "--where 'status ~ NotReady'", of="nodes"),
    Read("--region", "--selector topology.kubernetes.io/region={}", of="nodes"),
    Read("--role, --roles", "--where 'roles ~ {}'", of="nodes"),
    Read("--control-plane, --masters", "--where 'roles ~ control-plane'", of="nodes"),
    Read("--workers, --no-masters, --no-control-plane", "--where 'roles !~ control-plane'", of="nodes"),
    Read("--arch, --os", "--selector kubernetes.io/{name}={}", of="nodes"),
    Read("--type, --machine-type", "--where 'instance-type in ({})'", of="nodes"),
    Read("--cordoned", "--where 'schedulable ~ cordoned'", of="nodes"),
    Read("--unschedulable", "--where 'schedulable != yes'", of="nodes"),
    Read("--terminating", "--where 'status = Terminating'", of="pods"),
    Read("--restarts-gt, --restarts-above, --restarts-over", "--where 'restarts > {}'", of="pods"),
    Read("--running", "--where 'status = Running'", of="pods"),
    Read("--restarted", "--where 'restarts > 0' --columns +restarts", of="pods"),
    Read("--best-effort", "--where 'qosClass = BestEffort'", of="pods"),
    Read("--qos, --qos-class, --qosClass", "--where 'qosClass in ({})'", of="pods"),
    Read(_PENDING, "--where 'phase = Pending'", of="pods", having="--by"),
    Read(_PENDING, "--where 'phase = Pending' --columns +status,pending", of="pods"),
    Read("--phase", "--where 'phase in ({})'", of="pods"),
    Read("--status", "--where 'status in ({})'", of="pods"),
    # In a range, the kills in it.
    Read("--oom-kills, --oomkills", "--columns +oomKills", of="pods", having="--since, --start, --from, --at"),
    Read("--oom-kills, --oomkills", "--columns +oomKills --since 24h", of="pods"),
    Read("--oom, --oomkilled, --oom-killed", "--where 'oomKills > 0'", of="pods", having="--since, --start"),
    Read("--oom, --oomkilled, --oom-killed", "--where 'oomKilled = true'", of="pods"),
    Read("--reason, --reasons, --why", "", of="pods", having="--pending", remark="PENDING says why"),
    Read("--reason, --reasons, --why", "--columns +pending", of="pods", having="--phase, --status, --field-selector"),
    Read("--reason, --reasons, --why", "--columns +waiting,lastTermination.reason", of="pods"),
    Read("--reason=OOMKilled", "--where 'oomKills > 0'", of="pods", having="--since, --start"),
    *(Read(f"--reason={reason}", f"--where 'lastTermination.reason = {reason}'", of="pods") for reason in _ENDED),
    *(Read(f"--reason={reason}", f"--where 'waiting = {reason}'", of="pods") for reason in _WAITING),
    Read("--older-than, --older", "--where 'age > {}'"),
    Read("--newer-than, --newer, --younger-than", "--where 'age < {}'"),
    Read(
        "--no-limits, --without-limits, --no-memory-limit, --no-memory-limits, --unlimited",
        "--where 'memory.limits = none' --columns +limits",
        of="pods",
    ),
    Read(
        "--no-requests, --without-requests",
        "--where 'cpu.requests = 0, memory.requests = 0' --columns +requests",
        of="pods",
    ),
    Read(
        "--unhealthy, --unready, --not-ready, --failing, --crashing, --crashloop, --crashloopbackoff",
        "--where 'ready.count < ready.expected' --columns ready,waiting,restarts",
        of="pods",
    ),
    Read("--by=cpu", "--sort-by cpu"),
    Read("--by=memory, --by=mem", "--sort-by memory"),
    *(
        Read(", ".join(f"--by={name}" for name in names), f"--by owner --workload {kind}", of="pods")
        for kind, names in NAMES.items()
    ),
    *(
        Read(", ".join(f"--kind={name}" for name in (kind, *names)), f"--workload {kind}", of="pods")
        for kind, names in NAMES.items()
    ),
    Read("--deployment, --deploy", "--workload Deployment/{}", of="pods"),
    Read("--statefulset, --sts", "--workload StatefulSet/{}", of="pods"),
    Read("--daemonset, --ds", "--workload DaemonSet/{}", of="pods"),
    Read("--name", "--where 'name ~ {*}'"),
    Read("--exclude-pod, --exclude-name", "--where 'name !~ {*}'", of="pods"),
    Read("--pod, --pod-name", "--where 'name in ({})'", of="pods"),
    Read("--grep, --regex, --match", "--where 'name ~ {}'"),
    Read("-c, --container", "--containers --where 'container = {}'", of="pods"),
    Read("--cpu-gt, --cpu-above, --cpu-over", "--where 'cpu > {}'"),
    Read("--memory-gt, --memory-above, --memory-over", "--where 'memory > {}'"),
    Read("--cpu-lt, --cpu-below, --cpu-under", "--where 'cpu < {}'"),
    Read("--memory-lt, --memory-below, --memory-under", "--where 'memory < {}'"),
    Read("--max-restarts", "--fail-if 'restarts > {}'"),
    Read("--cpu-threshold", "--fail-if 'cpu > {}'"),
    Read("--memory-threshold", "--fail-if 'memory > {}'"),
    Read("--min-cpu, --min-memory, --min-mem, --min-restarts, --min-age", "--where '{rest} >= {}'"),
    Read("--max-cpu, --max-memory, --max-mem, --max-age", "--where '{rest} <= {}'"),
    Read(_THROTTLED, "--columns +throttled", of="pods", having="--from, --since, --start, --at", remark=_FILTER),
    Read(_THROTTLED, "--from prometheus --columns +throttled", of="pods", remark=_FILTER),
    # Columns and their order.
    Read(
        "--sort-by=waste, --sort-by=unused",
        "--columns +cpu.requests,cpu.unused,memory.requests,memory.unused --sort-by cpu.unused:desc",
        of="pods",
    ),
    Read("--columns=waste, --columns=unused", "--columns cpu.unused,memory.unused", of="pods"),
    Read("--sort-by=.status.containerStatuses[0].restartCount", "--sort-by restarts"),
    Read("--sort-by=.metadata.creationTimestamp, --sort-by=.status.startTime", "--sort-by age"),
    Read("--sort-by=.metadata.name", "--sort-by name"),
    Read("--order=asc", "--sort-by :asc"),
    Read("--order=desc", "--sort-by :desc"),
    Read("--asc, --ascending", "--sort-by :asc"),
    Read("--desc, --descending", "--sort-by :desc"),
    Read("--reverse", "--sort-by :asc,:desc"),
    Read("--util, --utilization", "--output wide", of="nodes"),
    Read("--util, --utilization, --percent, --percentage", "--columns +cpu%requests,memory%requests", of="pods"),
    Read("--available, --free, --headroom", "--output wide", of="nodes", having="--util, --utilization"),
    Read("--available, --free, --headroom", "--columns +cpu.free,memory.free", of="nodes", having="--usage"),
    Read("--available, --free, --headroom", "--columns cpu.free,memory.free", of="nodes"),
    Read("--available, --free, --headroom", "--output wide", of="cluster"),
    Read("--columns=+{}", "--columns +{}"),
    Read("--cpu-only, --only-cpu, --no-memory, --no-mem", "--columns cpu", of=_MEASURED),
    Read("--memory-only, --mem-only, --only-memory, --only-mem, --no-cpu", "--columns memory", of=_MEASURED),
    Read("--swap, --with-swap", "--show-swap", of=_MEASURED),
    Read("--ephemeral-storage, --ephemeral", "--from kubelet --columns +ephemeralStorage.usage", of="nodes, pods"),
    Read("--all-containers, --per-container", "--containers", of="pods"),
    Read("--pod-count", "--columns +pods", of="nodes"),
    Read(
        "--gpus, --gpu, --resource=nvidia.com/gpu, --resources=nvidia.com/gpu, --resource=gpu, --resources=gpu",
        "--columns +gpu.requests,gpu.allocatable",
        of="nodes",
    ),
    Read("--allocated, --requested", "--columns +cpu.requests,memory.requests", of="nodes, pods"),
    Read("--waste, --slack, --idle", "--columns +cpu.requests,cpu.unused,memory.requests,memory.unused"),
    Read("--requests, --limits, --allocatable, --capacity, --unused", "--columns +cpu.{name},memory.{name}"),
    Read(_STATISTICS, "--columns cpu.{name},memory.{name}", of=_MEASURED, having=_OF_RANGES),
    Read(_STATISTICS, "--columns cpu.{name},memory.{name} --since 1h", of=_MEASURED),
    Read(_STATISTICS, "--columns cpu.{name},memory.{name} --since {}", of=_MEASURED),
    Read("--agg=sum, --aggregation=sum, --func=sum", "", of=_MEASURED, having="--by", remark="groups are sums"),
    Read("--agg=sum, --aggregation=sum, --func=sum", "--sum", of="nodes, pods"),
    *(
        row
        for typed, c3s in (
            ("--mean, --average, --agg=mean, --agg=average", "--columns cpu.avg,memory.avg"),
            ("--median, --agg=median", "--columns cpu.p50,memory.p50"),
            ("--percentile, --quantile", "--columns cpu.p{%},memory.p{%}"),
            ("--agg, --aggregation, --stat, --func", "--columns cpu.{},memory.{}"),
        )
        for row in (Read(typed, c3s, having=_OF_RANGES), Read(typed, f"{c3s} --since 1h"))
    ),
    Read("--metric, --metrics, --resource, --only", "--columns {}", of=_MEASURED),
    Read("-L, --label-columns, --label-column", "--columns +label:{}"),
    # Formats.
    Read("--json, --yaml, --csv, --tsv, --wide, --markdown", "--output {name}"),
    Read("--output=ndjson, --output=jsonl, --output=json-lines", f"--output 'jsonpath={_LINES}'"),
    Read("--output=text, --output=plain, --output=pretty", "--output table"),
    Read("--output=value={}", "--output value --columns {}", having="--unit"),
    Read("--output=value={}", "--output value --columns {}", remark="amounts are nanocores and bytes without --unit"),
    Read("--units={}", "--unit {}"),
    Read("--output=csv={}", "--output csv --columns {}"),
    Read("--output=tsv={}", "--output tsv --columns {}"),
    Read("--no-color, --no-colour", "--color never"),
    # Times and sources.
    Read("-f, --file, --filename, --input, --recording", "--from {}", of="nodes, pods, cluster, volumes"),
    Read("--offset, --ago", "--at -{}"),
    Read("--prometheus", "--from prometheus"),
    Read("--prometheus, --prometheus-url, --source", "--from {}"),
    Read("--from-file, --replay, --recording", "--from {}"),
    Read("--per=month, --per=week, --per=day, --per=hour", "", of=_MEASURED, remark="hoursPerMonth of --prices counts"),
    # Another name of a flag.
    Read("--all, --all-ns", "--all-namespaces"),
    Read("--all-clusters", "--all-contexts"),
    Read("--clusters, --contexts", "--context {}"),
    Read("--ns, --namespaces, --in", "--namespace {}"),
    Read("--label, --labels, --label-selector, --node-labels, --node-selector, --pod-labels", "--selector {}"),
    Read("--group-by, --groupby, --group, --aggregate, --sum-by, --per, -g", "--by {}"),
    Read("--per-node, --per-namespace, --per-owner, --per-pool, --per-zone, --by-namespace, --by-node", "--by {rest}"),
    Read("--by-label, --per-label", "--by label:{}"),
    # kube-capacity has pods below their nodes.
    Read("--pods", "--columns +pods.count", of="pods", having="--by"),
    Read("--pods", "", of="pods", remark="the rows are pods"),
    Read("--filter, --if", "--where {}"),
    Read("--head", "--limit {}"),
    Read("--top, --topk, --largest, --biggest", "--limit {}", having="--sort-by"),
    Read("--top, --topk, --largest, --biggest", "--limit {} --sort-by cpu"),
    Read("--oldest", "--limit {} --sort-by age:desc", of="nodes, pods"),
    Read("--newest, --youngest", "--limit {} --sort-by age:asc", of="nodes, pods"),
    Read("--sort, --order-by, --sortby, --sort-key", "--sort-by {}"),
    Read("--total, --totals", "--sum"),
    Read("--total-only, --totals-only, --sum-only, --only-total", "--by context", of="nodes, pods"),
    Read("--column, --cols, --fields, --show", "--columns {}"),
    Read("--no-header, --noheaders", "--no-headers"),
    Read("--format, --formatter, --output-format", "--output {}"),
    Read("--last, --history, --period, --lookback, --past, --range, --window, --duration", "--since {}"),
    Read("--over", "--since {}", of=_MEASURED, having=_STATISTICS),
    Read("--during, --within", "--since {}", of=_MEASURED),
    Read("--days", "--since {}d"),
    Read("--hours", "--since {}h"),
    Read("--when, --time, --timestamp", "--at {}"),
    Read("--fail-on, --fail-when, --alert, --alert-if, --warn-if", "--fail-if {}"),
    Read("--exclude, --drain, --without-node", "--without {}"),
    Read("--remove, --remove-node, --remove-nodes", "--without {}", of="fit"),
    Read("--for, --until-any", "--until {}"),
    Read("--owner", "--workload {}"),
    Read("--count-by", "--by {} --columns +pods.count", of="pods"),
    Read("--pods, --nodes, --cluster", "columns {name}", of="columns"),
    Read("--demo", "", of="columns, completion, man", remark="no cluster is read"),
    Read("--to", "--end {}"),
    # What c3s does without being asked.
    Read("--chunk-size={}, --page-size={}", "", remark="c3s reads pages of its own size"),
    Read("--no-stream", "", remark="c3s top reads once"),
    Read("--usage, --show-usage", "", of=_MEASURED, remark="usage is shown"),
    Read("--raw, --exact", "", of=_MEASURED, having="--output, -o", remark="all formats but tables are exact"),
    Read("--bytes, --cores, --millicores, --mib, --gib", "--unit {name}"),
    Read("--no-trunc, --no-truncate", "", remark="names are never cut"),
    Read("--hide-requests, --hide-limits", "", remark="-o wide shows them"),
    Read("--human, --human-readable, --pretty", "", remark="tables are for people"),
    Read("-A, --all-namespaces, --verbose", "", of="doctor", remark="it examines all that it can"),
    Read("--readonly", "", remark="c3s changes nothing"),
)
