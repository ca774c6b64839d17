"""--containers: the rows are containers, and so is what conditions judge, --sort-by orders and --limit counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, pod, pod_metrics

COLUMNS = "--columns container,memory,memory%limits -o csv --no-headers"


@pytest.fixture
def words(api: FakeApi) -> str:
    """Serve a pod whose sidecar hides how close the app is to its limit, one that is fine, and one without metrics."""

    def limited(name: str, memory: str) -> dict[str, Any]:
        return {"name": name, "resources": {"limits": {"memory": memory}, "requests": {"memory": memory}}}

    cart = [limited("app", "100Mi"), limited("proxy", "1000Mi")]
    api.pods(
        pod("n", "cart", spec={"containers": cart}, labels={"app": "cart"}),
        pod("n", "db", spec={"containers": [limited("db", "400Mi")]}),
        pod("n", "new", spec={"containers": [limited("app", "100Mi")]}),
    )
    api.pod_metrics(
        pod_metrics("n", "cart", ("app", "9m", "96Mi"), ("proxy", "5m", "300Mi")),
        pod_metrics("n", "db", ("db", "7m", "200Mi")),
    )
    return f"top pods -A --containers --server {api.url}"


def test_a_condition_judges_each_container(run: Run, words: str) -> None:
    assert run(f"{words} {COLUMNS} --where 'memory%limits > 90'").out == "app,100663296,96.0\n"
    assert run(f"{words} {COLUMNS} --where 'memory%limits < 40'").out == "proxy,314572800,30.0\n"
    assert run(f"{words} {COLUMNS} --where 'container = db'").out == "db,209715200,50.0\n"
    # What only a pod has is judged on the pod, together with what its containers have.
    assert run(f"{words} {COLUMNS} --where 'name = cart, memory > 200Mi'").out == "proxy,314572800,30.0\n"
    gate = run(f"{words} --fail-if 'memory%limits > 90'")
    assert gate.code == 3
    assert gate.err == (
        "--fail-if: 1 row matched: n/cart/app\n--fail-if: 1 row could not be judged (no metrics): n/new/app\n"
    )
    assert run(f"{words} --fail-if 'memory%limits > 97' --fail-if-unknown").code == 3
    assert run(f"{words} --where 'name != new' --fail-if 'memory%limits > 97' --fail-if-unknown").code == 0
    pods = f"{words.replace(' --containers', '')} --where 'name != new' --fail-if 'memory%limits > 90"
    assert run(f"{pods}'").err == (
        "note: 1 container meets --fail-if although no pod does, and --containers judges each: n/cart/app\n"
    )
    # Pods that are not selected, other conditions, and a gate that is red anyway need no note.
    assert run(f"{pods.replace('!= new', '= db')}'").err == ""
    assert run(f"{pods}'".replace("> 90", "> 97 or memory < 97Mi")).err == ""
    assert run(f"{pods} or memory > 390Mi'").err == "--fail-if: 1 row matched: n/cart\n"


def test_a_pod_without_containers_is_judged_as_unknown(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("n", "empty"))
    result = run(f"top pods -A --containers --server {api.url} --fail-if 'cpu > 1' --fail-if-unknown")
    assert result.code == 3
    assert result.err.endswith("--fail-if: 1 row could not be judged (no metrics): n/empty\n")


def test_a_pod_without_containers_takes_no_line_of_a_limit(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("n", "a"), pod_metrics("n", "b", ("app", "1m", "1Mi"), ("log", "1m", "1Mi")))
    words = f"top pods -A --containers --no-headers -o csv --columns name,container --server {api.url}"
    assert run(f"{words} --limit 1").out == "b,app\n"


def test_sums_are_of_the_containers_that_are_left(run: Run, words: str) -> None:
    result = run(f"{words} --where 'memory%limits > 40' --sum --columns memory,memory.requests --no-headers")
    assert [line.split()[-2:] for line in result.out.splitlines()] == [
        ["96Mi", "100Mi"],
        ["200Mi", "400Mi"],
        ["________", "________"],
        ["296Mi", "500Mi"],
    ]


def test_limits_count_containers_and_orders_are_of_containers(run: Run, words: str) -> None:
    by_share = f"{words} {COLUMNS} --sort-by memory%limits"
    assert [line.split(",")[0] for line in run(by_share).out.splitlines()] == ["app", "db", "proxy", "app"]
    two = run(f"{words} --columns container --sort-by memory --limit 2")
    assert (two.out.split()[1:], two.err) == (["proxy", "db"], "1 more row is not shown\n")
    # kubectl sorts pods, and then the containers of each.
    assert run(f"{words} --columns container --sort-by memory").out.split()[1:] == ["proxy", "app", "db"]


def test_each_container_has_its_own_restarts(run: Run, api: FakeApi) -> None:
    sidecars = [{"name": "init"}, {"name": "proxy", "restartPolicy": "Always"}]
    spec = {"containers": [{"name": "app"}, {"name": "log"}], "initContainers": sidecars}
    init, proxy, app, log = [
        {"name": name, "restartCount": count, "ready": True, "started": True, "state": {"running": {}}}
        for name, count in (("init", 9), ("proxy", 5), ("app", 2), ("log", 0))
    ]
    init["state"] = {"terminated": {"exitCode": 0}}
    web = pod("n", "web", spec=spec, containerStatuses=[app, log], initContainerStatuses=[init, proxy])
    api.pods(web, pod("n", "new", containerStatuses=[]))
    words = f"top pods -A --server {api.url} -o value --columns name,restarts"
    assert run(words).out == "new\t0\nweb\t7\n"
    gate = run(f"{words},container --containers --fail-if 'restarts > 3'")
    assert (gate.code, gate.out) == (3, "new\t0\tapp\nweb\t2\tapp\nweb\t0\tlog\nweb\t5\tproxy\n")
    assert gate.err == "--fail-if: 1 row matched: n/web/proxy\n"
    assert run(f"{words} --containers --where container=app").out == "new\t0\nweb\t2\n"
    # What restarts may be an init container, which has no row.
    init["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    states = [{**each, "restartCount": 0, "started": False, "state": {}} for each in (app, log, proxy)]
    first = [init, states[2]]
    api.pods(pod("n", "web", phase="Pending", spec=spec, containerStatuses=states[:2], initContainerStatuses=first))
    gate = run(f"{words} --containers --fail-if 'restarts > 3'")
    judged = "3 rows could not be judged (restarts unknown): n/web/app, n/web/log, n/web/proxy"
    assert gate.err == f"--fail-if: {judged}; --fail-if-unknown fails then\n"
    assert run(f"{words} --fail-if 'restarts > 3'").code == 3
    # What is known of some pods decides for their group as far as it goes.
    api.pod_metrics(pod_metrics("n", "unlisted", ("app", "1m", "1Mi")))
    group = run(f"top pods -A --server {api.url} --by namespace --columns restarts -o csv --fail-if 'restarts > 8'")
    assert (group.code, group.out.splitlines()[1]) == (3, "n,9")
    assert "restarts are the sum of what is known only: n (1 of 2 pods unknown)" in group.err.splitlines()


@pytest.mark.parametrize(
    ("form", "written"), [("json", ["cart", "db", "new"]), ("name", ["pod/cart", "pod/db", "pod/new"])]
)
def test_documents_have_each_pod_once(run: Run, words: str, form: str, written: list[str]) -> None:
    out = run(f"{words} --sort-by memory%limits -o {form}").out
    assert ([item["name"] for item in json.loads(out)["items"]] if form == "json" else out.split()) == written
    cart = json.loads(run(f"{words} --sort-by memory%limits -o json").out)["items"][0]
    assert [each["name"] for each in cart["containers"]] == ["app", "proxy"]
