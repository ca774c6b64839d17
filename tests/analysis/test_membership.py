"""Groups over time: which pods belong to a workload, also those that are gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.metrics import scope_of
from c3s_cli.model.rows import Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.request.query import Query
from c3s_cli.request.selectors import parse_labels
from c3s_cli.request.where import parse
from c3s_cli.sources.prometheus.membership import Members, PodSet, members_of
from c3s_cli.sources.source import Groups, Keys

LETTERS = "[b-df-hj-np-tv-xz2456789]"


def sample(*pods: tuple[str, str, str]) -> Sample:
    facts = {
        (namespace, name): PodFacts("", "node", owner, "Running", 0, None, "", {}, {}, {})
        for namespace, name, owner in pods
    }
    measured = [Pod("c", namespace, name, 1, 1, timestamp="t") for namespace, name in facts]
    return Sample("c", datetime.now(UTC), "prometheus", pods=measured, pod_facts=facts)


def query(*by: str, where: str = "", **more: object) -> Query:
    naming = Naming(Kind.POD)
    condition = parse([where], naming) if where else None
    columns = tuple(map(naming.find, by))
    return Query(Kind.POD, Kind.POD_GROUP if by else Kind.POD, (), by=columns, where=condition, **more)  # type: ignore[arg-type]


def members(sample: Sample, query: Query) -> dict[Keys, Members]:
    groups = Groups((), query.by, query.where, total=query.sum or not query.by)
    return members_of(sample, groups, scope_of(query, "n"))


WEB = ("n", "web-7d9fbc6b4d-x7k2p", "Deployment/web")
API = ("n", "web-api-7d9fbc6b4d-x7k2p", "Deployment/web-api")


@pytest.mark.parametrize(
    ("name", "owner", "after"),
    [
        ("web-7d9fbc6b4d-x7k2p", "Deployment/web", f"-{LETTERS}{{5,10}}-{LETTERS}{{5}}"),
        ("web.x-x7k2p", "DaemonSet/web.x", f"-{LETTERS}{{5}}"),
        ("web-12", "StatefulSet/web", "-[0-9]+"),
        ("web-x7k2p", "Job/web", f"(-[0-9]+)?-{LETTERS}{{5}}"),
        ("web-3-x7k2p", "Job/web", f"(-[0-9]+)?-{LETTERS}{{5}}"),
        ("web-29540123-x7k2p", "CronJob/web", f"-[0-9]+(-[0-9]+)?-{LETTERS}{{5}}"),
    ],
)
def test_a_workload_is_a_pattern_of_names(name: str, owner: str, after: str) -> None:
    found = members(sample(("n", name, owner), API), query("namespace", "owner"))
    pattern = owner.partition("/")[2].replace(".", "\\.") + after
    assert found["n", owner] == Members((PodSet("n", pattern=pattern),), size=1)


@pytest.mark.parametrize(
    "others",
    [
        # A name that was cut, a kind that names its pods as it likes, none at all.
        [("n", "a-very-long-name-that-was-cutx7k2p", "Deployment/a-very-long-name-that-was-cut-off")],
        [("n", "etcd-node-1", "Node/node-1")],
        [("n", "web-7d9fbc6b4d-x7k2p", "")],
        # Another workload's pod would match, too.
        [("n", "web-x7k2p", "DaemonSet/web"), ("n", "web-bcdfg", "Job/web")],
    ],
)
def test_where_a_pattern_would_be_wrong_the_names_are_listed(others: list[tuple[str, str, str]]) -> None:
    found = members(sample(*others), query("owner"))
    assert found == {(owner,): Members((PodSet("n", (name,)),), size=1) for _, name, owner in others}


def test_whole_namespaces_are_not_listed() -> None:
    pods = (WEB, API, ("m", "x", ""))
    assert members(sample(*pods), query("namespace", sum=True)) == {
        ("n",): Members((PodSet("n"),), size=2),
        ("m",): Members((PodSet("m"),), size=1),
        (): Members((PodSet("m"), PodSet("n")), size=3),
    }


@pytest.mark.parametrize(
    "selecting",
    [{"where": "name ~ web"}, {"labels": parse_labels("a=b")}, {"name": "web-7d9fbc6b4d-x7k2p"}],
)
def test_what_selects_pods_selects_no_former_ones(selecting: dict[str, object]) -> None:
    for by in ("namespace", "owner"):
        found = members(sample(WEB), query(by, **selecting))  # type: ignore[arg-type]
        assert list(found.values()) == [Members((PodSet("n", (WEB[1],)),), size=1)]


def test_conditions_on_workloads_keep_their_former_pods() -> None:
    found = members(sample(WEB, API), query("owner", where="owner = Deployment/web, namespace = n"))
    assert [each.pods[0].pattern != "" for each in found.values()] == [True]


def test_other_keys_are_of_the_pods_that_are_there() -> None:
    found = members(sample(WEB, API, ("m", "x", "")), query("node"))
    assert found == {("node",): Members((PodSet("m", ("x",)), PodSet("n", (WEB[1], API[1]))), size=3)}
