"""Drilling down on a watch screen: what keys lead to, what is asked for, and the way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from c3s_cli.report import Report
from c3s_cli.run.poll import Poll
from tests.conftest import AT, Run
from tests.fleets import Clusters
from tests.run.drilled_screens import POD, PODS
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics, status

DEMO = f"watch --demo-at {AT}"


@pytest.fixture
def desk(run: Run) -> TerminalSession:
    return TerminalSession(run)


@pytest.fixture
def small(api: FakeApi) -> str:
    """Serve nodes a and b, with pods web on a and job on b; return the flags that lead there."""
    api.nodes(node("a"), node("b"))
    api.node_metrics(node_metrics("a"), node_metrics("b"))
    pods = {"web": pod("shop", "web", node="a"), "job": pod("shop", "job", node="b")}

    def selected(request: Request) -> object:
        field = dict(request.query).get("fieldSelector", "")
        items = [each for each in pods.values() if field in ("", f"spec.nodeName={each['spec']['nodeName']}")]
        return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}

    api.routes["/api/v1/pods"] = lambda request: Reply(selected(request))
    measured = {name: pod_metrics("shop", name, ("app", "100m", "64Mi")) for name in pods}
    api.pod_metrics(*measured.values())
    for name, each in pods.items():
        api.routes[f"/api/v1/namespaces/shop/pods/{name}"] = Reply(each)
        api.routes[f"/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/{name}"] = Reply(measured[name])
    return f"--server {api.url}"


def below(look: list[str]) -> list[str]:
    """Return the title and the rows of a screen."""
    start = next(place for place, text in enumerate(look) if text.startswith(("every", "09:30"))) + 1
    return [text for text in look[start:-1] if text]


def test_enter_leads_down_and_esc_back_to_where_one_was(desk: TerminalSession) -> None:
    keys = ("m", "j", "j", "j", "enter", "c", "j", "enter", "escape", "escape", "escape", "escape")
    seen = desk(DEMO, *keys, size=(80, 13))
    assert seen.cursors[4:] == [
        *("general-2", "default", "team-search", "team-search", "app", "team-search"),
        *("general-2", "general-2", "general-2"),
    ]
    titles = [below(look)[0] for look in seen.looks]
    assert titles[5] == "pods on node general-2"
    assert seen.looks[9] == seen.looks[7]
    assert seen.looks[10] == seen.looks[4]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15), (40, 10)])
def test_the_pods_of_a_node_and_what_explains_one_of_them(desk: TerminalSession, size: tuple[int, int]) -> None:
    seen = desk(f"{DEMO} --interval 60", "j", "enter", *("j" * 10), "enter", "G", "enter", size=size)
    assert "\n".join(seen.looks[2]) == PODS[size[0]]
    assert "\n".join(seen.looks[13]) == POD[size[0]]
    # What does not fit is scrolled to; nothing is below it.
    assert seen.looks[14][-2].strip() in ("= total: cpu 200m/1000m, memory 512Mi/512Mi", "", "memory 512Mi/512Mi")
    assert seen.looks[15] == seen.looks[14]


def test_a_pod_that_waits_for_a_node_is_explained(desk: TerminalSession) -> None:
    seen = desk(f"{DEMO} --interval 60", "5", "/", *"train", "enter", "enter", "", size=(120, 30))
    why = "0/10 nodes are available: 10 Insufficient nvidia.com/gpu."
    assert below(seen.looks[9]) == [
        "pod team-ml/train-xl-5gp6t",
        "  CONTAINER   CPU(USE/REQ/LIM)   MEMORY(USE/REQ/LIM)   READY   WAITING   LAST-TERMINATION-REASON",
        "  trainer     0m/32/32           0Mi/128Gi/128Gi       0/1     <none>    <none>",
        "  status     Pending, 0 restarts, created 3h10m ago, Guaranteed",
        f"  pending    {why}",
        "  node       <none>",
        f"  condition  PodScheduled False since 3h10m: Unschedulable, {why}",
        "  req/lim    + container trainer: cpu 32000m/32000m, memory 131072Mi/131072Mi, nvidia.com/gpu 8/8",
        "             = total: cpu 32000m/32000m, memory 131072Mi/131072Mi, nvidia.com/gpu 8/8",
    ]


@pytest.mark.slow
def test_the_keys_of_the_levels_stay_within_what_is_shown(desk: TerminalSession) -> None:
    words = "namespaces|j|enter|workloads|j|enter|nodes|containers|pods|clusters"
    keys = ["3", "j", "enter", "4", "j", "enter", "2", "6", "5", "1"]
    seen = desk(DEMO, *keys, size=(100, 24))
    assert words.count("|") + 1 == len(keys)
    titles = [below(look)[0] for look in seen.looks]
    assert titles[1:] == [
        *("namespaces",) * 2,
        "pods in namespace default",
        *("workloads in namespace default",) * 2,
        "pods of Deployment/api in namespace default",
        "nodes of Deployment/api in namespace default",
        "containers of Deployment/api in namespace default",
        "pods of Deployment/api in namespace default",
        "clusters",
    ]
    assert below(seen.looks[7])[1:] == [
        "  NODE        MEASURED   CPU(cores)   MEMORY(bytes)",
        "  general-1   1/1        231m         499Mi",
        "  general-3   1/1        215m         500Mi",
    ]
    assert below(seen.looks[10])[1:] == [
        "  CONTEXT   NODES   PODS   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)",
        "  demo      9/10    93     41542m       28%      150747Mi        23%",
    ]


def test_a_level_asks_for_nothing_that_it_does_not_show(desk: TerminalSession, api: FakeApi, small: str) -> None:
    def forget() -> None:
        api.requests.clear()

    def asked() -> list[str]:
        return sorted({f"{each.path}?{dict(each.query).get('fieldSelector', '')}".rstrip("?") for each in api.requests})

    pods_of_a: list[str] = []
    containers: list[str] = []
    desk(
        f"watch {small} --interval 1000",
        *(forget, "enter", lambda: pods_of_a.extend(asked()), forget),
        *("enter", lambda: containers.extend(asked())),
    )
    header = ["/api/v1/nodes", "/apis/metrics.k8s.io/v1beta1/nodes"]
    assert [each for each in pods_of_a if each not in header and each != "/api/v1/pods"] == [
        "/api/v1/pods?spec.nodeName=a",
        "/apis/metrics.k8s.io/v1beta1/pods",
    ]
    assert [each for each in containers if each not in header and each != "/api/v1/pods"] == [
        "/api/v1/namespaces/shop/pods/web",
        "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/web",
    ]


OF_PODS = "--columns default,status,restarts,ready,age"
OF_CONTAINERS = "--columns container,cpu.compact,memory.compact,ready,waiting,lastTermination.reason"


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("", "nodes"),
        ("m c c", "nodes --sort-by cpu:asc"),
        ("j enter n", f"pods -A --field-selector spec.nodeName=general-1 --sort-by name {OF_PODS}"),
        ("4", "pods -A --by namespace,owner"),
        ("4 G enter enter", f"pods elasticsearch-0 -n team-search --containers {OF_CONTAINERS}"),
        ("3 j enter 4 j enter 2", "pods -n default --where 'owner = \"Deployment/api\"' --by node"),
        ("1", "cluster"),
    ],
)
def test_the_command_line_of_what_is_seen_is_left(desk: TerminalSession, keys: str, line: str) -> None:
    seen = desk(DEMO, *keys.split())
    assert (seen.command, seen.err, seen.left) == (f"c3s watch {line} --demo-at {AT}", "", "")
    # It shows the same, without the title.
    again = desk(seen.command.removeprefix("c3s "))
    shown = [text.replace("▲", " ") for text in below(seen.looks[-1]) if text.startswith("  ")]
    assert below(again.looks[0])[: len(shown)] == shown


@pytest.mark.parametrize(
    ("begun", "keys", "line"),
    [
        ("nodes gpu-1", "5", f"pods -A --field-selector spec.nodeName=gpu-1 {OF_PODS}"),
        ("nodes -o wide", "5", "pods -A -o wide"),
        ("pods -n team-search -o wide", "enter", f"pods elasticsearch-0 -n team-search --containers {OF_CONTAINERS}"),
        ("pods -A --where 'pool not in (a)'", "m", "pods -A --where 'pool not in (\"a\")' --sort-by memory"),
    ],
)
def test_the_command_line_goes_on_from_what_was_asked_for(
    desk: TerminalSession, begun: str, keys: str, line: str
) -> None:
    assert desk(f"watch {begun} --demo-at {AT}", *keys.split()).command == f"c3s watch {line} --demo-at {AT}"


def test_what_is_refused_is_said_in_its_place(desk: TerminalSession, api: FakeApi, small: str) -> None:
    api.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    seen = desk(f"watch {small}", "enter", "", "escape", "", size=(120, 24))
    assert below(seen.looks[1]) == [
        "pods on node a   not read, next try in 4s",
        "  Error from server (Forbidden): pods is forbidden",
    ]
    assert below(seen.looks[3])[0].startswith("  NAME ")
    assert (seen.code, seen.err) == (0, "")


def test_while_paused_enter_shows_what_is_held(desk: TerminalSession, api: FakeApi, small: str) -> None:
    seen = desk(f"watch pods -A {small}", "space", api.requests.clear, "enter", "escape", "2", size=(100, 24))
    assert api.requests == []
    assert below(seen.looks[3]) == [
        "pod shop/job   not read while paused",
        "  CONTAINER   CPU(USE/REQ/LIM)           MEMORY(USE/REQ/LIM)        READY →",
        "  app         100m/<unknown>/<unknown>   64Mi/<unknown>/<unknown>   <unknown>/<unknown>",
    ]
    assert below(seen.looks[5]) == ["nodes   not read while paused"]
    assert all(look[-1].startswith("PAUSED") for look in seen.looks[1:])


def test_the_title_stands_before_the_rows_are_read(desk: TerminalSession, api: FakeApi, small: str) -> None:
    begin = Poll.begin
    under_way: list[Callable[[], None]] = []

    def answer() -> None:
        under_way.pop(0)()

    def slowly(poll: Poll, read: Callable[[], Report], wake: Callable[[], None]) -> None:
        if api.requests:
            poll._start = under_way.append  # noqa: SLF001  the first one was as fast as ever
        begin(poll, read, wake)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poll, "begin", slowly)
        seen = desk(f"watch {small}", "enter", "escape", "enter", answer, answer, "")
    assert below(seen.looks[1]) == ["pods on node a   reading…"]
    assert below(seen.looks[2])[0].startswith("  NAME ")
    assert below(seen.looks[3]) == ["pods on node a   reading…"]
    assert below(seen.looks[4]) == ["pods on node a   reading…"]
    assert [text.split()[:2] for text in below(seen.looks[5])] == [
        ["pods", "on"],
        ["NAMESPACE", "NAME"],
        ["shop", "web"],
    ]


def test_enter_on_a_cluster_shows_its_nodes_under_its_own_totals(desk: TerminalSession, three: Clusters) -> None:
    seen = desk("watch cluster --all-contexts", "j", "enter", "5", "escape", "escape", size=(100, 24))
    assert [look[0][:25].strip() for look in seen.looks] == [
        *("clusters 3 of 3   nodes 3",) * 2,
        *("context dev   cluster dev",) * 3,
        "clusters 3 of 3   nodes 3",
    ]
    assert [below(seen.looks[place])[0].split("   ")[0] for place in (2, 3)] == [
        "nodes in context dev",
        "pods in context dev",
    ]


COMPACT = "cpu.compact,memory.compact,ready,waiting,lastTermination.reason"


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("w < r", "nodes --sort-by age:asc -o wide"),
        ("4 t m >", "pods -A --by namespace,owner --trend"),
        ("6 n r", f"pods -A --containers --columns {COMPACT}"),
        ("6 <", f"pods -A --containers --sort-by lastTermination.reason --columns {COMPACT}"),
        ("+ a", "nodes --interval 5"),
    ],
)
def test_whatever_keys_choose_leaves_a_command_line_that_can_be_run(
    desk: TerminalSession, keys: str, line: str
) -> None:
    command = desk(DEMO, *keys.split(), size=(120, 16)).command
    assert command == f"c3s watch {line} --demo-at {AT}"
    assert desk(command.removeprefix("c3s ")).code == 0


def test_every_line_of_a_wide_cluster_leads_to_its_nodes(desk: TerminalSession, three: Clusters) -> None:
    seen = desk("watch cluster --all-contexts -o wide", *("j" * 5), "enter", size=(120, 40))
    contexts = [text.split()[0] for text in below(seen.looks[0])[1:]]
    assert contexts.count("dev") > 1
    assert below(seen.looks[6])[0].startswith(f"nodes in context {contexts[5]}")


def test_the_condition_of_the_command_is_judged_on_every_level(desk: TerminalSession, api: FakeApi, small: str) -> None:
    busy = Reply({"items": [node_metrics("a", 3), node_metrics("b")]})

    def get_busy() -> None:
        api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = busy

    seen = desk(f"watch {small} --columns cpu --until 'cpu > 2'", "enter", "", get_busy, *[""] * 9)
    assert below(seen.looks[1])[0] == "pods on node a"
    assert (seen.code, seen.left) == (0, "NAME   CPU(cores)\na      3000m\nb      1000m\n")
    assert seen.command == ""


def test_the_command_line_names_the_cluster_that_one_is_in(desk: TerminalSession, three: Clusters) -> None:
    assert desk("watch cluster --all-contexts", "j", "enter").command == "c3s watch nodes --context dev"
    assert desk("watch cluster --all-contexts", "2").command == "c3s watch nodes --all-contexts"


def test_none_of_several_clusters_is_waited_for_only_if_one_may_answer(desk: TerminalSession, three: Clusters) -> None:
    broken, refused = status(500, "InternalError", "broken"), status(403, "Forbidden", "no")
    for name, api in three.apis.items():
        api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = broken if name == "dev" else refused
    seen = desk("watch nodes --all-contexts", size=(120, 24))
    assert seen.looks[0][1].startswith("nothing read yet, next try in 2s: error: none of the 3 clusters could be read")
    assert seen.code == 0
    three.apis["dev"].routes["/apis/metrics.k8s.io/v1beta1/nodes"] = refused
    seen = desk("watch nodes --all-contexts")
    assert (seen.code, seen.looks) == (1, [])


def test_what_is_refused_on_a_level_does_not_end_a_watch_whose_own_rows_come_later(
    desk: TerminalSession, api: FakeApi, small: str
) -> None:
    api.routes["/api/v1/pods"] = status(403, "Forbidden", "no")
    nodes = api.routes["/apis/metrics.k8s.io/v1beta1/nodes"]
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = status(503, "ServiceUnavailable", "busy")

    def recover() -> None:
        api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = nodes

    seen = desk(f"watch {small}", "5", recover, "escape", "", size=(100, 24))
    refused = "pods could not be read: Error from server (Forbidden): no"
    assert below(seen.looks[1])[0] == f"pods   {refused}"
    assert below(seen.looks[1])[-1].split()[:4] == ["shop", "web", "100m", "64Mi"]
    assert below(seen.looks[3])[0].startswith("  NAME ")
    assert (seen.code, seen.err) == (0, "")
