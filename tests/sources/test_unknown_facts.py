"""--facts source: what kube-state-metrics does not tell is unknown, not 0 and not smaller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_prometheus import engine, matrix, vector

Series = list[tuple[str, dict[str, str], str]]
P = "kube_pod_"


def pod(name: str, phase: str = "Running", quality: str = "", node: str = "a") -> Series:
    who = {"namespace": "n", "pod": name}
    series = [(f"{P}info", {**who, "node": node}, "1"), (f"{P}status_phase", {**who, "phase": phase}, "1")]
    return series + ([(f"{P}status_qos_class", {**who, "qos_class": quality}, "1")] if quality else [])


def box(name: str, container: str, init: str = "", **resources: str) -> Series:
    """Give a container. init: "" for none, else its restart policy. resources: as requests_cpu="0.5"."""
    who = {"namespace": "n", "pod": name, "container": container}
    kind = "init_container" if init else "container"
    made = [(f"{P}{kind}_info", {**who, **({"restart_policy": init} if init == "Always" else {})}, "1")]
    for key, number in resources.items():
        what, _, resource = key.partition("_")
        made.append((f"{P}{kind}_resource_{what}", {**who, "resource": resource}, number))
    return made


def state(name: str, container: str, what: str, value: str = "1", init: str = "", **more: str) -> Series:
    labels = {"namespace": "n", "pod": name, "container": container, **more}
    return [(f"{P}{init}container_status_{what}", labels, value)]


@pytest.fixture
def store() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


def holds(store: FakeApi, *parts: Series) -> None:
    """Let a Prometheus have these series, and usage of 0.25 cores for the node a."""
    series = [each for part in parts for each in part]

    def answer(query: str, _request: Request) -> Reply | None:
        name = re.search(r"kube_\w+", query)
        if not name:
            labels = {"node": "a"} if 'id="/"' in query else {"namespace": "n", "pod": "p", "container": "x"}
            return matrix((labels, 1048576.0 if "memory" in query else lambda time: time / 4))
        names = re.findall(r"kube_\w+", query)
        marked = 'restart_policy!=""' in query
        found = [
            (labels, value)
            for of, labels, value in series
            if of in names and not (marked and of == names[0] and "restart_policy" not in labels)
        ]
        if query.startswith("count("):
            return vector(*([({}, str(len(found)))] if found else []))
        return vector(*found)

    engine(store, answer)


def shown(run: Run, store: FakeApi, columns: str, words: str = "top pods -n n") -> dict[str, list[str]]:
    result = run(
        *words.split(), "--no-headers", "--columns", f"name,{columns}", "--from", store.url, "--facts", "source"
    )
    assert result.code == 0, result.err
    return {line.split()[0]: line.split()[1:] for line in result.out.splitlines()}


NODE: Series = [("kube_node_status_allocatable", {"node": "a", "resource": "cpu"}, "4")]
ALL = "cpu.requests,cpu.declaredLimits,memory.limits"


@pytest.mark.slow
def test_without_any_series_of_them_requests_are_unknown(run: Run, store: FakeApi) -> None:
    holds(store, NODE, pod("p"), box("p", "x"))
    assert shown(run, store, ALL) == {"p": ["<unknown>"] * 3}
    assert shown(run, store, "cpu.requests", "top nodes") == {"a": ["<unknown>"]}
    result = run(f"top pods -n n --by namespace --columns cpu.requests -o csv --from {store.url} --facts source")
    assert result.out.splitlines()[1].endswith(",")
    # Another pod has some: then this one has none. Nobody has limits, so these stay unknown.
    holds(store, NODE, pod("p"), box("p", "x"), pod("q"), box("q", "x", requests_cpu="0.5"))
    assert shown(run, store, ALL) == {"p": ["0m", "<unknown>", "<unknown>"], "q": ["500m", "<unknown>", "<unknown>"]}
    assert shown(run, store, "cpu.requests", "top nodes") == {"a": ["500m"]}


BOUNDED = [*pod("z"), *box("z", "x", requests_cpu="1", limits_cpu="1", limits_memory="1024")]


@pytest.mark.parametrize(
    ("quality", "boxes", "requests"),
    [
        ("Burstable", box("p", "x"), "<unknown>"),
        ("Burstable", box("p", "x", requests_cpu="0.5"), "500m"),
        ("Guaranteed", box("p", "x", requests_cpu="0.5"), "<unknown>"),
        ("Guaranteed", box("p", "x", requests_cpu="1", limits_cpu="1", limits_memory="5"), "1000m"),
        ("Guaranteed", box("p", "x", limits_cpu="1", limits_memory="5") + box("p", "y"), "<unknown>"),
        ("BestEffort", box("p", "x"), "0m"),
    ],
)
def test_a_pod_that_has_resources_itself_is_unknown(
    run: Run, store: FakeApi, quality: str, boxes: Series, requests: str
) -> None:
    """Its containers alone would not give it this quality of service."""
    holds(store, pod("p", quality=quality), boxes, BOUNDED)
    assert shown(run, store, "cpu.requests")["p"] == [requests]


def test_without_their_series_nobody_knows_which_init_containers_are_sidecars(run: Run, store: FakeApi) -> None:
    init = [each for each in box("p", "i", "Never", requests_cpu="0.1") if "init_container_info" not in each[0]]
    holds(store, NODE, pod("p"), box("p", "x", requests_cpu="0.5"), init, BOUNDED)
    # It ends, 500m, or it stays, 600m.
    assert shown(run, store, "cpu.requests,qosClass,ready.expected")["p"] == ["<unknown>"] * 3


def test_of_nodes_without_their_series_little_is_known(run: Run, store: FakeApi) -> None:
    holds(store, NODE, pod("p"), box("p", "x"))
    assert shown(run, store, "status,roles,taints,schedulable", "top nodes")["a"] == ["<unknown>"] * 4


@pytest.mark.parametrize(
    ("init", "requests"),
    [
        # First an init container beside the sidecar, or before it: 1000m + 300m or 1000m.
        (box("p", "i", "Never", requests_cpu="1") + box("p", "s", "Always", requests_cpu="0.3"), "<unknown>"),
        # It is smaller than what runs in the end, either way.
        (box("p", "i", "Never", requests_cpu="0.1") + box("p", "s", "Always", requests_cpu="0.3"), "800m"),
        (box("p", "i", "Never", requests_cpu="1"), "1000m"),
        (box("p", "s", "Always", requests_cpu="1"), "1500m"),
    ],
)
def test_the_order_of_init_containers_is_lost(run: Run, store: FakeApi, init: Series, requests: str) -> None:
    marks = state("z", "x", "last_terminated_timestamp", "1772443000")
    holds(store, NODE, pod("p"), box("p", "x", requests_cpu="0.5"), init, BOUNDED, marks)
    assert shown(run, store, "cpu.requests")["p"] == [requests]
    # The sum over a node with an unknown part is unknown, too.
    node = shown(run, store, "cpu.requests", "top nodes")["a"]
    assert node == ["<unknown>" if requests == "<unknown>" else f"{int(requests[:-1]) + 1000}m"]


def test_extended_resources_are_found_by_their_own_names(run: Run, store: FakeApi) -> None:
    names = {
        "nvidia.com/gpu": "nvidia_com_gpu",
        "my-corp.example.io/gpu": "my_corp_example_io_gpu",
        "nvidia.com/mig-1g.5gb": "nvidia_com_mig_1g_5gb",
        "smarter-devices/fuse": "smarter_devices_fuse",
        "corp.internal/fast_disk": "corp_internal_fast_disk",
    }
    holds(store, pod("p"), box("p", "x", **{f"requests_{label}": "2" for label in names.values()}), BOUNDED)
    columns = ",".join(f'resources["{name}"].requests' for name in names)
    assert shown(run, store, columns)["p"] == ["2"] * 5


DELETED: Series = [(f"{P}deletion_timestamp", {"namespace": "n", "pod": "p"}, "1772443000")]
LOST: Series = [(f"{P}status_reason", {"namespace": "n", "pod": "p", "reason": "NodeLost"}, "1")]


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([pod("p"), state("p", "x", "waiting", "0")], "Running"),
        ([pod("p")], "<unknown>"),
        # Nobody knows whether the scheduler may consider it yet.
        ([pod("p", "Pending", node="")], "<unknown>"),
        ([pod("p", "Pending")], "<unknown>"),
        ([pod("p"), state("p", "x", "waiting_reason", reason="CrashLoopBackOff")], "CrashLoopBackOff"),
        ([pod("p"), state("p", "x", "terminated_reason", reason="Error")], "Error"),
        # Which of the two comes first in the pod is lost.
        (
            [pod("p"), *(state("p", box, "waiting_reason", reason=reason) for box, reason in (("x", "A"), ("y", "B")))],
            "<unknown>",
        ),
        (
            [pod("p"), state("p", "x", "terminated_reason", reason="Completed"), state("p", "y", "ready")],
            "<unknown>",
        ),
        # Its exit code or signal.
        ([pod("p"), state("p", "x", "waiting", "0"), state("p", "x", "terminated_reason", reason="")], "<unknown>"),
        ([pod("p"), state("p", "x", "waiting", "0"), state("p", "x", "terminated")], "<unknown>"),
        ([pod("p"), DELETED], "Terminating"),
        ([pod("p"), DELETED, LOST], "Unknown"),
        ([pod("p"), state("p", "x", "waiting", "0"), LOST], "NodeLost"),
    ],
)
def test_the_status_is_that_of_kubectl_or_unknown(run: Run, store: FakeApi, parts: list[Series], status: str) -> None:
    holds(store, BOUNDED, *parts)
    assert shown(run, store, "status")["p"] == [status]


def initialized(name: str) -> Series:
    return [(f"{P}status_initialized_time", {"namespace": "n", "pod": name}, "1772443000")]


FIRST: Any = {"init": "init_"}
# What a container says in the meantime.
WAITS: Series = [*state("p", "x", "waiting"), *state("p", "x", "waiting_reason", reason="PodInitializing")]
DONE: Series = state("p", "i", "terminated_reason", reason="Completed", **FIRST)
IDLE: Series = state("p", "j", "waiting_reason", reason="PodInitializing", **FIRST)
STARTED: Series = [*state("p", "s", "running", **FIRST), *state("p", "s", "ready", **FIRST)]


@pytest.mark.parametrize(
    ("states", "status", "restarts"),
    [
        ([*IDLE, *state("p", "i", "waiting_reason", reason="PodInitializing", **FIRST)], "<unknown>", "5"),
        ([*IDLE, *state("p", "i", "running", **FIRST), *state("p", "s", "waiting", **FIRST)], "Init:0/3", "5"),
        ([*DONE, *state("p", "j", "running", **FIRST), *state("p", "s", "waiting", **FIRST)], "Init:1/3", "5"),
        ([*DONE, *state("p", "j", "running", **FIRST), *STARTED], "Init:2/3", "5"),
        # Who knows whether it has started, without being ready yet.
        ([*DONE, *IDLE, *state("p", "s", "running", **FIRST)], "<unknown>", "5"),
        (
            [*DONE, *STARTED, *state("p", "j", "waiting_reason", reason="CrashLoopBackOff", **FIRST)],
            "Init:CrashLoopBackOff",
            "5",
        ),
        ([*DONE, *STARTED, *state("p", "j", "terminated_reason", reason="Error", **FIRST)], "Init:Error", "5"),
        ([*DONE, *STARTED, *state("p", "j", "terminated_reason", reason="", **FIRST)], "<unknown>", "5"),
        # All are done, so the container's own word counts, and its own restarts.
        ([*DONE, *STARTED, *state("p", "j", "terminated_reason", reason="Completed", **FIRST)], "PodInitializing", "3"),
        # A sidecar that ended later.
        (
            [
                *initialized("p"),
                *(state("p", each, "terminated_reason", reason="Completed", **FIRST)[0] for each in ("i", "j")),
                *state("p", "s", "waiting_reason", reason="CrashLoopBackOff", **FIRST),
            ],
            "PodInitializing",
            "3",
        ),
    ],
)
def test_the_progress_of_init_containers_is_counted(
    run: Run, store: FakeApi, states: Series, status: str, restarts: str
) -> None:
    init = [box("p", "i", "Never"), box("p", "j", "Never"), box("p", "s", "Always")]
    again = [
        state("p", "x", "restarts_total", "2"),
        state("p", "s", "restarts_total", "1", **FIRST),
        state("p", "i", "restarts_total", "4", **FIRST),
        [*box("p", "y"), *state("p", "y", "restarts_total", "0")],
    ]
    holds(store, BOUNDED, initialized("z"), pod("p", "Pending"), box("p", "x"), *init, WAITS, states, *again)
    assert shown(run, store, "status,restarts")["p"] == [status, restarts]
    # While init containers count, which have no rows, nobody can say that nothing was restarted.
    never = "<unknown>" if restarts == "5" else "0"
    each = f"top pods -n n --containers --columns container,restarts --from {store.url} --facts source --where"
    rows = [line.split() for line in run(f"{each} 'name = p'").out.splitlines()[1:]]
    assert rows == [["s", "1"], ["x", "2"], ["y", never]]


def test_whoever_waits_for_its_turn_comes_last(run: Run, store: FakeApi) -> None:
    waiting = [
        *state("p", "i", "waiting", **FIRST),
        *state("p", "i", "waiting_reason", reason="PodInitializing", **FIRST),
        *state("p", "s", "waiting", **FIRST),
        *state("p", "s", "waiting_reason", reason="CrashLoopBackOff", **FIRST),
    ]
    init = [*box("p", "i", "Never"), *box("p", "s", "Always")]
    holds(store, BOUNDED, pod("p", "Pending"), box("p", "x"), init, WAITS, waiting)
    assert shown(run, store, "waiting")["p"] == ["CrashLoopBackOff,PodInitializing"]


def test_whether_init_containers_are_done_may_be_unknown(run: Run, store: FakeApi) -> None:
    """Where no pod has a time of it."""
    init = [*box("p", "i", "Never"), *box("p", "s", "Always"), *state("p", "i", "running", **FIRST)]
    holds(store, BOUNDED, pod("p", "Pending"), box("p", "x"), init, WAITS, state("p", "x", "restarts_total", "2"))
    assert shown(run, store, "status,restarts")["p"] == ["<unknown>"] * 2


@pytest.mark.parametrize(
    ("parts", "requests"),
    [
        # It ends, 500m, or it stays, 600m: versions that mark sidecars came later than this one.
        ([], "<unknown>"),
        (state("p", "i", "terminated_reason", reason="Completed", **FIRST), "500m"),
        (state("z", "x", "last_terminated_timestamp", "1772443000"), "500m"),
        (box("z", "s", "Always"), "500m"),
    ],
)
def test_old_versions_do_not_mark_sidecars(run: Run, store: FakeApi, parts: Series, requests: str) -> None:
    holds(
        store,
        NODE,
        BOUNDED,
        pod("p"),
        box("p", "x", requests_cpu="0.5"),
        box("p", "i", "Never", requests_cpu="0.1"),
        parts,
    )
    assert shown(run, store, "cpu.requests")["p"] == [requests]


def test_a_sidecar_without_requests_is_a_container_of_its_pod(run: Run, store: FakeApi) -> None:
    ready = [*state("p", "x", "ready"), *state("p", "s", "ready", "0", **FIRST)]
    holds(store, NODE, BOUNDED, pod("p"), box("p", "x"), box("p", "s", "Always"), ready, pod("new", "Pending"))
    assert shown(run, store, "ready,ready.expected") == {
        "p": ["1/2", "2"],
        "z": ["<unknown>/1", "1"],
        # It has no status yet.
        "new": ["<unknown>/<unknown>", "<unknown>"],
    }


# --- facts that no object has ---------------------------------------------------------------------------------


def refused(run: Run, store: FakeApi, *words: str) -> str:
    result = run(*words, "--from", store.url, "--facts", "source")
    assert (result.code, result.out) == (2, "")
    return result.err


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("--where", "oomKilled = true"), "oomKilled"),
        (("--where", "waiting ~ Crash or restarts > 3"), "waiting, restarts"),
        (("--where", "ready.count < ready.expected"), "ready.count"),
        (("--fail-if", "restarts > 3"), "restarts"),
        (("--fail-if", "memory%limits > 90"), "memory.usagePercentOfLimits"),
        (("--sort-by", "restarts"), "restarts"),
        (("--by", "namespace", "--fail-if", "memory.limits > 1Gi"), "memory.limits"),
    ],
)
def test_what_no_object_has_decides_nothing(run: Run, store: FakeApi, words: tuple[str, ...], missing: str) -> None:
    holds(store, NODE, pod("p"), box("p", "x", requests_cpu="0.5"))
    assert refused(run, store, "top", "pods", "-n", "n", *words) == (
        f"error: this Prometheus does not tell {missing}, which a condition or the order needs\n"
        "hint: --facts api reads it from the API server\n"
    )


def test_of_nodes_and_in_a_watch_too(run: Run, store: FakeApi) -> None:
    holds(store, NODE, pod("p"), box("p", "x"))
    assert refused(run, store, "watch", "pods", "-n", "n", "--until", "oomKilled = true", "--timeout", "0")
    assert "tell status," in refused(run, store, "top", "nodes", "--where", "status != Ready")


def test_what_some_object_has_decides_about_all(run: Run, store: FakeApi) -> None:
    ended = ("kube_pod_container_status_last_terminated_reason", {"namespace": "n", "pod": "q", "container": "x"}, "1")
    killed = (ended[0], {**ended[1], "reason": "OOMKilled"}, "1")
    holds(store, NODE, pod("p"), box("p", "x"), pod("q"), box("q", "x"), [killed])
    words = f"top pods -n n --from {store.url} --facts source --columns name -o value"
    assert run(*words.split(), "--where", "oomKilled = true").out == "q\n"
    # Whoever looks for what is unknown finds it.
    assert run(*words.split(), "--where", "restarts = unknown").out == "p\nq\n"


def test_what_is_never_told_is_refused_before_anything_is_read(run: Run) -> None:
    words = "top pods --from http://127.0.0.1:1 --facts source --fail-if"
    result = run(*words.split(), "pending ~ Insufficient")
    assert result == (2, "", "error: --fail-if: --facts source does not tell pending\nhint: --facts api does\n")


def test_such_a_column_is_shown_as_unknown_and_said(run: Run, store: FakeApi) -> None:
    holds(store, NODE, pod("p"), box("p", "x"))
    words = f"top pods -n n --from {store.url} --facts source"
    result = run(f"{words} --columns name,oomKilled,ready,node")
    assert result.out.splitlines()[1].split() == ["p", "<unknown>", "<unknown>/1", "a"]
    said = "this Prometheus does not tell {}: --facts api reads it from the API server\n"
    assert result.err == "note: " + said.format("oomKilled, ready.count")
    assert run(f"{words} -o custom-columns=N:.name,O:.oomKilled").err == "note: " + said.format("oomKilled")
    assert "does not tell" not in run(f"{words} -o wide").err
