"""Demo, reviews: the caller, its rights, and the service of the metrics API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.conftest import AT
from tests.demo.client import ask, get
from tests.kubectl import find_kubectl, run_kubectl

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
MAY = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with start(at=AT) as running:
        yield running


def test_everybody_is_the_same_administrator(server: DemoServer) -> None:
    reply = ask(server, WHO, method="POST", body=json.dumps({"kind": "SelfSubjectReview"}))
    assert (reply.status, reply.json["kind"]) == (201, "SelfSubjectReview")
    assert reply.json["status"]["userInfo"] == {
        "username": "demo",
        "groups": ["system:masters", "system:authenticated"],
    }


@pytest.mark.parametrize("body", ['{"spec": {"resourceAttributes": {"verb": "list"}}}', "", "[]", "{"])
def test_everything_is_allowed(server: DemoServer, body: str) -> None:
    reply = ask(server, MAY, method="POST", body=body)
    assert (reply.status, reply.json["status"]) == (201, {"allowed": True})


def test_a_review_can_only_be_asked_for(server: DemoServer) -> None:
    assert ask(server, WHO).status == 404
    assert ask(server, SERVICE, method="POST", body="{}").status == 405


def test_the_metrics_api_is_served_by_a_service_that_answers(server: DemoServer) -> None:
    service = get(server, SERVICE)
    assert service["spec"]["service"] == {"namespace": "kube-system", "name": "metrics-server", "port": 443}
    assert [(each["type"], each["status"]) for each in service["status"]["conditions"]] == [("Available", "True")]


@pytest.mark.process
@needs_kubectl
def test_kubectl_asks_who_it_is_and_what_it_may(server: DemoServer, tmp_path: Path) -> None:
    kubectl = find_kubectl()
    assert kubectl is not None
    flags = ("--server", server.url)
    assert "demo" in run_kubectl(kubectl, tmp_path, "auth", "whoami", *flags).stdout
    assert run_kubectl(kubectl, tmp_path, "auth", "can-i", "list", "pods", *flags).stdout == "yes\n"
