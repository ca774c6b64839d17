"""Several namespaces: -n a,b and -n 'team-*'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.fleets import kubeconfig
from tests.patience import FOR_EVER
from tests.servers import FakeApi, Reply, Request, pod, pod_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1"
SCOPES = {"team-a": ["web-1", "web-2"], "team-b": ["web-1"], "shop": ["till-1"], "team-empty": []}


@pytest.fixture
def where(api: FakeApi) -> str:
    """Give a cluster whose pods and metrics may be read in each namespace, but not in all."""
    for namespace, names in SCOPES.items():
        owner = ("ReplicaSet", f"web-{namespace}")
        api.pod_metrics(*(pod_metrics(namespace, name, ("app", "100m", "1Mi")) for name in names), namespace=namespace)
        api.pods(*(pod(namespace, name, owner=owner) for name in names), namespace=namespace)
        sets = [{"metadata": {"namespace": namespace, "name": owner[1]}}]
        api.routes[f"/apis/apps/v1/namespaces/{namespace}/replicasets"] = Reply({"metadata": {}, "items": sets})
        api.routes[f"/apis/batch/v1/namespaces/{namespace}/jobs"] = Reply({"metadata": {}, "items": []})
    items = [{"metadata": {"name": name}} for name in ("shop", *reversed(SCOPES))]
    api.routes["/api/v1/namespaces"] = Reply({"metadata": {}, "items": items})
    return f"--server {api.url}"


TABLE = """\
NAMESPACE   NAME     CPU(cores)   MEMORY(bytes)
shop        till-1   100m         1Mi
team-b      web-1    100m         1Mi
"""


def test_a_list_is_read_with_one_request_for_each_namespace(run: Run, api: FakeApi, where: str) -> None:
    assert run(f"top pods -n team-b,shop {where}") == (0, TABLE, "")
    assert sorted(api.paths()) == [f"{METRICS}/namespaces/{each}/pods" for each in ("shop", "team-b")]


def test_spaces_empty_words_and_repeated_names_do_not_matter(run: Run, api: FakeApi, where: str) -> None:
    assert run(*f"top pods {where}".split(), "-n", "team-b, shop,,team-b") == (0, TABLE, "")
    assert len(api.requests) == 2
    api.requests.clear()
    assert run(f"top pods -n shop, {where}").out.startswith("NAME ")
    assert len(api.requests) == 1


def test_the_last_of_two_flags_counts_as_in_kubectl_and_is_said_to(run: Run, where: str) -> None:
    last = run(f"top pods -n team-b --namespace shop {where}")
    assert last == (
        0,
        run(f"top pods -n shop {where}").out,
        "-n shop is read, the last one: -n team-b,shop reads both\n",
    )
    assert run(f"top pods -n shop -n shop {where}").err == ""
    # It takes one namespace.
    assert run(f"fit --cpu 1 -n a -n b {where}").err.startswith("-n b is read, the last one\n")


def test_a_pattern_reads_the_names_of_the_namespaces_first(run: Run, api: FakeApi, where: str) -> None:
    result = run(f"top pods -n 'team-*,shop' --columns namespace,name,cpu.usage,owner -o csv {where}")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "namespace,name,cpu.usage,owner",
        "shop,till-1,100000000,ReplicaSet/web-shop",
        "team-a,web-1,100000000,ReplicaSet/web-team-a",
        "team-a,web-2,100000000,ReplicaSet/web-team-a",
        "team-b,web-1,100000000,ReplicaSet/web-team-b",
    ]
    assert api.paths()[0] == "/api/v1/namespaces"
    assert set(Counter(api.paths()).values()) == {1}
    assert len(api.requests) == 1 + 4 * 4


def test_a_pattern_without_the_right_to_list_namespaces(run: Run, api: FakeApi, where: str) -> None:
    api.routes["/api/v1/namespaces"] = status(403, "Forbidden", "namespaces is forbidden: User cannot list")
    code, out, err = run(f"top pods -n 'team-?' {where}")
    assert (code, out) == (1, "")
    assert err == (
        "Error from server (Forbidden): namespaces is forbidden: User cannot list\n"
        "hint: only a pattern needs this right: -n team-a,team-b names the namespaces\n"
    )
    assert run(f"top pods -n team-a,team-b {where}").code == 0


@pytest.mark.parametrize(
    "flags", ["", "--columns cpu,cpu.requests", "--by owner", "--field-selector status.phase=Running"]
)
def test_one_that_may_not_be_read_is_never_left_out_in_silence(run: Run, api: FakeApi, where: str, flags: str) -> None:
    for path in (f"{METRICS}/namespaces/team-b/pods", "/api/v1/namespaces/team-b/pods"):
        api.routes[path] = status(403, "Forbidden", "pods is forbidden")
    code, out, err = run(f"top pods -n shop,team-b {flags} {where}")
    assert (code, out) == (1, "")
    assert err == "Error from server (Forbidden): pods is forbidden\n"


def test_nothing_at_all_and_nothing_in_one_of_them(run: Run, api: FakeApi, where: str) -> None:
    assert run(f"top pods -n 'team-e*' {where}") == (0, "", "No resources found in team-empty namespace.\n")
    api.pod_metrics(namespace="other")
    api.pods(namespace="other")
    assert run(f"top pods -n team-empty,other {where}") == (
        0,
        "",
        "No resources found in team-empty, other namespaces.\n",
    )
    mistyped = run(f"top pods -n shop,other {where}")
    assert (mistyped.code, mistyped.err) == (0, "note: no resources found in namespace other\n")
    # A pattern matches what it matches.
    assert run(f"top pods -n 'shop,team-*' {where}").err == ""
    assert run(f"top pods -n 'x-*' {where}") == (1, "", "error: no namespace matches x-*\n")


def test_the_namespace_is_part_of_the_rows_as_with_all_of_them(run: Run, where: str) -> None:
    owners = run(f"top pods -n 'team-*' --by owner --columns pods.count {where}")
    assert owners.out == (
        "NAMESPACE   OWNER                   PODS-COUNT\n"
        "team-a      ReplicaSet/web-team-a   2\n"
        "team-b      ReplicaSet/web-team-b   1\n"
    )
    assert run(f"top ns -n 'team-[ab]' -o name {where}").out == "namespace/team-a\nnamespace/team-b\n"
    assert run(f"top rs -n team-a,shop -o name {where}").out.split() == [
        "replicaset.apps/web-shop",
        "replicaset.apps/web-team-a",
    ]


def silent(api: FakeApi) -> Iterator[bytes]:
    api.ended.wait(FOR_EVER)
    yield from ()


def test_a_watch_follows_the_list_of_each_namespace(run: Run, api: FakeApi, where: str) -> None:
    def followed(request: Request) -> Reply:
        if ("watch", "1") in request.query:
            return Reply(silent(api))
        namespace = request.path.split("/")[4]
        items = [pod(namespace, name, owner=("ReplicaSet", f"web-{namespace}")) for name in SCOPES[namespace]]
        return Reply({"metadata": {"resourceVersion": "1"}, "items": items})

    for each in ("shop", "team-b"):
        api.routes[f"/api/v1/namespaces/{each}/pods"] = followed
    columns = "--columns name,status,owner --no-headers"
    result = run(f"watch pods -n team-b,shop --count 2 -i 1ms {columns} {where}")
    rows = "till-1   Running   ReplicaSet/web-shop\nweb-1    Running   ReplicaSet/web-team-b\n"
    assert (result.code, result.out.count(rows)) == (0, 2)
    listed = [
        each.path for each in api.requests if each.path.startswith("/api/v1/") and ("watch", "1") not in each.query
    ]
    assert sorted(listed) == ["/api/v1/namespaces/shop/pods", "/api/v1/namespaces/team-b/pods"]


@pytest.mark.parametrize("command", ["fit --cpu 1", "doctor"])
def test_commands_that_take_one_namespace_say_so(run: Run, command: str) -> None:
    words = " ".join(command.split()[:1])
    assert run(f"{command} -n a,b") == (2, "", f"error: c3s {words} takes one namespace, not 'a,b'\n")


def test_a_name_is_in_one_namespace(run: Run) -> None:
    assert run("top pods web-1 -n a,b") == (
        2,
        "",
        "error: NAME goes with one namespace, not with -n a,b\nhint: --where 'name = web-1' looks in several\n",
    )
    assert run("top pods web-1 -n 'a*' --explain").code == 2


def test_of_several_clusters_some_have_none_that_match(run: Run, api: FakeApi, where: str, tmp_path: Path) -> None:
    with FakeApi() as other:
        other.routes["/api/v1/namespaces"] = Reply({"metadata": {}, "items": [{"metadata": {"name": "default"}}]})
        flags = f"--kubeconfig {kubeconfig(tmp_path / 'config', {'eu': api.url, 'us': other.url})} --all-contexts"
        result = run(f"top pods -n 'team-b*' {flags}")
        assert (result.code, result.err) == (0, "")
        assert result.out.splitlines()[1:] == ["eu        team-b      web-1   100m         1Mi"]
        assert run(f"top pods -n 'x-*' {flags}") == (1, "", "error: no namespace matches x-*\n")


SOURCES = ("metrics", "kubelet", "prometheus", "prometheus --facts source")


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_reads_the_same_namespaces(demo: Run, source: str) -> None:
    both = demo(f"top pods -n team-search,team-ml -o name --from {source}").out.split()
    one_by_one = [
        demo(f"top pods -n {each} -o name --from {source}").out.split() for each in ("team-ml", "team-search")
    ]
    assert both == sorted([*one_by_one[0], *one_by_one[1]], key=lambda name: (name not in one_by_one[0], name))
    assert len(both) > len(one_by_one[0]) > 0
    assert demo(f"top pods -n 'team-[ms]*' -o name --from {source}").out.split() == both


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES[1:3])
def test_claims_of_several_namespaces(demo: Run, source: str) -> None:
    columns = "--columns namespace,name -o csv --no-headers"
    everything = demo(f"top volumes -A {columns} --from {source}").out.splitlines()
    some = demo(f"top volumes -n team-search,monitoring {columns} --from {source}").out.splitlines()
    assert some == [each for each in everything if each.split(",")[0] in ("team-search", "monitoring")]
    assert 0 < len(some) < len(everything)


def test_nodes_have_no_namespaces_to_look_up(demo: Run) -> None:
    result = demo("top nodes -n 'team-*' -v 1")
    assert (result.code, "/api/v1/namespaces" in result.err) == (0, False)
