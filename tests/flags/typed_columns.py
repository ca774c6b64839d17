"""Lines with formats, columns and rows as other tools name them, one for each row of `flags/habits.py`."""

from __future__ import annotations

from typing import Final

GPUS: Final = "default,gpu.requests,gpu.allocatable"
# What is typed, the same in the words of c3s, and every remark on stderr.
TYPED_COLUMNS: Final[list[tuple[str, ...]]] = [
    # Formats.
    ("top nodes --json", "top nodes -o json", "--json is read as --output json"),
    (
        "top nodes --output value=name,cpu",
        "top nodes -o value --columns name,cpu",
        (
            "--output value=name,cpu is read as --output value --columns name,cpu; "
            "amounts are nanocores and bytes without --unit"
        ),
    ),
    (
        "top nodes --output csv=cpu",
        "top nodes -o csv --columns cpu",
        "--output csv=cpu is read as --output csv --columns cpu",
    ),
    (
        "top nodes --output tsv=cpu",
        "top nodes -o tsv --columns cpu",
        "--output tsv=cpu is read as --output tsv --columns cpu",
    ),
    (
        "top nodes --output value=cpu --units m",
        "top nodes -o value --columns cpu --unit m",
        "--output value=cpu is read as --output value --columns cpu",
        "--units m is read as --unit m",
    ),
    (
        "top workloads --sort-by waste",
        (
            "top workloads --columns default,cpu.requests,cpu.unused,memory.requests,memory.unused "
            "--sort-by cpu.unused:desc"
        ),
        (
            "--sort-by waste is read as --columns default,cpu.requests,cpu.unused,memory.requests,memory.unused "
            "--sort-by cpu.unused:desc"
        ),
    ),
    (
        "top pods --columns waste",
        "top pods --columns cpu.unused,memory.unused",
        "--columns waste is read as --columns cpu.unused,memory.unused",
    ),
    (
        "top pods -A --by namespace --by node",
        "top pods -A --by namespace,node",
        "several --by are read as --by namespace,node",
    ),
    (
        "top ns --pending",
        "top ns --where 'phase = Pending'",
        "--pending is read as --where 'phase = Pending'",
    ),
    ("top ns --where 'replicas > 5'", "top ns --where 'pods.count > 5'"),
    (
        "top ns --waste",
        "top ns --columns default,cpu.requests,cpu.unused,memory.requests,memory.unused",
        "--waste is read as --columns default,cpu.requests,cpu.unused,memory.requests,memory.unused",
    ),
    (
        "top nodes --by arch",
        "top nodes --by label:kubernetes.io/arch",
        "--by arch is read as label:kubernetes.io/arch",
    ),
    (
        "top pods -A --count-by node",
        "top pods -A --by node --columns default,pods.count",
        "--count-by node is read as --by node --columns default,pods.count",
    ),
    ("top pods --metric memory", "top pods --columns memory", "--metric memory is read as --columns memory"),
    ("top nodes --no-color", "top nodes --color never", "--no-color is read as --color never"),
    (
        "rightsize deploy/legacy-admin --output kubectl --from prometheus --since 2h",
        "rightsize deploy/legacy-admin -o patch --from prometheus --since 2h",
        "--output kubectl is read as --output patch",
    ),
    # Columns, which are added to those of the line, and their order.
    ("top nodes --util", "top nodes -o wide", "--util is read as --output wide"),
    (
        "top pods --util",
        "top pods --columns default,cpu%requests,memory%requests",
        "--util is read as --columns default,cpu%requests,memory%requests",
    ),
    (
        "top nodes --available",
        "top nodes --columns cpu.free,memory.free",
        "--available is read as --columns cpu.free,memory.free",
    ),
    ("top nodes --pod-count", "top nodes --columns default,pods", "--pod-count is read as --columns default,pods"),
    ("top nodes --gpus", f"top nodes --columns {GPUS}", f"--gpus is read as --columns {GPUS}"),
    (
        "top nodes --resources nvidia.com/gpu",
        f"top nodes --columns {GPUS}",
        f"--resources nvidia.com/gpu is read as --columns {GPUS}",
    ),
    (
        "top pods --requests --limits",
        "top pods --columns default,cpu.requests,memory.requests,cpu.limits,memory.limits",
        "--requests is read as --columns default,cpu.requests,memory.requests",
        "--limits is read as --columns default,cpu.limits,memory.limits",
    ),
    (
        "top pods --from prometheus --since 10m --p95 --p99",
        "top pods --from prometheus --since 10m --columns cpu.p95,memory.p95,cpu.p99,memory.p99",
        "--p95 is read as --columns cpu.p95,memory.p95",
        "--p99 is read as --columns cpu.p99,memory.p99",
    ),
    (
        "top pods --from prometheus --since 10m --percentile 0.9",
        "top pods --from prometheus --since 10m --columns cpu.p90,memory.p90",
        "--percentile 0.9 is read as --columns cpu.p90,memory.p90",
    ),
    (
        "top pods --from prometheus --since 10m --agg max",
        "top pods --from prometheus --since 10m --columns cpu.max,memory.max",
        "--agg max is read as --columns cpu.max,memory.max",
    ),
    (
        "top pods --columns cpu -L app",
        "top pods --columns cpu,label:app",
        "-L app is read as --columns default,label:app",
    ),
    (
        "top pods --restarts --age",
        "top pods --columns default,restarts,age",
        "--restarts is read as --columns default,restarts",
        "--age is read as --columns default,age",
    ),
    ("top nodes --asc", "top nodes --sort-by cpu:asc", "--asc is read as --sort-by COLUMN:asc"),
    (
        "top pods -A --sort mem --desc",
        "top pods -A --sort-by mem:desc",
        "--sort mem is read as --sort-by mem",
        "--desc is read as --sort-by COLUMN:desc",
    ),
    (
        "top pods --sort-by mem,name,cpu:asc --reverse",
        "top pods --sort-by mem:asc,name:desc,cpu:asc",
        "--reverse is read as --sort-by COLUMN:asc or COLUMN:desc",
        "cpu:asc keeps its direction",
    ),
    (
        "top pods -A --throttling",
        "top pods -A --columns default,throttled --from prometheus",
        "--throttling is read as --from prometheus --columns default,throttled; --where 'throttled > 0' keeps those",
    ),
    (
        "top pods -A --throttled --at -1h",
        "top pods -A --columns default,throttled --at -1h --from prometheus",
        "--throttled is read as --columns default,throttled; --where 'throttled > 0' keeps those",
        "--at without --from is read as --from prometheus, the one in the cluster",
    ),
    # Rows, and what c3s does without being asked.
    (
        "top pods -A --pod no,web",
        'top pods -A --where \'name in ("no", "web")\'',
        '--pod no,web is read as --where \'name in ("no", "web")\'',
    ),
    (
        "fit --cpu 1 --tolerations dedicated --scale 2",
        "fit --cpu 1 --tolerate dedicated --replicas 2",
        "--tolerations dedicated is read as --tolerate dedicated",
        "--scale 2 is read as --replicas 2",
    ),
    (
        "rightsize --workload deploy/legacy-admin --percentile 0.9",
        "rightsize deploy/legacy-admin --cpu-percentile 90",
        "--workload deploy/legacy-admin is read as c3s rightsize deploy/legacy-admin",
        "--percentile 0.9 is read as --cpu-percentile 90",
    ),
    (
        "rightsize --finding waste,fine",
        "rightsize --where 'finding in (waste, fine)'",
        '--finding waste,fine is read as --where \'finding in ("waste", "fine")\'',
    ),
    (
        "top nodes --zone eu-west-1a",
        "top nodes --where 'zone = eu-west-1a'",
        "--zone eu-west-1a is read as --where 'zone in (\"eu-west-1a\")'",
    ),
    (
        "top nodes --role control-plane",
        "top nodes --where 'roles ~ control-plane'",
        "--role control-plane is read as --where 'roles ~ \"control-plane\"'",
    ),
    (
        "top nodes --cordoned",
        "top nodes --where 'status ~ SchedulingDisabled' --columns default,schedulable",
        "--cordoned is read as --where 'schedulable ~ cordoned'",
    ),
    ("top pods --running", "top pods --where status=Running", "--running is read as --where 'status = Running'"),
    (
        "top pods -A --restarted",
        "top pods -A --where restarts>0 --columns default,restarts",
        "--restarted is read as --where 'restarts > 0' --columns default,restarts",
    ),
    (
        "top pods -A --best-effort",
        "top pods -A --where qosClass=BestEffort",
        "--best-effort is read as --where 'qosClass = BestEffort'",
    ),
    (
        "top pods -A --sort-by cpu --order asc",
        "top pods -A --sort-by cpu:asc",
        "--order asc is read as --sort-by COLUMN:asc",
    ),
    (
        "top pods -A --sort-by cpu --order=desc",
        "top pods -A --sort-by cpu:desc",
        "--order desc is read as --sort-by COLUMN:desc",
    ),
    ("top nodes --output text", "top nodes -o table", "--output text is read as --output table"),
    (
        "top nodes --status=Ready",
        "top nodes --where status=Ready",
        "--status Ready is read as --where 'status = \"Ready\"'",
    ),
    (
        "rightsize deploy/legacy-admin --from prometheus --hours 1",
        "rightsize deploy/legacy-admin --from prometheus --since 1h",
        "--hours 1 is read as --since 1h",
    ),
    (
        "rightsize deploy/legacy-admin --from prometheus --days 1",
        "rightsize deploy/legacy-admin --from prometheus --since 1d",
        "--days 1 is read as --since 1d",
    ),
    ("top nodes --human", "top nodes", "--human is read as nothing: tables are for people"),
    # A flag that is named like a column.
    (
        "top pods -A --restarts '>5' --cpu '< 1'",
        "top pods -A --where 'restarts > 5, cpu < 1'",
        "--restarts '>5' is read as --where 'restarts >5'",
        "--cpu '< 1' is read as --where 'cpu < 1'",
    ),
    ("top nodes --cpu '>40%'", "top nodes --where 'cpu% > 40'", "--cpu '>40%' is read as --where 'cpu% >40%'"),
    (
        "top pods -A --waiting CrashLoopBackOff",
        "top pods -A --where 'waiting = CrashLoopBackOff'",
        "--waiting CrashLoopBackOff is read as --where 'waiting = \"CrashLoopBackOff\"'",
    ),
    (
        "top pods --restarts redis-0",
        "top pods redis-0 --columns default,restarts",
        "--restarts is read as --columns default,restarts",
    ),
    (
        "top pods --from prometheus --since 30m --interval 10m",
        "top pods --from prometheus --since 30m --series --step 10m",
        "--interval 10m is read as --series --step 10m",
    ),
    # Flags of pods alone.
    (
        "wait -n default --for 'cpu < 9' --count 1",
        "watch pods -n default --until-all 'cpu < 9' --count 1",
        "wait is read as c3s watch",
        "--for 'cpu < 9' is read as --until-all 'cpu < 9'",
        "watch with -n is read as c3s watch pods",
    ),
    ("watch -A --count 1", "watch pods -A --count 1", "watch with -A is read as c3s watch pods"),
    # Columns are added to those of -o wide.
    ("top nodes -o wide --pod-count", "top nodes --columns wide,pods", "--pod-count is read as --columns wide,pods"),
    (
        "top pods -n default --wait-until 'cpu < 9' --count 1",
        "watch pods -n default --until-all 'cpu < 9' --count 1",
        "--wait-until 'cpu < 9' is read as c3s watch pods --until-all 'cpu < 9'",
    ),
    (
        "wait pods -n default --wait-until 'cpu < 9' --count 1",
        "watch pods -n default --until-all 'cpu < 9' --count 1",
        "wait is read as c3s watch",
        "--wait-until 'cpu < 9' is read as --until-all 'cpu < 9'",
    ),
    (
        "top pods -A --exclude-pod 'web*'",
        "top pods -A --where 'name !~ ^web'",
        "--exclude-pod 'web*' is read as --where 'name !~ \"^web.*$\"'",
    ),
    (
        "cost ns --savings --prices prices.yaml",
        "top ns --prices prices.yaml",
        "cost ns is read as c3s top ns",
        "--savings is read as nothing: COST-WASTE is what is not used",
    ),
    # krr and kube-capacity.
    (
        "simple -n default -f json",
        "rightsize -n default -o json",
        "simple is read as c3s rightsize",
        "-f json is read as --output json",
    ),
    (
        "krr simple -n default -f csv --resource deployments --memory-buffer-percentage 20",
        "rightsize deploy -n default -o csv --memory-buffer 20",
        "krr simple is read as c3s rightsize",
        "-f csv is read as --output csv",
        "--resource deployments is read as c3s rightsize deploy",
        "--memory-buffer-percentage 20 is read as --memory-buffer 20",
    ),
    (
        "kube-capacity --pods --containers",
        "top pods -A --containers -o wide",
        "kube-capacity is read as c3s top pods -A -o wide",
        "--pods is read as nothing: the rows are pods",
    ),
    (
        "kube-capacity -n batch",
        "top pods -n batch --by node -o wide",
        "kube-capacity is read as c3s top pods --by node -o wide",
    ),
    (
        "top pods -A --group-by deployment",
        "top deployments -A",
        "--group-by deployment is read as --by owner --workload Deployment",
    ),
    *(
        (f"top pods -A --by {word}", f"top {word} -A", f"--by {word} is read as --by owner --workload {kind}")
        for word, kind in (
            ("deploy", "Deployment"),
            ("statefulsets", "StatefulSet"),
            ("daemonset", "DaemonSet"),
            ("rs", "ReplicaSet"),
            ("jobs", "Job"),
            ("cj", "CronJob"),
            ("rollouts", "Rollout"),
        )
    ),
    ("get deploy,sts -A", "top deploy,sts -A", "get deploy,sts is read as c3s top deploy,sts"),
]
