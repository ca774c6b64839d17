"""Several clusters in one Prometheus: refused where they would be added up, and chosen by matchers and contexts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.fleets import kubeconfig
from tests.servers import FakeApi, Reply, Request, node, pod
from tests.sources.test_prometheus import CPU, MEMORY, NOW, Answer, engine, matrix, vector

EU, US = {"cluster": "eu"}, {"cluster": "us"}
ROOT = {"id": "/", "cpu": "total"}


@pytest.fixture
def store() -> Iterator[FakeApi]:
    """Give a Prometheus at an address of its own."""
    with FakeApi() as fake:
        yield fake


def box(name: str, **more: str) -> dict[str, str]:
    return {"namespace": "n", "pod": name, "container": "app", "id": f"/{name}", **more}


def machine(name: str, **more: str) -> dict[str, str]:
    return {"node": name, **ROOT, **more}


def holding(*series: tuple[dict[str, str], float], gone: tuple[dict[str, str], float] | None = None) -> Any:
    """Answer with series, each with its cores; with those that the matchers of a query choose. gone: ended before."""

    def answer(query: str, _request: Request) -> Reply | None:
        kind = next((name for name in (CPU, MEMORY) if query.startswith(f"{name}{{")), None)
        if kind is None:
            return None
        of_nodes = 'id="/"' in query
        chosen = [
            (labels, (lambda time, rate=rate: time * rate) if kind == CPU else 2.0**20)
            for labels, rate in series
            if ("node" in labels) == of_nodes
            and ("cluster=" not in query or f'cluster="{labels.get("cluster")}"' in query)
        ]
        reply = matrix(*chosen)
        if gone and ("node" in gone[0]) == of_nodes:
            # Until two minutes before.
            old = matrix((gone[0], 2.0**20))
            for each in old.body["data"]["result"]:
                each["values"] = each["values"][:4]
            reply.body["data"]["result"] += old.body["data"]["result"]
        return reply

    return answer


def refused(label: str, *names: str) -> str:
    some = ", ".join(f'"{name}"' for name in names)
    example = next(name for name in names if name)
    template = f"""--prometheus-match '{label}="{{context}}"' if contexts have these names\n"""
    return (
        f"error: this Prometheus has several clusters here, which cannot be added up: {label} is {some}\n"
        f"hint: choose one with --prometheus-match '{label}=\"{example}\"', or with {template}"
    )


BOTH = (
    *((machine("a", **EU), 0.1), (machine("a", **US), 3.0)),
    *((box("p", **EU), 0.1), (box("p", **US), 3.0), (box("only-us", **US), 2.0)),
)


@pytest.mark.parametrize(
    "words", ["top nodes", "top cluster", "top pods -A", "top pods -A --columns cpu,cpu.requests", "top pods p -n n"]
)
def test_two_clusters_are_not_added_up(run: Run, api: FakeApi, store: FakeApi, words: str) -> None:
    api.nodes(node("a"))
    api.pods(pod("n", "p", "a"))
    api.routes["/api/v1/namespaces/n/pods"] = api.routes["/api/v1/pods"]
    engine(store, holding(*BOTH))
    assert run(f"{words} --from {store.url} --server {api.url}") == (1, "", refused("cluster", "eu", "us"))
    result = run(f"{words} -o csv --prometheus-match 'cluster=\"eu\"' --from {store.url} --server {api.url}")
    assert (result.code, result.err, "100000000" in result.out, "only-us" in result.out) == (0, "", True, False)


def test_the_nodes_of_another_cluster_do_not_matter_if_they_have_other_names(
    run: Run, api: FakeApi, store: FakeApi
) -> None:
    api.nodes(node("a"))
    engine(store, holding((machine("a", **EU), 0.1), (machine("b", **US), 3.0)))
    result = run(f"top nodes --no-headers --from {store.url} --server {api.url}")
    assert (result.code, result.out.split()[:2], result.err) == (0, ["a", "100m"], "")


@pytest.mark.parametrize(
    ("series", "label", "names"),
    [
        ([(box("p", cluster_name="b"), 1.0), (box("q", cluster_name="c"), 1.0)], "cluster_name", ["b", "c"]),
        # The Prometheus of a cluster that also has the series of another.
        ([(box("p"), 1.0), (box("p", **US), 1.0)], "cluster", ["", "us"]),
        ([(box("p"), 1.0), (box("q", **US), 1.0)], "", []),
        # Whether these labels separate clusters shows in the same object under two values.
        ([(box("p", tenant="b"), 1.0), (box("p", tenant="c"), 1.0)], "tenant", ["b", "c"]),
        ([(box("p", tenant="b"), 1.0), (box("q", tenant="c"), 1.0)], "", []),
        ([(box("p", env="dev"), 1.0), (box("p", env="live"), 1.0)], "env", ["dev", "live"]),
        ([(box("p", eks_cluster="b"), 1.0), (box("p", eks_cluster="c"), 1.0)], "eks_cluster", ["b", "c"]),
        ([(box("p", vm_account_id="1"), 1.0), (box("p", vm_account_id="2"), 1.0)], "vm_account_id", ["1", "2"]),
        # Those of two replicas of one Prometheus do not.
        ([(box("p", prometheus_replica="0"), 1.0), (box("p", prometheus_replica="1"), 1.0)], "", []),
    ],
)
def test_a_cluster_is_told_by_its_label(
    run: Run, api: FakeApi, store: FakeApi, series: Any, label: str, names: list[str]
) -> None:
    engine(store, holding(*series))
    result = run(f"top pods -A --from {store.url} --server {api.url}")
    assert result.err == (refused(label, *names) if label else "")
    assert result.code == (1 if label else 0)


@pytest.mark.parametrize(("label", "ends"), [("cluster", True), ("tenant", True), ("cluster", False)])
def test_recommendations_are_not_of_two_clusters(
    run: Run, api: FakeApi, store: FakeApi, label: str, *, ends: bool
) -> None:
    """Neither of those that are there at the end of the range, nor of one that has gone since."""
    api.pods(pod("n", "p", "a"))

    def answer(query: str, request: Request) -> Reply | None:
        if query.startswith("group by (namespace") and ends:
            return vector(*((box("p", **{label: name}), "1") for name in ("b", "c")))
        if query.startswith("group by (cluster") and not ends and request.path.endswith("_range"):
            return matrix(*(({label: name}, 1.0) for name in ("b", "c")))
        return (
            vector(({}, "60"))
            if query.startswith(("max(max_over_time((count_over_time", "count(last_over_time"))
            else None
        )

    engine(store, answer)
    words = f"rightsize -A --since 1d --from {store.url} --server {api.url}"
    assert run(words) == (1, "", refused(label, "b", "c"))


def test_a_cluster_that_got_another_name_is_one(run: Run, api: FakeApi, store: FakeApi) -> None:
    engine(store, holding((box("p", cluster="new"), 0.5), gone=(box("p", cluster="old"), 0.5)))
    result = run(f"top pods -A --no-headers --from {store.url} --server {api.url}")
    assert (result.code, result.out.split()[2], result.err) == (0, "500m", "")


@pytest.mark.parametrize(("late", "code"), [(0, 1), (3600, 0)])
@pytest.mark.parametrize("words", ["top pods -A", "top nodes"])
def test_the_clusters_of_a_range_are_those_of_each_moment(
    run: Run, api: FakeApi, store: FakeApi, words: str, late: int, code: int
) -> None:
    """One that follows another is not added to it; one beside another is, even if it has gone since."""
    api.nodes(node("a"))
    now: Answer = holding((machine("a", **EU), 0.5), (box("p", **EU), 0.5))

    def answer(query: str, request: Request) -> Reply | None:
        if query.startswith("group by (cluster, cluster_name)"):
            start = int(float(dict(request.query)["start"]))
            parts = {"us": range(start, start + 3600, 600), "eu": range(start + late, NOW, 600)}
            result = [
                {"metric": {"cluster": name}, "values": [[time, "1"] for time in times]}
                for name, times in parts.items()
            ]
            return Reply({"status": "success", "data": {"resultType": "matrix", "result": result}})
        return now(query, request)

    engine(store, answer)
    result = run(f"{words} --since 4h --columns cpu.max --from {store.url} --server {api.url}")
    assert (result.code, result.err) == (code, refused("cluster", "eu", "us") if code else "")


def test_volumes_of_two_clusters_are_not_mixed(run: Run, api: FakeApi, store: FakeApi) -> None:
    api.pods()

    def answer(query: str, _request: Request) -> Reply | None:
        return vector((EU, "1"), (US, "1")) if query.startswith("group by (cluster, cluster_name)") else None

    engine(store, answer)
    assert run(f"top volumes -A --from {store.url} --server {api.url}") == (1, "", refused("cluster", "eu", "us"))


# --- contexts -------------------------------------------------------------------------------------------------


def test_contexts_share_a_store_by_a_template(run: Run, store: FakeApi, tmp_path: Path) -> None:
    with FakeApi() as eu, FakeApi() as us:
        for api in (eu, us):
            api.nodes(node("a"))
        config = kubeconfig(tmp_path / "config", {"eu": eu.url, 'u"s': us.url})
        asked = engine(store, holding((machine("a", **EU), 0.25), (machine("a", cluster='u\\"s'), 3.0)))
        words = f"top nodes --kubeconfig {config} --all-contexts --columns cpu --no-headers --from {store.url}"
        result = run(*words.split(), "--prometheus-match", 'cluster="{context}"')
        assert (result.code, [line.split() for line in result.out.splitlines()], result.err) == (
            0,
            [["eu", "a", "250m"], ['u"s', "a", "3000m"]],
            "",
        )
        assert {'cluster="eu"' in query for query in asked if "cluster=" in query} == {True, False}
        result = run(words)
        assert (result.code, result.err.splitlines()[0]) == (
            2,
            "error: --from URL goes with one context, not with several",
        )


def test_contexts_of_one_cluster_are_two_clusters_in_the_store(run: Run, store: FakeApi, tmp_path: Path) -> None:
    """They are not "the same cluster and user", to be shown once: each has its own matcher."""
    with FakeApi() as api:
        api.nodes(node("a"))
        config = kubeconfig(tmp_path / "config", {"eu": api.url, "us": api.url})
        engine(store, holding((machine("a", **EU), 0.25), (machine("a", **US), 3.0)))
        words = f"top nodes --kubeconfig {config} --all-contexts --columns cpu --no-headers --from {store.url}"
        result = run(*words.split(), "--prometheus-match", 'cluster="{context}"')
        assert ([line.split() for line in result.out.splitlines()], result.err) == (
            [["eu", "a", "250m"], ["us", "a", "3000m"]],
            "",
        )


def facts(query: str, request: Request) -> Reply | None:
    """Three clusters of one node each; "old" only at the moment 1000000000."""
    if query.startswith("group by (cluster, cluster_name)"):
        past = "last_over_time" in query or float(dict(request.query).get("time", NOW)) == 1_000_000_000
        return vector((EU, "1"), ({"cluster_name": "us"}, "1"), *([({"cluster": "old"}, "1")] if past else []))
    if "kube_node_status" in query:
        return vector(({"node": "a", "resource": "cpu"}, "4"))
    if query.startswith((CPU, MEMORY)):
        reply = matrix((machine("a"), (lambda time: time / 4) if query.startswith(CPU) else 2.0**20))
        late = NOW - float(dict(request.query).get("time", NOW))
        for series in reply.body["data"]["result"]:
            series["values"] = [[time - late, value] for time, value in series["values"]]
        return reply
    return None


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("", ["eu", "us"]),
        ("--context us", ["us"]),
        ("--context eu,us", ["eu", "us"]),
        ("--context u*", ["us"]),
        ("--at 2001-09-09T01:46:40Z", ["eu", "old", "us"]),
        ("--since 1h", ["eu", "old", "us"]),
    ],
)
def test_context_chooses_among_the_clusters_of_the_moment(
    run: Run, store: FakeApi, words: str, shown: list[str]
) -> None:
    asked = engine(store, facts)
    result = run(f"top cluster {words} --columns cpu.allocatable --no-headers --from {store.url} --facts source")
    assert (result.code, [line.split()[0] for line in result.out.splitlines()]) == (0, shown)
    if words == "--context us":
        assert [query for query in asked if "kube_node_status" in query and 'cluster_name="us"' not in query] == []


def test_a_cluster_that_is_not_there_is_an_error(run: Run, store: FakeApi) -> None:
    engine(store, facts)
    result = run(f"top cluster --context nosuch --from {store.url} --facts source")
    assert result == (
        1,
        "",
        'error: no cluster of this Prometheus is called "nosuch"\nhint: list them without --context\n',
    )
    result = run("top", "nodes", "--from", store.url, "--facts", "source", "--prometheus-match", 'cluster="{context}"')
    assert result.code == 2
    assert result.err.startswith("error: {context} in --prometheus-match does not go with --facts source\n")
