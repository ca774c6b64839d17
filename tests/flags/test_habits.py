"""Words and flags of other tools that are read as those of c3s."""

from __future__ import annotations

from pathlib import Path

import pytest

from c3s_cli.flags.habits import OF_NODES, OF_PODS, RENAMED, SWITCHES, VALUED, VALUED_OF_PODS
from c3s_cli.flags.kubectl_equivalents import COMMANDS, THINGS
from tests.conftest import Run

OOM = "top pods -A --where 'oomKilled = true' --columns default,restarts,lastTermination.reason"
KILLED = "top pods -A --where 'oomKills > 0' --columns default,oomKills,restarts,lastTermination.reason"
VOLUMES = "top volumes --from kubelet"
PAST = "--from prometheus --since 10m"
PENDING = "top pods -A --where 'status = Pending' --columns age,pending"
THROTTLED = "top pods -A --from prometheus --columns default,throttled --sort-by throttled:desc"
LIMITS = "default,cpu.requests,cpu.limits,memory.requests,memory.limits"
REQUESTS = "cpu.requests,memory.requests"
FREE = "top nodes --columns cpu.free,memory.free"


@pytest.mark.parametrize(
    ("typed", "meant", "remarks"),
    [
        # Flags with another name.
        ("top pods -A --group-by node", "top pods -A --by node", ["--group-by node is read as --by node"]),
        ("top pods -A --filter cpu>1", "top pods -A --where cpu>1", ["--filter 'cpu>1' is read as --where 'cpu>1'"]),
        (
            "top pods --all --head=3",
            "top pods -A --limit 3",
            ["--all is read as --all-namespaces", "--head 3 is read as --limit 3"],
        ),
        ("top nodes --sort cpu --total", "top nodes --sort-by cpu --sum", ["--sort cpu", "--total is read as --sum"]),
        (
            "top nodes --node-labels kubernetes.io/os=linux",
            "top nodes -l kubernetes.io/os=linux",
            ["--node-labels kubernetes.io/os=linux is read as"],
        ),
        ("fit --mem 1Gi -r 2", "fit --memory 1Gi --replicas 2", ["--mem 1Gi", "-r 2 is read as --replicas 2"]),
        ("fit --drain spot-1", "fit --without spot-1", ["--drain spot-1 is read as --without spot-1"]),
        # Flags that stand for a condition go with every condition that is given.
        (
            "top pods -A --node general-1,general-2",
            "top pods -A --where 'node in (general-1, general-2)'",
            ['--node general-1,general-2 is read as --where \'node in ("general-1", "general-2")\''],
        ),
        (
            "top pods -A --no-limits --where cpu>100m --where memory>1Gi",
            "top pods -A --where 'cpu>100m, memory.limits=none' --where 'memory>1Gi, memory.limits = none'",
            ["--no-limits is read as --where 'memory.limits = none'"],
        ),
        (
            "top pods -A --exclude-namespace kube-system --grep ^web",
            "top pods -A --where 'namespace != kube-system, name ~ ^web'",
            ["--exclude-namespace kube-system", "--grep '^web' is read as --where 'name ~ \"^web\"'"],
        ),
        (
            "top pods -A --where cpu>1 --exclude-namespace a'b",
            "top pods -A --where cpu>1",
            ["--exclude-namespace"],
        ),
        ("top pods -A --pending", "top pods -A --where status=Pending", ["--pending is read as"]),
        ("pods -A --oom-killed", "top pods -A --where oomKilled=true", ["--oom-killed is read as"]),
        ("pods -A --qos BestEffort", "top pods -A --where qosClass=BestEffort", ["--qos BestEffort is read as"]),
        ("pods -A --no-requests", "top pods -A --where memory.requests=0", ["--no-requests is read as"]),
        # Flags that stand for columns add to those that are shown.
        ("top nodes --node spot-1", "top nodes --where name=spot-1", ["--node spot-1 is read as"]),
        ("top nodes --gpu", "top nodes --columns default,gpu", ["--gpu is read as --columns default,gpu"]),
        ("top pods --restarts --age", "top pods --columns default,restarts,age", ["--restarts", "--age"]),
        ("top pods --columns cpu -L app", "top pods --columns cpu,label:app", ["-L app"]),
        ("top nodes --pod-count", "top nodes --columns default,pods", ["--pod-count"]),
        ("top nodes --util --json", "top nodes -o json", ["--util", "--json is read as --output json"]),
        (
            "top pods --prometheus --past 1h --p95 --p99",
            "top pods --from prometheus --since 1h --columns cpu.p95,memory.p95,cpu.p99,memory.p99",
            ["--prometheus is read as --from prometheus", "--past 1h", "--p95", "--p99"],
        ),
        (
            "top deploy --from prometheus --range 1h --agg p95",
            "top deploy --from prometheus --since 1h --p95",
            ["--range 1h is read as --since 1h", "--agg p95 is read as --columns cpu.p95,memory.p95"],
        ),
        (
            "history pod postgres-0 -n team-checkout --from prometheus --since 1h --step 30m",
            "top pod postgres-0 -n team-checkout --from prometheus --since 1h --step 30m --series",
            ["history is read as c3s top --series"],
        ),
        (
            "top pods --from prometheus --since 1h --percentile 0.9",
            "top pods --from prometheus --since 1h --columns cpu.p9,memory.p9",
            ["--percentile 0.9"],
        ),
        ("top nodes --from prometheus --offset 1h", "top nodes --from prometheus --at -1h", ["--offset 1h"]),
        ("top pods -A --sort mem --desc", "top pods -A --sort-by mem:desc", ["--sort mem", "--desc is read as"]),
        ("top pods --sort-by name,cpu:asc --desc", "top pods --sort-by name:desc,cpu:asc", ["--desc is read as"]),
        (
            "top pods --sort mem,name --reverse",
            "top pods --sort-by mem:asc,name:desc",
            ["--sort mem,name", "--reverse"],
        ),
        ("top nodes --no-color", "top nodes --color never", ["--no-color is read as --color never"]),
        ("top nodes --columns requests,free", f"top nodes --columns {REQUESTS},cpu.free,memory.free", []),
        (
            "top pods -A --unhealthy --ignore-namespace batch",
            "top pods -A --where 'ready.count < ready.expected, namespace != batch' --columns ready,waiting,restarts",
            ["--unhealthy is read as --where 'ready.count < ready.expected' --columns", "--ignore-namespace batch"],
        ),
        ("top nodes --asc", "top nodes --sort-by cpu:asc", ["--asc is read as --sort-by COLUMN:asc"]),
        (
            "top pods --min-cpu 90m --max-memory 1Gi",
            "top pods --where cpu>=90m,memory<=1Gi",
            ["--min-cpu", "--max-mem"],
        ),
        (
            "top pods --from prometheus --since 3h --until 1h",
            "top pods --from prometheus --since 3h --end -1h",
            ["--until is read as --end"],
        ),
        (
            "top pods --from prometheus --start 3h --to 1h",
            "top pods --from prometheus --start -3h --end -1h",
            ["--to 1h is read as --end 1h"],
        ),
        ("top nodes -o csv --unit m,Gi", "top nodes -o csv --unit millicores,GiB", []),
        ("top deploy web --containers", "top deploy/web --containers", []),
        # Words.
        ("get pods", "top pods", ["get pods is read as c3s top pods"]),
        ("get no spot-1", "top nodes spot-1", ["get no is read as c3s top nodes"]),
        ("get deployments -A", "top deployments -A", ["get deployments"]),
        ("describe pod redis-0", "top pods redis-0 --explain", ["describe pod is read as c3s top pods --explain"]),
        ("describe deploy web", "top deploy web", ["describe deploy"]),
        ("deploy web", "top deploy web", ["deploy is read as c3s top deploy"]),
        ("ns", "top ns", ["ns is read as c3s top ns"]),
        (
            "drain spot-1",
            "fit --without spot-1",
            ["drain spot-1 is read as c3s fit --without=spot-1; nothing is drained"],
        ),
        (
            "drain spot-1 spot-2 --ignore-daemonsets --delete-emptydir-data --dry-run=client",
            "fit --without spot-1 --without spot-2",
            ["drain spot-1 spot-2", "--ignore-daemonsets is read as nothing: ", "--delete-emptydir-data", "--dry-run"],
        ),
        ("stats pods", "top pods", ["stats is read as c3s top"]),
        ("top limits --limit 1", f"top pods -A --columns {LIMITS} --limit 1", ["top limits is read as"]),
        ("krr simple", "rightsize", ["krr simple is read as c3s rightsize"]),
        ("oom", OOM, [f"oom is read as c3s {OOM}"]),
        ("OOMKilled -n default", OOM.replace("-A", "-n default"), ["OOMKilled is read as"]),
        ("top ooms", OOM, ["top ooms is read as"]),
        ("top pending", PENDING, ["top pending is read as"]),
        ("throttling", THROTTLED, ["throttling is read as"]),
        ("gpus", "top nodes --columns default,gpu", ["gpus is read as"]),
        ("headroom", FREE, ["headroom is read as"]),
        ("top containers redis-0", "top pods --containers redis-0", ["top containers is read as"]),
        ("top all", "top pods -A", ["top all is read as c3s top pods -A"]),
        ("top clusters", "top cluster", ["top clusters is read as c3s top cluster"]),
        ("watch pool --count 1", "watch nodes --by pool --count 1", ["watch pool"]),
        ("watch top pods --count 1", "watch pods --count 1", ["watch top is read as c3s watch"]),
        ("top pods -w --count 1", "watch pods --count 1", ["top with -w is read as c3s watch"]),
        ("top cluster --interval 5 --count 1", "watch cluster --count 1", ["top with --interval is read as c3s watch"]),
        ("top ns --watch --count 1", "watch ns --count 1", ["top with --watch is read as c3s watch"]),
        ("top --watch --count 1", "watch --count 1", ["top with --watch is read as c3s watch"]),
        ("pods --until cpu>1m", "watch pods --until cpu>1m", ["pods with --until is read as c3s watch"]),
        (
            "wait deploy/web --for cpu<9 --timeout 60s",
            "watch deploy/web --until-all cpu<9 --timeout 60s",
            ["wait is read as c3s watch"],
        ),
        (
            "wait node/spot-1 --for cpu>=0 --timeout 60s",
            "watch nodes spot-1 --until-all cpu>=0 --timeout 60s",
            ["wait is read as c3s watch"],
        ),
        (
            "wait pod/redis-0 --for cpu>=0 --timeout 60s",
            "watch pods redis-0 --until-all cpu>=0 --timeout 60s",
            ["wait is read as c3s watch"],
        ),
        # One object, as kubectl writes it.
        ("top pod/redis-0", "top pods redis-0", []),
        ("top no/spot-1 -o name", "top nodes spot-1 -o name", []),
        ("watch nodes/spot-1 --count 1", "watch nodes spot-1 --count 1", []),
        # The volumes, which only kubelets know without a Prometheus.
        ("top pvc", VOLUMES, [f"top pvc is read as c3s {VOLUMES}"]),
        ("pvc -A", f"{VOLUMES} -A", ["pvc is read as c3s top volumes --from kubelet"]),
        (
            "get pvc --source prometheus",
            "top volumes --from prometheus",
            ["get pvc is read as c3s top vol", "--source"],
        ),
        # Kills in a range are not the pods that were killed last, at any time.
        (f"oom {PAST}", f"{KILLED} {PAST}", [f"oom is read as c3s {KILLED}"]),
        ("top ooms --last 10m --from prometheus", f"{KILLED} {PAST}", ["top ooms is read as", "--last 10m is read as"]),
        (
            "oom -n default --from prometheus --at -1h",
            OOM.replace("-A", "-n default --from prometheus --at -1h"),
            ["oom"],
        ),
    ],
)
def test_what_other_tools_call_it(demo: Run, typed: str, meant: str, remarks: list[str]) -> None:
    expected, result = demo(meant), demo(typed.replace("a'b", '"a\'b"'))
    assert (result.code, result.out) == (expected.code, expected.out)
    assert expected.code != 2
    said = result.err.removesuffix(expected.err).splitlines()
    assert len(said) == len(remarks)
    assert all(line.startswith(remark) for line, remark in zip(said, remarks, strict=True)), said


def test_every_word_stands_for_a_command_that_runs(run: Run) -> None:
    for phrase in dict.fromkeys((*(f"top {words}" for words in THINGS.values()), *COMMANDS.values())):
        assert run(f"{phrase} --help").code == 0
    for flags in (SWITCHES, OF_NODES, OF_PODS, VALUED, VALUED_OF_PODS):
        assert not {*flags} & {*RENAMED}


def test_a_prometheus_is_named_by_its_url(demo: Run) -> None:
    for flag in ("--prometheus http://127.0.0.1:1", "--prometheus-url=http://127.0.0.1:1"):
        result = demo(f"top nodes {flag}")
        assert result.err.startswith(f"{flag.replace('=', ' ')} is read as --from http://127.0.0.1:1\n")
        assert "127.0.0.1:1" in result.err.splitlines()[1]
        assert result.code == 1


def test_the_past_is_read_from_the_prometheus_of_the_cluster(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in ("top pods --since 1h", "top nodes --at -1h", "top ns --start -2h", "rightsize --since 2h"):
        flag = words.split()[2 if words.startswith("top") else 1]
        expected = demo(f"{words} --from prometheus")
        remark = f"{flag} without --from is read as --from prometheus, the one in the cluster\n"
        assert demo(words) == (expected.code, expected.out, remark + expected.err)
        assert expected.out
    patch = demo("rightsize deploy/legacy-admin -o patch --from prometheus")
    remark = "rightsize without --from is read as --from prometheus, the one in the cluster\n"
    assert demo("rightsize deploy/legacy-admin -o patch") == (patch.code, patch.out, remark + patch.err)
    assert demo("rightsize").err == demo("rightsize --from metrics").err
    monkeypatch.setenv("C3S_FROM", "kubelet")
    assert demo("top pods --since 1h").code == 2


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        ("top rs -A", "ReplicaSets of Deployments are not listed, their pods belong to these: c3s top deploy\n"),
        ("top jobs -A", "Jobs of CronJobs are not listed, their pods belong to these: c3s top cronjobs\n"),
    ],
)
def test_kinds_that_others_own_say_who(demo: Run, words: str, remark: str) -> None:
    assert remark in demo(words).err
    assert remark not in demo("top deploy -A").err


def test_the_demo_has_a_past_and_one_name(run: Run) -> None:
    result = run("rightsize deploy/legacy-admin --demo")
    assert (result.code, "no history" in result.out) == (0, False)
    assert run("contexts --demo").out.splitlines()[1].split()[:2] == ["*", "demo"]


def test_containers_of_groups_are_said_to_be_none(demo: Run) -> None:
    for words in ("top deploy -A", "top pods --by node"):
        plain, remark = demo(words), "--containers does nothing here: the rows are groups of pods\n"
        assert demo(f"{words} --containers") == (plain.code, plain.out, plain.err + remark)


def test_changes_that_are_none_have_a_reason(demo: Run) -> None:
    result = demo("rightsize deploy/search-api -n team-search -o resources --from prometheus --since 2h")
    reason = "2 of 2 containers have no recommendation: too little history: 2h of 24h\n"
    assert (result.code, result.out, result.err) == (5, "", reason)


def test_the_first_of_several_readings_is_said_in_a_log(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "load.c3s"
    said = demo(f"record {file} --count 2 -i 10ms").err.splitlines()
    assert [line.split(", ")[0] for line in said] == [f"{file}: 1 reading", f"{file}: 2 readings"]
    assert len(demo(f"record {tmp_path}/one.c3s --count 1").err.splitlines()) == 1


def test_the_file_of_a_recording_after_o(demo: Run, tmp_path: Path) -> None:
    assert demo(f"record -o {tmp_path}/load.c3s --for 1m --count 1").code == 0
    assert demo(f"snapshot {tmp_path}/other.c3s").code == 2
    assert (tmp_path / "load.c3s").exists()


def test_costs_need_prices(demo: Run, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, default: {coreHour: 0.034, gibHour: 0.0045}}")
    assert demo(f"cost --prices {prices}").out == demo(f"top pods -A --by namespace --prices {prices}").out


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        # What kubectl alone can wait for.
        ("wait pod/web --for=condition=Ready", "hint: c3s reads load and changes nothing: kubectl wait does that"),
        ("wait pod/web --for delete", "hint: c3s reads load and changes nothing: kubectl wait does that"),
        # A flag without its value, a flag of rows that these are not, a column that there is not.
        ("top pods -L", "See 'c3s top pods --help' for usage."),
        ("top pods --older", "See 'c3s top pods --help' for usage."),
        ("top cluster --restarts", "hint: c3s top pods --columns default,restarts shows that column"),
    ],
)
def test_what_is_not_meant(demo: Run, typed: str, last: str) -> None:
    result = demo(typed)
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", last)


def test_what_kubectl_auth_asks_is_what_the_doctor_says(demo: Run) -> None:
    result = demo("auth can-i get pods")
    assert result.err.startswith("auth can-i get pods is read as c3s doctor\n")
    assert result.out.startswith("CHECK ")
