"""--from URL where nothing names a cluster: everything comes from the Prometheus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.fleets import kubeconfig

SAID = "there is no kubeconfig: nodes, requests and owners come from this Prometheus, too (--facts source)\n"


def untimed(text: str) -> str:
    """Leave out the time of the reading: no API server tells it, so that it is that of this machine."""
    return re.sub(r'(?<="metadata": {\n    "timestamp": )"[^"]+"', "", text)


@pytest.fixture
def where(demo_server: DemoServer) -> str:
    return f"--from {demo_server.url}/api/v1/namespaces/monitoring/services/prometheus-server:80/proxy"


@pytest.mark.slow
@pytest.mark.parametrize("words", ["top nodes", "top pods -A --columns cpu,cpu.requests,owner", "top cluster -o json"])
def test_everything_comes_from_the_prometheus_and_this_is_said(run: Run, where: str, words: str) -> None:
    result, asked = run(f"{words} {where}"), run(f"{words} {where} --facts source")
    assert (result.code, untimed(result.out), result.err) == (0, untimed(asked.out), SAID + asked.err)
    assert asked.code == 0
    assert SAID not in asked.err


def test_a_kubeconfig_that_is_wrong_is_still_an_error(
    run: Run, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    missing = run(f"top nodes {where}")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("error: $KUBECONFIG: no such file: ")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"a": "http://127.0.0.1:1"})))
    assert run(f"top nodes {where}").err.startswith("The connection to the server 127.0.0.1:1 was refused")
    assert run(f"top nodes {where} --context b").err.startswith('error: context "b" does not exist')


def test_without_a_prometheus_nothing_changes(run: Run) -> None:
    for source in ("metrics", "kubelet", "prometheus"):
        result = run(f"top nodes --from {source}")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("error: no cluster to read: there is no kubeconfig")
