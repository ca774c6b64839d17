"""The recipes of docs/recording.md run as they stand, against the demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from c3s_cli.cli import main
from c3s_cli.demo.server import DemoServer
from c3s_cli.doctor.rights import FOLLOWED
from tests.fleets import kubeconfig

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
RECIPES = PAGE.partition("\n## Recipes\n")[2].partition("\n## ")[0]
SCRIPTS = dict(
    zip(("load test", "incident"), re.findall(r"^```sh\n(.*?)^```", RECIPES, re.MULTILINE | re.DOTALL), strict=True)
)
(MANIFEST,) = re.findall(r"^```yaml\n(.*?)^```", RECIPES, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory with c3s on the path, the demo as the cluster, and a load test that does nothing."""
    programs = {"bin/c3s": f'exec "{sys.executable}" -m c3s_cli "$@"', "load-test.sh": "true"}
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"demo": demo_server.url})))
    return tmp_path


def ran(script: str, directory: Path) -> str:
    """Run a script that stops at the first failure; return what it printed."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["bash", "-euc", script], cwd=directory, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=120)
        finally:
            # A recorder in the background ends with its script.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    return out


@pytest.mark.process
@pytest.mark.slow
def test_a_load_test_is_recorded_and_judged(shell: Path) -> None:
    printed = ran(SCRIPTS["load test"], shell)
    assert printed.splitlines()[0].split() == ["OWNER", "CPU-P95", "CPU-MAX", "MEMORY-MAX"]
    assert "Deployment/payments" in printed


@pytest.mark.process
@pytest.mark.slow
def test_an_incident_is_recorded_until_it_happens(shell: Path) -> None:
    printed = ran(SCRIPTS["incident"], shell)
    assert printed.splitlines()[0].split()[:2] == ["FILE", "CONTEXT"]
    assert (shell / "to-send.c3s").stat().st_size


def objects() -> dict[str, Any]:
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST)}


def container(kind: str) -> Any:
    spec = objects()[kind]["spec"]
    (only,) = (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]["spec"]["containers"]
    return only


@pytest.mark.process
@pytest.mark.slow
def test_a_pod_records_and_another_reports(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(shell / "cluster.c3s")
    # A week ago, with an interval so long that it does not matter how long this test takes.
    for moment in (datetime.now(UTC) - timedelta(days=7, minutes=5), datetime.now(UTC)):
        at = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        assert main(["record", file, "--demo-at", at, "--count", "1", "--interval", "1h"]) == 0
    capsys.readouterr()
    recorder = [word.replace("/data", str(shell)) for word in container("Deployment")["command"]]
    assert recorder[:2] == ["c3s", "record"]
    # The demo of this server stands still at another time: it is recorded elsewhere.
    assert main([*recorder[1:2], f"{file}.other", *recorder[3:], "--count", "1"]) == 0
    *_, report = container("CronJob")["command"]
    tables = ran(report.replace("/data", str(shell)), shell)
    assert [line.split()[1:7:2] for line in tables.splitlines() if "OWNER" in line] == [
        ["NAMESPACE", "OWNER", "CPU-P95"],
        ["NAMESPACE", "OWNER", "CHANGE"],
    ]


def test_the_account_of_the_recorder_has_the_rights_that_recording_needs() -> None:
    granted = {
        (group, resource, verb)
        for rule in objects()["ClusterRole"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    needed = {(each[0], each[1], verb) for each in FOLLOWED for verb in ("list", "watch")}
    assert needed | {("metrics.k8s.io", what, "list") for what in ("nodes", "pods")} <= granted
