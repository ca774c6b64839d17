"""Lines with flags that mean something to one command, and what stands for a source."""

from __future__ import annotations

from typing import Final

# What is typed, the same in the words of c3s, and every remark on stderr.
TYPED_COMMANDS: Final[list[tuple[str, ...]]] = [
    (
        "fit --mem 1Gi --cpus 1 -r 2",
        "fit --memory 1Gi --cpu 1 --replicas 2",
        "--mem 1Gi is read as --memory 1Gi",
        "--cpus 1 is read as --cpu 1",
        "-r 2 is read as --replicas 2",
    ),
    (
        "fit --requests cpu=500m,memory=1Gi --limits cpu=1",
        "fit --cpu 500m --memory 1Gi",
        "--requests cpu=500m,memory=1Gi is read as --resource cpu=500m --resource memory=1Gi",
        "--limits cpu=1 is read as nothing: limits take no room on a node",
    ),
    ("record a.c3s --for 1m --count 1", "record a.c3s --duration 1m --count 1", "--for 1m is read as --duration 1m"),
    ("record --out a.c3s --count 1", "record a.c3s --count 1", "--out a.c3s is read as c3s record a.c3s"),
    ("record -f a.c3s --count 1", "record a.c3s --count 1", "-f a.c3s is read as c3s record a.c3s"),
    (
        "rightsize deploy/legacy-admin --from prometheus --history 2h --headroom 20%",
        "rightsize deploy/legacy-admin --from prometheus --since 2h --memory-buffer 20%",
        "--history 2h is read as --since 2h",
        "--headroom 20% is read as --memory-buffer 20%",
    ),
    (
        "top pods --from prometheus --since 3h --until 1h",
        "top pods --from prometheus --start 3h --end 1h",
        "--since 3h is read as --start 3h",
        "--until 1h is read as --end 1h",
    ),
    (
        "top pods --until cpu>1m",
        "watch pods --until cpu>1m",
        "--until 'cpu>1m' is read as c3s watch pods --until 'cpu>1m'",
    ),
    (
        "top cluster --interval 5 --count 1",
        "watch cluster --interval 5 --count 1",
        "--interval 5 is read as c3s watch cluster --interval 5",
    ),
    ("top pods redis-0 -w --count 1", "watch pods redis-0 --count 1", "-w is read as c3s watch pods redis-0"),
    ("fit -m 1Gi -c 1", "fit --memory 1Gi --cpu 1", "-m 1Gi is read as --memory 1Gi", "-c 1 is read as --cpu 1"),
    (
        "rightsize deploy/legacy-admin -p prometheus --history_duration 2 --cpu-min-value 10 --use_oomkill_data",
        "rightsize deploy/legacy-admin --from prometheus --since 2h --cpu-min 10m",
        "-p prometheus is read as --from prometheus",
        "--history_duration 2 is read as --since 2h",
        "--cpu-min-value 10 is read as --cpu-min 10m",
        "--use_oomkill_data is read as nothing: OOM kills count",
    ),
    (
        "rightsize deploy/legacy-admin --from prometheus --since 2h --percentile 99",
        "rightsize deploy/legacy-admin --from prometheus --since 2h --cpu-percentile 99",
        "--percentile 99 is read as --cpu-percentile 99",
    ),
    (
        "rightsize deploy/legacy-admin --memory_min_value 100 --cpu_percentile 90",
        "rightsize deploy/legacy-admin --memory-min 100Mi --cpu-percentile 90",
        "--memory_min_value 100 is read as --memory-min 100Mi",
        "--cpu_percentile 90 is read as --cpu-percentile 90",
    ),
    ("top pods --stream --count 1", "watch pods --count 1", "--stream is read as c3s watch pods"),
    (
        "top pods -c proxy",
        "top pods --containers --where container=proxy",
        "-c proxy is read as --containers --where 'container = \"proxy\"'",
    ),
    (
        "top pods --cpu-threshold 500m --memory-threshold 1Gi",
        "top pods --fail-if cpu>500m --fail-if memory>1Gi",
        "--cpu-threshold 500m is read as --fail-if 'cpu > 500m'",
        "--memory-threshold 1Gi is read as --fail-if 'memory > 1Gi'",
    ),
    (
        "top nodes --free",
        "top nodes --columns cpu.free,memory.free",
        "--free is read as --columns cpu.free,memory.free",
    ),
    (
        "top pods --from prometheus --max 10m",
        "top pods --from prometheus --columns cpu.max,memory.max --since 10m",
        "--max 10m is read as --columns cpu.max,memory.max --since 10m",
    ),
    (
        "top pods --from prometheus --max",
        "top pods --from prometheus --columns cpu.max,memory.max --since 1h",
        "--max is read as --columns cpu.max,memory.max --since 1h",
    ),
    (
        "top pods --from prometheus --since 10m --mean --median",
        "top pods --from prometheus --since 10m --columns cpu.avg,memory.avg,cpu.p50,memory.p50",
        "--mean is read as --columns cpu.avg,memory.avg",
        "--median is read as --columns cpu.p50,memory.p50",
    ),
    (
        "top pods --sort-by=.status.containerStatuses[0].restartCount",
        "top pods --sort-by restarts",
        "--sort-by '.status.containerStatuses[0].restartCount' is read as --sort-by restarts",
    ),
    (
        "top pods --sort-by=.metadata.creationTimestamp",
        "top pods --sort-by age",
        "--sort-by .metadata.creationTimestamp is read as --sort-by age",
    ),
    (
        "top pods --sort-by .metadata.name",
        "top pods --sort-by name",
        "--sort-by .metadata.name is read as --sort-by name",
    ),
    ("top pods -A --topk 3", "top pods -A --limit 3 --sort-by cpu", "--topk 3 is read as --limit 3 --sort-by cpu"),
    ("top pods -A --top 3 --sort-by memory", "top pods -A --limit 3 --sort-by memory", "--top 3 is read as --limit 3"),
    (
        "top pods --chunk-size=500 --no-trunc",
        "top pods",
        "--chunk-size 500 is read as nothing: c3s reads pages of its own size",
        "--no-trunc is read as nothing: names are never cut",
    ),
    (
        "top nodes --no-stream --hide-limits",
        "top nodes",
        "--no-stream is read as nothing: c3s top reads once",
        "--hide-limits is read as nothing: -o wide shows them",
    ),
    ("watch nodes --readonly --count 1", "watch nodes --count 1", "--readonly is read as nothing: c3s changes nothing"),
    ("fit --like deploy/web", "fit deploy/web", "--like deploy/web is read as c3s fit deploy/web"),
    ("columns nodes --demo", "columns nodes", "--demo is read as nothing: no cluster is read"),
    (
        "top pods -n default --from prometheus --last hour",
        "top pods -n default --from prometheus --since 1h",
        "--last hour is read as --since hour",
    ),
    (
        "top pods -n default --from prometheus --since '30 min'",
        "top pods -n default --from prometheus --since 30m",
    ),
    ("record --once a.c3s", "record --count 1 a.c3s", "--once is read as --count 1"),
    ("top pods b.c3s", "top pods --from b.c3s", "top pods b.c3s is read as c3s top pods --from b.c3s"),
    (
        "diff prices.yaml now",
        "diff prices.yaml --after now",
        "diff prices.yaml now is read as c3s diff prices.yaml --after now",
    ),
    (
        "diff 2h 1h -n default --from prometheus",
        "diff --before 2h --after 1h -n default --from prometheus",
        "diff 2h 1h is read as c3s diff --before 2h --after 1h",
    ),
    (
        "top pods -n default --sum -o value=cpu",
        "top pods -n default --by context -o value --columns cpu",
        "-o value=cpu is read as --output value --columns cpu; amounts are nanocores and bytes without --unit",
        "--sum with -o value is read as --by context, whose rows are sums",
    ),
    ("fit --remove-node spot-1", "fit --without spot-1", "--remove-node spot-1 is read as --without spot-1"),
    ("doctor -A", "doctor", "-A is read as nothing: it examines all that it can"),
    (
        "diff deploy web --before 2h --from prometheus",
        "diff deploy/web --before 2h --from prometheus",
        "diff deploy web is read as c3s diff deploy/web",
    ),
    (
        "rightsize ns team-ml --from prometheus --since 2h",
        "rightsize -n team-ml --from prometheus --since 2h",
        "rightsize ns team-ml is read as c3s rightsize --namespace team-ml",
    ),
    ("rightsize --mem-buffer 20", "rightsize --memory-buffer 20", "--mem-buffer 20 is read as --memory-buffer 20"),
    (
        "top pods --interval 5 -w --count 1",
        "watch pods --interval 5 --count 1",
        "--interval 5 is read as c3s watch pods --interval 5",
    ),
    (
        "top pods -w --every 5 --count 1",
        "watch pods --interval 5 --count 1",
        "-w is read as c3s watch pods",
        "--every 5 is read as --interval 5",
    ),
    (
        "top pods -n default --from '2 hours ago' --to 1h",
        "top pods -n default --start '2 hours ago' --end 1h --from prometheus",
        "--from '2 hours ago' is read as --start '2 hours ago'",
        "--to 1h is read as --end 1h",
        "--start without --from is read as --from prometheus, the one in the cluster",
    ),
    ("top volumes -A", "top volumes -A --from kubelet", "volumes without --from is read as --from kubelet"),
    (
        "top volumes -A --at -1h",
        "top volumes -A --at -1h --from prometheus",
        "--at without --from is read as --from prometheus, the one in the cluster",
    ),
]
