"""`c3s doctor --from URL`: which series a Prometheus has, of which clusters, how far back, how dense."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_prometheus import NOW, engine, refusal, vector

MEMORY = "container_memory_working_set_bytes"
CONTAINERS = f'{MEMORY}{{container!="",container!="POD"}}'
NODE = "exported_node, node, kubernetes_node, kubernetes_io_hostname, nodename, hostname, host, instance"
Answers = Mapping[str, Reply]
ADVICE = "relabel the kubelets' series: c3s needs namespace, pod, container"
SCRAPE = "let it scrape the kubelets' /metrics/cadvisor; --prometheus-match may select nothing"
NO_FACTS = (
    "state metrics",
    "warning",
    "none: requests, owners and nodes come from the API server only",
    "let it scrape kube-state-metrics for --facts source",
)
NO_NODES = (
    "node series",
    "broken",
    "none: nodes have no usage",
    "let it scrape the kubelets' /metrics/cadvisor or /metrics/resource, or node_exporter",
)


def times(*ages: int) -> Reply:
    """Give a point at each of some times before now."""
    values = [[NOW - each, "7"] for each in sorted(ages, reverse=True)]
    return Reply({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}})


@pytest.fixture
def examine(run: Run) -> Iterator[Callable[..., tuple[int, list[tuple[str, ...]]]]]:
    """Examine a Prometheus with some answers; return the exit code and the findings after the first one."""
    with FakeApi() as server:

        def doctor(answers: Answers, days: Reply | None = None, hours: Reply | None = None, *flags: str) -> Any:
            def answer(query: str, request: Request) -> Reply | None:
                if request.path.endswith("_range"):
                    return days if dict(request.query)["step"] == "86400" else hours
                return answers.get(query)

            engine(server, answer)
            result = run("doctor", "-o", "json", "--from", server.url, *flags)
            assert result.err == ""
            items = [tuple(each.values()) for each in json.loads(result.out)["items"]]
            assert items[0][:2] == ("prometheus", "ok")
            assert items[0][2].startswith(f"{server.url} answers in ")
            return result.code, items[1:]

        yield doctor


def test_a_prometheus_that_has_everything(examine: Any) -> None:
    jobs = [{"job": "kubelet", "metrics_path": "/metrics/cadvisor"}, {"job": "old"}]
    answers = {
        f"count by (job, metrics_path) ({CONTAINERS})": vector((jobs[0], "20"), (jobs[1], "3")),
        f'group by ({NODE}) ({MEMORY}{{id="/"}})': vector(({"node": "a"}, "1"), ({"node": "b"}, "1")),
        f"group by ({NODE}) (node_memory_MemTotal_bytes{{}})": vector(({"instance": "10.0.0.1:9100"}, "1")),
        "count(kube_node_info{})": vector(({}, "2")),
        "count(kube_pod_info{})": vector(({}, "9")),
        f"group by (cluster, cluster_name) ({MEMORY}{{}})": vector(({"cluster": "eu"}, "1")),
        f"max(count_over_time({CONTAINERS}[3600s]))": vector(({}, "61")),
    }
    days = times(*range(0, 30 * 86400, 86400))
    assert examine(answers, days, times(*range(0, 86401, 900))) == (
        0,
        [
            (
                "container series",
                "ok",
                "23 with the labels namespace, pod and container, scraped by kubelet /metrics/cadvisor, old",
                "",
            ),
            ("node series", "ok", "root cgroups of 2 nodes, node_exporter of 1 node, named by instance, node", ""),
            ("state metrics", "ok", "2 nodes and 9 pods: --facts source works", ""),
            ("clusters", "ok", 'one, cluster="eu"', ""),
            ("samples", "ok", "one every 59s", ""),
            ("history", "ok", "samples since 2026-02-01T09:30Z, 29d ago", ""),
        ],
    )


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, ("broken", f"none: there is no {MEMORY}", SCRAPE)),
        (
            {f'count({MEMORY}{{pod="",id!="/",id!=""}})': vector(({}, "8"))},
            ("broken", "8 without the labels pod and container", ADVICE),
        ),
        (
            {f'count({MEMORY}{{pod!="",container="",image=""}})': vector(({}, "5"))},
            (
                "warning",
                "none, but 5 of pods: single containers are not known",
                "the runtime reports no containers, or a rule drops their labels",
            ),
        ),
        (
            {
                f"count by (job, metrics_path) ({CONTAINERS})": vector(({}, "5")),
                f'count({CONTAINERS[:-1]},exported_pod!=""}})': vector(({}, "5")),
            },
            ("ok", "5 with the labels exported_namespace and exported_pod, scraped by no job", ""),
        ),
    ],
)
def test_what_is_wrong_with_the_series_is_named(examine: Any, answers: Answers, found: tuple[str, ...]) -> None:
    assert examine(answers) == (1, [("container series", *found), NO_NODES, NO_FACTS])


def test_clusters_gaps_and_slow_scrapes_are_named(examine: Any) -> None:
    names = [({"cluster_name": f"c{number}"}, "1") for number in range(7)]
    answers = {
        f"group by (cluster, cluster_name) ({MEMORY}{{}})": vector(*names),
        f"max(count_over_time({CONTAINERS}[3600s]))": vector(({}, "12")),
    }
    gaps = "statistics leave gaps out; see the column coverage"
    every = range(0, 86401, 900)
    for days, hours, words in (
        (times(0, 86400, 5 * 86400), times(*every), "samples since 2026-02-25T09:30Z, 5d ago; none at 3 of 6 days"),
        (
            times(0),
            times(*[each for each in every if not 3600 <= each < 7200]),
            "samples since 2026-03-01T09:30Z, 24h ago; none at 4 of 97 quarters of an hour of the last day",
        ),
    ):
        code, found = examine(answers, days, hours)
        assert (code, found[3:]) == (
            1,
            [
                (
                    "clusters",
                    "warning",
                    "7 by the label cluster_name: c0, c1, c2, c3, c4 and 2 more",
                    "choose one with --prometheus-match 'cluster_name=\"c0\"'",
                ),
                ("samples", "warning", "one every 5m: usage now is averaged over longer than five minutes", ""),
                ("history", "warning", words, gaps),
            ],
        )


def test_matchers_are_in_every_query(examine: Any) -> None:
    cluster = 'cluster="eu"'
    answers = {
        f"count by (job, metrics_path) ({CONTAINERS[:-1]},{cluster}}})": vector(({"job": "kubelet"}, "5")),
        f"count(kube_node_info{{{cluster}}})": vector(({}, "2")),
        f"count(kube_pod_info{{{cluster}}})": vector(({}, "2")),
        f"group by ({NODE}) (node_memory_working_set_bytes{{{cluster}}})": vector(({"node": "a"}, "1")),
    }
    code, found = examine(answers, None, None, "--prometheus-match", cluster)
    assert (code, [each[1] for each in found]) == (0, ["ok", "ok", "ok"])


def test_what_the_server_refuses_is_a_finding(run: Run) -> None:
    with FakeApi() as server:
        engine(server, lambda _query, _request: refusal(422, "execution", "no"))
        result = run("doctor", "--from", server.url)
    assert (result.code, result.err, result.out.count("broken   the server refused the query: no")) == (1, "", 6)
    result = run("doctor -o json --from http://127.0.0.1:1")
    assert (result.code, json.loads(result.out)["items"]) == (
        1,
        [
            {
                "check": "prometheus",
                "result": "broken",
                "finding": "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or "
                "port?",
                "hint": "is http://127.0.0.1:1 the right address?",
            }
        ],
    )
    result = run("doctor -o json --from https://127.0.0.1:1 --prometheus-ca /dev/null/x")
    assert (result.code, json.loads(result.out)["items"][0]["result"]) == (1, "broken")
