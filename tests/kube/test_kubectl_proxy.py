"""c3s behind and below a real kubectl: through `kubectl proxy`, and as its plugin."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.kubectl import find_kubectl, run_kubectl
from tests.patience import PATIENT, at_last

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def kubectl() -> str:
    found = find_kubectl()
    if found is None:
        pytest.skip("no kubectl on PATH")
    return found


@pytest.fixture(scope="module")
def proxy(kubectl: str, demo_server: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a kubectl proxy in front of the demo; give its address."""
    home = tmp_path_factory.mktemp("proxy")
    words = [kubectl, "proxy", "--port=0", "--server", demo_server.url]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": str(home / "none")}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=home)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        match = re.search(r"127\.0\.0\.1:\d+", said)
        assert match, said
        yield f"http://{match[0]}"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENT)


@pytest.mark.process
@pytest.mark.parametrize(
    "words",
    [
        "top nodes",
        "top nodes cp-1 --show-capacity",
        "top pods -A --containers --sum",
        "top pods -n monitoring -l app.kubernetes.io/name=prometheus",
        "top pods -n team-search --field-selector spec.nodeName=memory-1",
        "top pods -A --by namespace,owner -o json",
        "top cluster -o wide",
    ],
)
def test_a_proxy_changes_nothing(demo: Run, run: Run, proxy: str, words: str) -> None:
    behind = run(f"{words} --server {proxy}")
    direct = demo(words)
    host = proxy.removeprefix("http://")
    there = re.search(r"127\.0\.0\.1:\d+", direct.out)
    plain = behind.out.replace(host, there[0]) if there else behind.out
    assert re.sub(r" +", " ", plain) == re.sub(r" +", " ", direct.out)
    assert (behind.code, behind.err) == (direct.code, direct.err)
    assert direct.out


@pytest.mark.process
def test_errors_come_through_a_proxy(run: Run, proxy: str) -> None:
    missing = run(f"top nodes nosuch --server {proxy}")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("Error from server (NotFound): ")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Give a PATH on which kubectl finds c3s and its completion as an installed package would bring them."""
    for name, function in (("kubectl-c3s", "entry_point"), ("kubectl_complete-c3s", "complete_plugin")):
        script = tmp_path / name
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[0] = {name!r}; import c3s_cli.__main__ as c3s"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -c {shlex.quote(f"{code}; c3s.{function}()")} "$@"\n')
        script.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.process
def test_as_a_plugin_of_kubectl(
    kubectl: str, demo: Run, demo_server: DemoServer, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path)
    ran = run_kubectl(kubectl, tmp_path, "c3s", "top", "nodes", "--server", demo_server.url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, demo("top nodes").out, "")
    wrong = run_kubectl(kubectl, tmp_path, "c3s", "top", "nodes", "--nonsense")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == "error: unknown flag: --nonsense\nSee 'kubectl c3s top nodes --help' for usage.\n"


@pytest.mark.process
def test_kubectl_completes_what_follows_its_plugin(
    kubectl: str, demo_server: DemoServer, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path)
    words = ["__complete", "c3s", "top", "nodes", "--server", demo_server.url, "gen"]
    names = ["general-1", "general-2", "general-3", ":4"]

    def completed() -> list[str]:
        return run_kubectl(kubectl, tmp_path, *words).stdout.splitlines()

    assert at_last(completed, names) == names
    after = run_kubectl(kubectl, tmp_path, "__complete", "c3s", "top", "").stdout.splitlines()
    assert after[:5] == ["nodes", "pods", "cluster", "volumes", "deployments"]
    assert after[-1] == ":4"
