"""Kinds as words: `top deploy`, `top ns`, `top sts/db`, and what they sum up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, pod_metrics, status

OWNERS = {
    "web-1": ("ReplicaSet", "web-5d4f"),
    "web-2": ("ReplicaSet", "web-5d4f"),
    "old-1": ("ReplicaSet", "old"),
    "db-0": ("StatefulSet", "db"),
    "db.x-0": ("StatefulSet", "db.x"),
    "agent-a": ("DaemonSet", "agent"),
    "once-1": ("Job", "once"),
    "nightly-9-1": ("Job", "nightly-9"),
    "bare": None,
}


def reference(owner: tuple[str, str] | None) -> list[dict[str, Any]]:
    return [] if owner is None else [{"kind": owner[0], "name": owner[1], "uid": owner[1], "controller": True}]


def listed(namespace: str, name: str, owner: tuple[str, str] | None) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": name, "uid": name, "ownerReferences": reference(owner)}
    return {"metadata": metadata}


@pytest.fixture
def where(api: FakeApi) -> str:
    """Give a cluster with a workload of every kind in the namespace `default`, and one in `shop`."""
    own = [pod_metrics("default", name, ("app", "100m", "1Mi"), ("proxy", "1m", "1Mi")) for name in OWNERS]
    other = [pod_metrics("shop", "web-3", ("app", "1", "1Gi"))]
    spec = {"spec": {"nodeName": "n", "containers": [{"name": "app"}]}, "status": {"phase": "Running"}}
    facts = [listed("default", name, owner) | spec for name, owner in OWNERS.items()]
    shop = [listed("shop", "web-3", ("ReplicaSet", "web-77")) | spec]
    whole = (None, [*own, *other], [*facts, *shop])
    for namespace, metrics, pods in (whole, ("default", own, facts), ("shop", other, shop)):
        api.pod_metrics(*metrics, namespace=namespace)
        api.pods(*pods, namespace=namespace)
        scope = f"namespaces/{namespace}/" if namespace else ""
        sets = [listed("default", "web-5d4f", ("Deployment", "web")), listed("shop", "web-77", ("Deployment", "web"))]
        jobs = [listed("default", "nightly-9", ("CronJob", "nightly"))]
        api.routes[f"/apis/apps/v1/{scope}replicasets"] = Reply({"metadata": {}, "items": sets})
        api.routes[f"/apis/batch/v1/{scope}jobs"] = Reply({"metadata": {}, "items": jobs})
    return f"--server {api.url}"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("deployments", "deployment", "deploy", "DEPLOY"), "deployment.apps/web"),
        (("statefulsets", "statefulset", "sts"), "statefulset.apps/db statefulset.apps/db.x"),
        (("daemonsets", "daemonset", "ds"), "daemonset.apps/agent"),
        # Those that no other workload owns.
        (("replicasets", "replicaset", "rs"), "replicaset.apps/old"),
        (("jobs", "job"), "job.batch/once"),
        (("cronjobs", "cronjob", "cj"), "cronjob.batch/nightly"),
        (
            ("workloads",),
            " ".join(
                (
                    *("cronjob.batch/nightly", "daemonset.apps/agent", "deployment.apps/web", "job.batch/once"),
                    *("replicaset.apps/old", "statefulset.apps/db", "statefulset.apps/db.x"),
                )
            ),
        ),
        (("namespaces", "namespace", "ns"), "namespace/default namespace/shop"),
    ],
)
def test_a_kind_is_the_rollup_that_it_means(run: Run, where: str, words: tuple[str, ...], names: str) -> None:
    for word in words:
        result = run(f"top {word} -o name {where}")
        assert (result.code, sorted(result.out.split())) == (0, names.split())
        assert run(f"watch {word} --count 1 -o name {where}").out == result.out


def test_a_name_selects_one_row(run: Run, where: str) -> None:
    heading = "OWNER            MEASURED   CPU(cores)   MEMORY(bytes)\n"
    assert run(f"top deploy web {where}") == (0, f"{heading}Deployment/web   2/2        202m         4Mi\n", "")
    assert run(f"top deploy deployment.apps/web {where}").out.splitlines()[1].split()[:2] == ["Deployment/web", "2/2"]
    # A dot in a name is a dot.
    assert run(f"top sts db -o name {where}").out == "statefulset.apps/db\n"
    several = run(f"top deploy -A -o name {where}")
    assert several.out == "deployment.apps/web\n" * 2
    assert several.err == (
        "-o name: names alone, as kubectl prints them; -o value --columns namespace,owner has the namespaces\n"
    )
    assert run(f"top deploy -A -o value --columns namespace,owner {where}").out.splitlines() == [
        "default\tDeployment/web",
        "shop\tDeployment/web",
    ]
    assert run(f"top ns shop -o name {where}").out == "namespace/shop\n"
    assert run(f"top ns -n shop -o name {where}").out == "namespace/shop\n"
    assert run(f"top deploy -A --columns default {where}").out.splitlines()[1].split()[:2] == [
        "default",
        "Deployment/web",
    ]


def test_the_pods_of_one_workload(run: Run, where: str) -> None:
    pods = "NAME    CPU(cores)   MEMORY(bytes)\nweb-1   101m         2Mi\nweb-2   101m         2Mi\n"
    for words in (
        "top deploy/web",
        "top pods deploy/web",
        "top pods --workload deploy/web",
        "watch deploy/web --count 1",
        # As -o name prints it.
        "top deployment.apps/web",
        "top pods deployment.apps/web",
    ):
        assert run(f"{words} {where}") == (0, pods, "")
    assert run(f"top sts/db --containers --columns cpu {where}").out == (
        "POD    NAME    CPU(cores)\ndb-0   app     100m\ndb-0   proxy   1m\n"
    )


def test_a_workload_that_does_not_exist_is_an_error(run: Run, api: FakeApi, where: str) -> None:
    api.routes["/apis/apps/v1/namespaces/default/deployments/no"] = status(
        404, "NotFound", 'deployments.apps "no" not found'
    )
    api.routes["/apis/apps/v1/namespaces/default/statefulsets/web"] = status(404, "NotFound", "no")
    api.routes["/apis/apps/v1/namespaces/default/deployments/idle"] = Reply({"kind": "Deployment"})
    said = 'Error from server (NotFound): deployments.apps "no" not found\n'
    for words in ("top deploy/no", "top deploy no", "wait deploy/no --for cpu<1 --timeout 1s"):
        result = run(f"{words} {where}")
        assert (result.code, result.out) == (1, "")
        assert result.err.endswith(said)
    # The name of another kind leads there, in the same namespace.
    meant = f"hint: did you mean c3s top pods --workload Deployment/web -n default {where}?\n"
    assert run(f"top sts/web -n default {where}").err.endswith(meant)
    # A workload may have no pods, and what may not be read may exist.
    none = (0, "", "No resources found in default namespace.\n")
    assert run(f"top deploy/idle {where}") == none
    api.routes["/apis/apps/v1/namespaces/default/deployments/no"] = status(403, "Forbidden", "no")
    assert run(f"top deploy/no {where}") == none


def test_a_workload_is_looked_up_in_all_namespaces(run: Run, api: FakeApi, where: str) -> None:
    idle, no = listed("shop", "idle", None), "NotFound): deployments.apps"
    api.routes["/apis/apps/v1/deployments"] = Reply({"metadata": {}, "items": [idle]})
    api.routes["/api/v1/namespaces"] = Reply(
        {"metadata": {}, "items": [{"metadata": {"name": name}} for name in ("default", "shop")]}
    )
    assert run(f"top deploy/idle -A {where}") == (0, "", "No resources found\n")
    assert run(f"top deploy idle -n 'sh*' {where}").code == 0
    for words, name in (("top deploy/no -A", "no"), ("top deploy no -A", "no"), ("top deploy/idle -n 'def*'", "idle")):
        result = run(f"{words} {where}")
        assert (result.code, result.err) == (1, f'Error from server ({no} "{name}" not found\n'), words
    api.routes["/apis/apps/v1/deployments"] = status(403, "Forbidden", "no")
    assert run(f"top deploy/no -A {where}").code == 0
    # Nor does a workload exist if its kind does not.
    assert run(f"top rollout/no -A {where}").err.endswith('rollouts.argoproj.io "no" not found\n')


def test_another_key_wins(run: Run, where: str) -> None:
    assert run(f"top deploy --by node -o name {where}") == (0, "node/n\n", "")


def test_conditions_of_the_user_are_asked_too(run: Run, where: str) -> None:
    flags = "--where 'name = web-1' --where 'name = db-0'"
    assert run(f"top deploy/web {flags} -o name {where}").out == "pod/web-1\n"


def test_what_is_no_kind_keeps_its_error(run: Run, where: str) -> None:
    said = "error: unknown command \"foo/web\"\nSee 'c3s top -h' for help and examples\n"
    assert run(f"top foo/web {where}") == (2, "", said)
    result = run(f"top pods foo/web {where}")
    assert result == (2, "", "error: invalid resource name \"foo/web\": [may not contain '/']\n")
    kinds = "Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Rollout"
    said = f"error: unknown kind 'Node' in --workload\nhint: one of: {kinds}\n"
    assert run(f"top pods --workload Node/a {where}") == (2, "", said)


def test_the_help_of_a_kind_is_that_of_its_pods(run: Run) -> None:
    assert run("top deploy --help") == run("help top deploy") == run("top pods --help")


def test_keys_of_other_tools_have_a_hint(run: Run) -> None:
    result = run("top pods --by label=team")
    assert result.err == "error: unknown key 'label=team' in --by\nhint: did you mean label:team?\n"


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("top deploy/cart deploy/payments", "top pods --where 'owner in (Deployment/cart, Deployment/payments)'"),
        ("top pods deploy/cart rollout/checkout", "top pods --where 'owner in (Deployment/cart, Rollout/checkout)'"),
        ("top pods --workload cart,deploy/payments", "top deploy/cart deploy/payments"),
        ("top pods --workload deploy/cart --workload payments", "top deploy/cart deploy/payments"),
        ("top deploy cart payments", "top deploy --where 'owner in (Deployment/cart, Deployment/payments)'"),
        ("top deploy,rollout", "top workloads --workload Deployment,Rollout"),
        ("top deploy 'pay*' cart", "top deploy cart payments"),
        ("top 'deploy/c*' deploy/payments", "top deploy/cart deploy/payments"),
        ("top ns/batch", "top ns batch"),
        ("top ns batch default", "top ns -n batch,default"),
    ],
)
def test_several_workloads_at_once(demo: Run, typed: str, same: str) -> None:
    space = "" if typed.startswith("top ns") else " -n team-checkout"
    expected = demo(f"{same}{space} -o name")
    assert demo(f"{typed}{space} -o name") == expected
    assert expected.out


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("top deploy/cart deploy/no", "deployments.apps"),
        ("top deploy cart no", "deployments.apps"),
        ("top pods --workload no", "workloads"),
        ("top workloads no", "workloads"),
    ],
)
def test_one_of_several_that_does_not_exist_is_missed(demo: Run, typed: str, missing: str) -> None:
    result = demo(f"{typed} -n team-checkout")
    assert result == (1, "", f'Error from server (NotFound): {missing} "no" not found\n')
