"""docs/from-other-tools.md: every command of the page runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.fleets import kubeconfig

PAGE = Path(__file__).parents[2] / "docs" / "from-other-tools.md"
# Commands stand between backticks in the tables.
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
COMMANDS = [words for line in ROWS for words in re.findall(r"`c3s ([^`]*)`", line)]
# Findings of the demo: a node without metrics, pods that fit nowhere, containers with too little history.
CODES = {"doctor": 1, "volumes": 5, "rightsize": 5}


def test_the_page_has_tables_for_four_tools() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## From (.*)", text, re.MULTILINE) == ["kubectl", "k9s", "krr", "kube-capacity"]
    assert len(COMMANDS) > 45


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_of_the_page_runs(
    run: Run, demo_server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"demo": demo_server.url})))
    argv = shlex.split(words)
    if argv[0] == "watch" and "--until-all" not in argv:
        argv += ["--count", "1"]
    prometheus = f"{demo_server.url}/api/v1/namespaces/monitoring/services/prometheus-server:80/proxy"
    argv = [word.replace("https://prometheus.example", prometheus).replace("14d", "2h") for word in argv]
    result = run(*argv)
    expected = next((code for word, code in CODES.items() if word in argv), 0)
    assert result.code == expected, result.err
    assert result.out
