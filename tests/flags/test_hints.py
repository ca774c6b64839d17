"""Hints for words that people know from other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run

PRICES = "{currency: EUR, hoursPerMonth: 730, default: {coreHour: 0.034, gibHour: 0.0045, gpuHour: 1.10}}"
COST = f"top pods -A --by namespace --prices <(echo '{PRICES}')"
SAMPLE = "These prices are a sample; hoursPerMonth 168 is a week, and docs/cost.md has prices by label"
SIDES = "c3s diff --before 2h reads a Prometheus, c3s diff BEFORE AFTER recordings or what -o json printed"
CHECK = "did you mean c3s top pods -A --fail-if 'memory% > 90'?"
IN_COLUMNS = "c3s top pods --output tsv --columns"
REASONS = "pending or waiting or lastTermination.reason"
QUOTA = "c3s shows no quotas: kubectl describe quota does; c3s fit -f FILE counts them"


HINTS = [
    ("top pods --by label=team", "did you mean label:team?"),
    ("top pods -o md", "did you mean -o markdown?"),
    ("top volumes --above 80%", "--where 'used% > 80' keeps what is above"),
    ("doctor --node n1", "c3s doctor looks at all nodes, and names those with findings"),
    ("top ns --cost", "--prices FILE adds what nodes cost: see docs/cost.md"),
    ("top pods -o custom", "-o custom-columns=NAME:.name,CPU:.cpu.usage prints columns"),
    ("top pods -o html", "-o markdown is a table that a page can show"),
    ("top pods -o svg", "-o markdown is a table that a page can show"),
    ("top nodes a b -o json", "did you mean c3s top nodes -o json --where 'name in (a, b)'?"),
    ("describe", "did you mean c3s top nodes NAME --explain?"),
    ("cost", f"did you mean c3s {COST}? {SAMPLE}"),
    (
        "costs --by label:team --per month",
        f"did you mean c3s top pods -A --prices <(echo '{PRICES}') --by label:team? {SAMPLE}",
    ),
    # What no command has is left out.
    ("cost ns --nosuch --savings", f"did you mean c3s top ns --prices <(echo '{PRICES}')? {SAMPLE}"),
    ("-n batch", "did you mean c3s top pods -n batch?"),
    ("top ns --quota", QUOTA),
    ("stern web", "c3s reads no logs: kubectl logs shows those of a pod"),
    ("fit --cpu 1 --max", "the column FITS says how many fit on each node, --sum how many on all"),
    ("rightsize --fileoutput a.csv", "c3s prints to stdout: c3s rightsize > FILE"),
    # A flag that is named like a column, with a number.
    ("top pods -A --restarts 5", "did you mean c3s top pods -A --where 'restarts >= 5'?"),
    ("top pods --age=1h -o json", "did you mean c3s top pods -o json --where 'age >= 1h'?"),
    ("top pods --cpu 500m --where 'age > 1h'", "did you mean c3s top pods --where 'age > 1h, cpu >= 500m'?"),
    ("top nodes --cpu 80%", "did you mean c3s top nodes --where 'cpu% >= 80%'?"),
    ("watch nodes --memory 80", "did you mean c3s watch nodes --where 'memory% >= 80'?"),
    ("check", CHECK),
    ("check metrics", CHECK),
    ("check nodes", "did you mean c3s top nodes --fail-if 'memory% > 90'?"),
    ("check -n batch -o json", "did you mean c3s top pods --fail-if 'memory% > 90' -n batch -o json?"),
    ("cordon spot-1 spot-2", "did you mean c3s fit --without spot-1 --without spot-2?"),
    ("use-context prod", "--context NAME reads that cluster; c3s contexts lists them"),
    ("doctor --fix", "c3s changes nothing: each finding says what to do"),
    (
        "watch nodes --until cpu>1 -q",
        "for the exit code alone, redirect the table: c3s watch nodes --until 'cpu>1' >/dev/null",
    ),
    ("top pods --network", "c3s shows CPU, memory and volumes: no source reports the network"),
    ("top pods --image", "c3s has no such column: kubectl get pods -o wide shows it"),
    (
        "top pods --fail-if 'sum(cpu) > 4 or memory < 1Mi'",
        "--by context makes one row of sums: ask about sums and about single rows in two commands",
    ),
    ("status", "c3s top cluster shows the load, and c3s doctor what is broken"),
    ("top pods -A --rate 5m", "usage of the CPU is a rate: --since 5m shows its average"),
    ("options", "did you mean c3s help top nodes?"),
    ("replay", "did you mean c3s watch --from FILE?"),
    ("doctor --fail-on warning", "c3s doctor ends with 1 if something is broken"),
    ("help keys", "c3s watch pods --help has the keys of the live view"),
    ("help formats", "c3s top pods --help has the formats of -o"),
    ("help sources", "c3s top pods --help has the sources of --from"),
    ("help flags", "c3s top pods --help has the flags"),
    (
        "top pods --evicted",
        "pods that have ended use nothing and have no rows: kubectl get pods --field-selector status.phase=Failed",
    ),
    ("fit --cpu 1 --fail-if x", "the exit code is 3 if not all pods fit"),
    (
        "fit --storage 1Gi",
        "--resource ephemeral-storage=1Gi requests storage of the node; volumes are not considered",
    ),
    ("fit -k dir", "kubectl kustomize DIR | c3s fit -f - places what kustomize builds"),
    ("top pods --threshold 80", "did you mean --fail-if?"),
    ("top cluster --explain", "c3s top pods NAME --explain shows it once"),
    ("top pods --show-labels", "--columns default,label:KEY shows a label"),
    ("top pods --template x", "-o jsonpath=TEMPLATE takes a template"),
    ("top pods --exit-code", "--fail-if CONDITION makes the exit code 3"),
    ("top pods -q", "-o name prints the names alone"),
    ("top pods -A --exclude batch", "--exclude-namespace and --exclude-name leave out pods"),
    (
        "top ns batch --no-headers --columns memory -o wide --unit GiB",
        f"did you mean {IN_COLUMNS} namespace,memory.usage --by namespace -n batch --no-headers --unit GiB?",
    ),
    (
        "top pods -A --containers --unit bytes",
        f"did you mean {IN_COLUMNS} namespace,name,container,cpu.usage,memory.usage -A --containers --unit bytes?",
    ),
    ("top cluster --restarts -o json", "c3s top pods --columns default,restarts -o json shows that column"),
    ("alerts", CHECK),
    ("gate", CHECK),
    ("snapshot", "did you mean c3s record FILE --count 1?"),
    ("quota", QUOTA),
    ("top quotas", QUOTA),
    ("get quota", QUOTA),
    ("top pods --units", "--unit bytes prints bytes, also with -o value"),
    (
        "top pods --where reason=OOMKilled",
        f"did you mean {REASONS}? `c3s columns` lists them all",
    ),
    ("top pods --where container=api", "--containers shows a row for each container"),
    ("top pod,node", "did you mean c3s top pods?"),
    ("columns memory", "to find a column: c3s columns | grep memory"),
    ("top pods --sort-by p95", "did you mean cpu.p95 or memory.p95? `c3s columns` lists them all"),
    ("fit --cpu 1 --add-node general", "--missing says how many more nodes would make everything fit"),
    (
        "rightsize deploy/web --apply",
        "c3s changes nothing: c3s rightsize deploy/web -o patch prints the commands that do",
    ),
    ("top pods -A --out a.csv -o csv", "c3s prints to stdout: c3s top pods -A -o csv > FILE"),
    ("top pods --percentiles 50,95", "--columns cpu.p50,cpu.p95,cpu.p99 shows several"),
    ("top pods --chart", "c3s watch pods --trend draws trends, and --series prints curves"),
    (
        "top pods --diff",
        f"c3s diff does that: {SIDES}",
    ),
    ("drain -l pool=spot", "did you mean c3s fit --without NODE, or --without-where 'pool = spot'?"),
    ("top cluster -c app", "--containers shows a row for each container"),
    ("top pods --above 500m", "--where 'cpu > 500m' keeps what is above; --since 24h is a range"),
    ("top workloads -A --kind Pod", "c3s top statefulsets shows one kind, and so with every other"),
    ("top pods -A --columns name,message", f"did you mean {REASONS}? `c3s columns` lists them all"),
    ("top pods --assert cpu<1", "--fail-if CONDITION is the opposite: the exit code is 3 if a row matches"),
    ("top pods --query up", "c3s sends queries of its own: -v 8 shows them"),
    ("query up", "c3s sends queries of its own: -v 8 shows them"),
    ("get secrets -A", "c3s reads load and changes nothing: kubectl get does that"),
    ("get svc", "its load is that of its pods: c3s top pods -l SELECTOR, or c3s top workloads"),
    ("top svc", "its load is that of its pods: c3s top pods -l SELECTOR, or c3s top workloads"),
    ("watch ingress/web", "its load is that of its pods: c3s watch pods -l SELECTOR, or c3s watch workloads"),
    ("logs web-1", "c3s reads load and changes nothing: kubectl logs does that"),
    ("recommend --strategy p95", "--cpu-percentile N and --memory-buffer PERCENT are the rule"),
    ("fit --cpu 1 --from 3h", "--from is a source, and --since or --start a time: --start 3h"),
    ("top pods -n !a,b", "-A --where 'namespace not in (a,b)' leaves them out"),
    ("top pods --raw", "-o csv prints exact numbers; --unit bytes or --unit cores,MiB sets the units"),
    ("help where", "c3s top pods --help has the language of --where"),
    ("top nodes --columns os", "did you mean label:kubernetes.io/os? `c3s columns` lists them all"),
    ("top pods --columns image", "c3s has no such column: kubectl get pods -o wide shows it"),
    (
        "top pods --columns label:*",
        'write labels as label:app or labels["app"], and other resources as resources["nvidia.com/gpu"].requests',
    ),
    ("top pods --by label:*", "write one label, such as label:team"),
    ("top cluster --sort-by waste", "did you mean cpu.unused or memory.unused? `c3s columns` lists them all"),
    (
        "rightsize --cpu-buffer 20",
        "--cpu-percentile N is the rule for the CPU; --memory-buffer PERCENT adds to the memory",
    ),
    ("top volumes --from kubelet --sort-by usage", "did you mean used% or used? `c3s columns` lists them all"),
    ("top volumes --from kubelet --sort-by percent", "did you mean used%? `c3s columns` lists them all"),
    ("top pods --unit Gi --sep ';'", "-o csv separates by commas, -o tsv by tabs"),
    ("top nodes --columns throttled", "throttled is a column of pods: c3s top pods"),
    ("top pods --where team=ml", "did you mean label:team? `c3s columns` lists them all"),
    ("top nodes --where ready=false", "did you mean status? `c3s columns` lists them all"),
    ("top pods --where kind=Job", "did you mean owner? `c3s columns` lists them all"),
    ("top pods --fail-if crashloop", "did you mean waiting or status? `c3s columns` lists them all"),
    ("top nodes --fail-if 'not ready'", "write it as 'status != Ready' or 'status not in (Ready, Pending)'"),
    (
        "events -A --reason OOMKilled",
        "c3s reads no events: kubectl events does; c3s oom, c3s restarts and c3s pending say why pods fail",
    ),
    ("top pods --from prometheus --since 7", "write its unit, too: 7s, 7m, 7h or 7d"),
    ("top pods -o xlsx", "-o csv opens in a spreadsheet"),
    ("report", "c3s top pods -A -o csv prints rows for a spreadsheet, -o json for a program"),
    (
        "scale deploy/web",
        "c3s changes nothing: kubectl scale does; c3s fit deploy/NAME --replicas N says whether N pods fit",
    ),
    (
        "top pods --where '(restarts > 1 or cpu > 1) and name = a'",
        "and binds closer than or: instead of '(A or B) and C', write 'A and C or B and C'",
    ),
    ("top pods --fail-if count>0", "did you mean oomKills or restarts? `c3s columns` lists them all"),
    ("fit --cpu 1 --node a", "--where 'name = NODE' shows one node"),
    ("fit --memory 4", "did you mean --memory 4Gi?"),
    ("fit --memory 63", "did you mean --memory 63Gi?"),
    ("fit --memory 64", "did you mean --memory 64Mi?"),
    ("fit --memory 512", "did you mean --memory 512Mi?"),
    ("fit --memory 512m", "did you mean --memory 512Mi?"),
    ("fit --memory 1023Ki", "write it as 512Mi or 4Gi"),
    ("fit --resource memory=4", "did you mean --resource memory=4Gi?"),
    ("fit --resource ephemeral-storage=10", "did you mean --resource ephemeral-storage=10Gi?"),
]


@pytest.mark.parametrize(("words", "hint"), HINTS)
def test_a_word_of_another_tool_leads_to_the_right_one(run: Run, words: str, hint: str) -> None:
    code, out, err = run(words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.endswith(f"\nhint: {hint}\n")
    assert err.count("hint: ") == 1
    # What is suggested is a line that c3s reads.
    line = hint.partition("did you mean c3s ")[2].partition("?")[0]
    assert run(f"{line} --help").code == 0


def test_a_namespace_named_all_that_is_empty_offers_all_namespaces(demo: Run) -> None:
    hint = "hint: -A reads all namespaces; this is the namespace with the name all\n"
    assert demo("top pods -n all") == (0, "", f"No resources found in all namespace.\n{hint}")
    assert demo("top pods -n al").err == "No resources found in al namespace.\n"


def test_the_hints_run(demo: Run, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    assert demo(f"{COST.partition('<')[0]}{prices}").code == 0
    for condition in ("oomKilled = true", "memory.limits = none", "memory.requests = 0", "status = Pending"):
        code, out, err = demo("top", "pods", "-A", "--where", condition)
        assert (code, err) == (0, "")
        assert out.count("\n") > 1
    assert demo("top pods -A --from prometheus --columns default,throttled").code == 0
    assert demo("top nodes --columns default,gpu").code == 0


def test_a_file_in_this_directory_is_a_recording(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "hint: one of: metrics, " in run("top pods --from load.json").err
    (tmp_path / "load.json").write_text("")
    assert run("top pods --from load.json") == (1, "", "error: load.json is not a recording of c3s\n")


def test_no_metrics_of_selected_nodes_may_be_because_of_the_selector(run: Run, demo: Run, tmp_path: Path) -> None:
    hint = "hint: does any node match -l x=y,z?\n"
    expected = (1, "", f"error: metrics not available yet\n{hint}")
    assert demo("top nodes -l z,x=y") == expected
    assert demo(f"record {tmp_path}/load.c3s --count 1").code == 0
    assert run(f"top nodes -l z,x=y --from {tmp_path}/load.c3s") == expected


def test_short_names_are_names_in_any_case(demo: Run) -> None:
    names = demo("top pods -A --columns mem,mem%,memory%limits")
    assert (names.code, names) == (0, demo("top pods -A --columns MEM,Mem%,MEMORY%LIMITS"))


def test_amounts_from_a_mebibyte_on_are_meant(demo: Run) -> None:
    for amount in ("1Mi", "1048576", "2M", "0"):
        assert demo(f"fit --cpu 1m --memory {amount}").code == 0
    # Extended resources are counted, not measured in bytes.
    assert demo("fit --cpu 1m --resource nvidia.com/gpu=1 --tolerate nvidia.com/gpu").code == 0


def test_orders_and_labels_as_other_tools_write_them(demo: Run) -> None:
    for typed, same in (
        ("--sort-by 'namespace, cpu desc'", "--sort-by namespace,cpu:desc"),
        ("--sort-by memory,ASC,name", "--sort-by memory:asc,name"),
        ("--sort-by +cpu", "--sort-by cpu:asc"),
        ("--where 'labels.team = search'", "--where 'label:team = search'"),
        ("--columns name,label.app.kubernetes.io/name", "--columns name,label:app.kubernetes.io/name"),
    ):
        assert demo(f"top pods -A {typed}") == demo(f"top pods -A {same}")
        assert demo(f"top pods -A {typed}").code == 0


def test_a_name_in_all_namespaces_is_a_condition(demo: Run) -> None:
    result = demo("top pods redis-0 -A")
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith(" -A --where 'name = redis-0'?\n")


def test_paths_of_pods_in_templates_are_those_of_rows(demo: Run) -> None:
    for typed, same in (
        ("custom-columns=R:.requests.cpu,L:.limits.memory", "custom-columns=R:.cpu.requests,L:.memory.limits"),
        ("custom-columns=R:.spec.containers[*].resources.requests.cpu", "custom-columns=R:.cpu.requests"),
        ("jsonpath={.items[*].resources.limits.cpu}", "jsonpath={.items[*].cpu.limits}"),
        ("jsonpath={.items[*].spec.containers[0].resources.requests.memory}", "jsonpath={.items[*].memory.requests}"),
    ):
        expected = demo("top", "pods", "-o", same)
        assert demo("top", "pods", "-o", typed)[:2] == expected[:2]
        assert any(figure.isdecimal() for figure in expected.out.split())


def test_statistics_as_percentages_of_requests_and_limits(demo: Run) -> None:
    for name, column in (
        ("cpu.max%requests", "CPU-MAX(%REQUESTS)"),
        ("memory.p95/memory.limits", "MEMORY-P95(%LIMITS)"),
        ("mem.avg/limit", "MEMORY-AVG(%LIMITS)"),
    ):
        result = demo(f"top pods --from prometheus --since 1h --columns {name}")
        assert (result.code, result.out.split("\n")[0].split()) == (0, ["NAME", column])
