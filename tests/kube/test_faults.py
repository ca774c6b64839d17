"""What a broken or hostile API server may answer, and what c3s makes of it: one line, one code, nothing on stdout."""

from __future__ import annotations

import re
import time

import pytest

from tests.conftest import Run
from tests.faults import BROKEN, MEBI, REFUSALS, endless_error, healthy, mortal, recorded, refused_port, until_renewed
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, node_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
NODES = "/api/v1/nodes"


@pytest.mark.slow
@pytest.mark.parametrize(("reply", "said"), [*BROKEN.values(), *REFUSALS.values()], ids=[*BROKEN, *REFUSALS])
def test_a_broken_answer_is_one_line_on_stderr(run: Run, api: FakeApi, reply: Reply, said: str) -> None:
    healthy(api).routes[METRICS] = reply
    begun = time.monotonic()
    result = run(f"top nodes --server {api.url}")
    assert (result.code, result.out) == (1, "")
    first, *others = result.err.splitlines()
    assert re.fullmatch(said, first), first
    assert len(first) < 1500
    assert [line for line in others if not line.startswith("hint: ")] == []
    assert len(others) <= 1
    assert "Traceback" not in result.err
    assert time.monotonic() - begun < PATIENT


# Answers that are no fault in a list of pods.
WITHOUT_EFFECT = ("items: null", "no items", "an empty object", "usage that is a list")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BROKEN if name not in WITHOUT_EFFECT])
def test_a_part_that_breaks_leaves_the_rest_and_says_so(run: Run, api: FakeApi, name: str) -> None:
    """Requests of pods come from the core API: without them there is still the usage."""
    reply = BROKEN[name][0]
    api.routes["/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"] = Reply(
        {"items": [{"metadata": {"name": "web", "namespace": "default"}, "containers": []}]}
    )
    api.routes["/api/v1/namespaces/default/pods"] = reply
    result = run(f"top pods -o name --columns cpu.requests --server {api.url}")
    assert (result.code, result.out) == (5, "pod/web\n")
    assert result.err.startswith("warning: pods could not be read: ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("forbidden", [METRICS, NODES])
def test_a_right_that_is_missing_is_named(run: Run, api: FakeApi, forbidden: str) -> None:
    healthy(api).routes[forbidden] = recorded("err-403-nodemetrics" if forbidden == METRICS else "err-403-nodes")
    result = run(f"top nodes --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Error from server (Forbidden): nodes")
    assert "\nhint: check with kubectl auth can-i list nodes" in result.err


def test_the_words_of_a_page_with_html_are_shown_as_text(run: Run, api: FakeApi) -> None:
    healthy(api).routes[METRICS] = Reply("<script>\x1b[2J\n</script>" * 1000, 502, "text/html")
    result = run(f"top nodes --server {api.url}")
    assert len(result.err) < 1500
    assert "\x1b" not in result.err
    assert result.err.count("\n") == 1


def test_a_million_letters_of_a_name_do_no_harm(run: Run, api: FakeApi) -> None:
    healthy(api).node_metrics(node_metrics("n" * 10**6))
    result = run(f"top nodes --no-headers --server {api.url}")
    assert result.code == 0
    assert "n" * 10**6 in result.out
    healthy(api).routes[METRICS] = status(500, "x" * 10**6, "y" * 10**6)
    assert len(run(f"top nodes --server {api.url}").err) < 3000


def test_an_error_without_end_is_not_read_to_its_end(run: Run, api: FakeApi) -> None:
    healthy(api).routes[METRICS] = Reply(fault=endless_error)
    result = run(f"top nodes --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert api.sent < 32 * MEBI


def test_a_node_that_comes_twice_is_counted_once(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a", cpu="1"), node_metrics("a", cpu="1"))
    api.nodes(*[{"metadata": {"name": "a"}, "status": {"allocatable": {"cpu": "2", "memory": "2Gi"}}}] * 2)
    assert run(f"top nodes --no-headers --server {api.url}").out.split() == ["a", "1000m", "50%", "1024Mi", "50%"]
    assert run(f"top cluster --no-headers --columns cpu --server {api.url}").out.split()[-1] == "1000m"


def test_a_pod_that_comes_twice_is_counted_once(run: Run, api: FakeApi) -> None:
    pod = {
        "metadata": {"name": "web", "namespace": "default"},
        "containers": [{"name": "app", "usage": {"cpu": "5m", "memory": "1Mi"}}],
    }
    api.pod_metrics(pod, pod, namespace="default")
    assert run(f"top pods --no-headers --sum --server {api.url}").out.count("web") == 1


def test_credentials_are_renewed_once_and_not_for_ever(run: Run, api: FakeApi) -> None:
    """Over plain http there are none to renew."""
    healthy(api).routes[METRICS] = until_renewed("never", Reply({}))
    assert run(f"top nodes --server {api.url}").code == 1
    assert api.paths().count(METRICS) == 1


def test_a_server_that_dies_is_said_and_one_that_returns_is_read(run: Run) -> None:
    with mortal() as server:
        words = f"top nodes -o name --server {server.url}"
        assert run(words).out == "node/a\n"
        server.die()
        refused = f"The connection to the server 127.0.0.1:{server.port} was refused - did you specify the right host"
        assert run(words).err.startswith(refused)
        server.revive()
        assert run(words).out == "node/a\n"


def test_a_watch_outlives_a_server_that_dies_and_returns(run: Run) -> None:
    with mortal() as server:

        def dying(request: Request) -> Reply:
            asked.append(request)
            if len(asked) == 2:
                return Reply(fault="reset")
            return Reply({"items": [node_metrics("a")]})

        asked: list[Request] = []
        server.api.routes[METRICS] = dying
        result = run(f"watch nodes --count 3 -i 0.05 -o name --server {server.url}")
        assert result.out == "node/a\n" * 3


def test_nobody_at_the_port_is_said_in_kubectls_words(run: Run) -> None:
    port = refused_port()
    assert run(f"top nodes --server http://127.0.0.1:{port}") == (
        1,
        "",
        f"The connection to the server 127.0.0.1:{port} was refused - did you specify the right host or port?\n",
    )
