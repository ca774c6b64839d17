"""The questions of somebody on call that docs/watch.md answers: the keys that stand there lead to the answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import AT, Run
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics

PAGE = (Path(__file__).parents[2] / "docs" / "watch.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<question>[^|]+\?) \| (?P<keys>[^|]+) \|$", re.MULTILINE)
# The first keys that answer a question; what else stands in its row are other ways.
QUESTIONS = {row["question"]: re.findall(r"`([^`]+)`", row["keys"].split(";")[0]) for row in ROW.finditer(PAGE)}
ANSWERS = {
    "Which pod fills this node?": ("kube-system", "kube-apiserver-cp-1"),
    "What restarted in the last ten minutes?": ("09:11:33Z", "OOM-killed", "default/api-gp28hkmmnc-jjz9d"),
    "Who uses more than it requested?": ("team-ml", "inference-d6d8q48qts-9t48k", "7364m", "4000m", "184%"),
    "What is pending, and why?": ("pending", "team-ml/train-xl-5gp6t", "0/10 nodes are available"),
    "Which cluster is in trouble?": ("no percentage shown is 70 or more",),
    "Who was OOM-killed?": ("default", "api-gp28…nc-jjz9d", "OOMKilled"),
    "What is above its threshold?": ("no percentage shown is 70 or more",),
    "What is the limit of this pod's containers?": ("worker", "<unknown>/1500m/2", "<unknown>/1536Mi/3Gi"),
}


@pytest.fixture
def desk(run: Run) -> TerminalSession:
    return TerminalSession(run)


def asked(desk: TerminalSession, question: str, words: str = f"watch --demo-at {AT}", before: int = 0) -> list[str]:
    """Press the keys of a question; return the last screen. before: how many readings there are first."""
    keys = [key.casefold() if len(key) > 1 else key for key in QUESTIONS[question]]
    assert len(keys) <= 6
    return desk(words, *[""] * before, *keys, "", "", size=(140, 24)).looks[-1]


@pytest.mark.parametrize("question", ANSWERS)
def test_the_keys_lead_to_the_answer(desk: TerminalSession, question: str) -> None:
    look = asked(desk, question)
    first = next(line for line in look[5:-1] if ANSWERS[question][0] in line)
    assert all(word in first for word in ANSWERS[question]), "\n".join(look)


def test_every_question_of_the_page_is_tried() -> None:
    of_servers = {"Which workload grew?", "Which node is not ready, and since when?"}
    assert set(QUESTIONS) == {*ANSWERS, *of_servers}
    assert len(QUESTIONS) == 10


def test_which_workload_grew(desk: TerminalSession, api: FakeApi) -> None:
    """Memory of web stays, that of job grows."""
    api.nodes(node("a"))
    api.node_metrics(node_metrics("a"))
    api.pods(*(pod("shop", f"{name}-0", node="a", owner=("StatefulSet", name)) for name in ("web", "job")))
    readings = 0

    def usage(_: Request) -> Reply:
        nonlocal readings
        readings += 1
        items = [pod_metrics("shop", "web-0", ("app", "100m", "900Mi"))]
        items.append(pod_metrics("shop", "job-0", ("app", "100m", f"{readings}00Mi")))
        for item in items:
            item["timestamp"] = f"2026-03-02T09:29:{readings:02d}Z"
        return Reply({"kind": "PodMetricsList", "items": items})

    api.routes["/apis/metrics.k8s.io/v1beta1/pods"] = usage
    keys = QUESTIONS["Which workload grew?"]
    look = desk(f"watch --server {api.url}", keys[0], "", "", "", *keys[1:], "", "", size=(140, 24)).looks[-1]
    owners = [owner for line in look for owner in re.findall(r"StatefulSet/\w+", line)]
    assert owners == ["StatefulSet/job", "StatefulSet/web"]
    assert "by memory growth" in look[-1]


def test_which_node_is_not_ready_and_since_when(desk: TerminalSession, api: FakeApi) -> None:
    since = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-03-02T09:10:15Z"}
    api.nodes(node("a"), node("b", conditions=[since]))
    api.node_metrics(node_metrics("a"))
    look = asked(desk, "Which node is not ready, and since when?", f"watch --server {api.url}")
    assert "not ready: b (19m)" in look
    assert look[5] == "  09:10:15Z  not ready  b"
