"""Shell completion: the candidates."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from c3s_cli.columns.kinds import ROLLUPS
from c3s_cli.commands import complete
from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.fleets import kubeconfig
from tests.patience import PATIENT, at_last

MEMORY_CHANGE = "memory.requests.changePercent"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete.SECONDS == 1.0
    monkeypatch.setattr(complete, "SECONDS", PATIENT)


def candidates(run: Run, *words: str) -> tuple[list[str], str]:
    result = run("__complete", *words)
    *found, directive = result.out.splitlines()
    assert (result.code, result.err) == (0, "")
    return found, directive


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("to",), ["top"]),
        (("top", ""), ["nodes", "pods", "cluster", "volumes", *ROLLUPS]),
        (("watch", "de"), ["deployments"]),
        (("top", "deploy", "--conta"), ["--containers"]),
        (("top", "ns", "--columns", "pods.m"), ["pods.measured"]),
        (("top", "sts", "--columns", "qos"), []),
        (("top", "sts", "--where", "qos"), ["qosClass"]),
        (("top", "pods", "--by", "owner", "--fail-if", "pods.c"), ["pods.count"]),
        (("top", "pods", "--columns", "mem%"), ["mem%"]),
        (("top", "pods", "--columns", "memory%"), ["memory%", "memory%requests", "memory%limits"]),
        (("top", "pods", "--sort-by", "cpu%"), ["cpu%", "cpu%requests", "cpu%limits"]),
        (
            ("top", "nodes", "--where", "cpu.requests"),
            ["cpu.requests", "cpu.requestsPercentOfAllocatable", "cpu.requests%"],
        ),
        (("watch", "p"), ["pods"]),
        (("top", "po", "--conta"), ["--containers"]),
        (("top", "nodes", "--conta"), []),
        (("watch", "nodes", "--unt"), ["--until", "--until-all"]),
        (("help", "to"), ["top"]),
        (("help", "watch", "p"), ["pods"]),
        (("vers",), ["version"]),
        (("top", "pods", "-o", "js"), ["json", "jsonpath="]),
        (("top", "pods", "-o", "pa"), []),
        (("rightsize", "-o", "pa"), ["patch"]),
        (("top", "pods", "--output=ya"), ["--output=yaml"]),
        (("top", "nodes", "--columns", "cpu.free,memory.fr"), ["cpu.free,memory.free"]),
        (("top", "nodes", "--sort-by", "cpu%"), ["cpu%", "cpu%requests", "cpu%limits"]),
        (("top", "pods", "--by", "na"), ["namespace"]),
        (("completion", "z"), ["zsh"]),
        (("columns", "pod"), ["pods", "pod-groups", "pod-changes", "pod-group-changes"]),
        (("f",), ["fit"]),
        (("fit", "--rec"), ["--recursive"]),
        (("fit", "--expl"), []),
        (("fit", "--by", "work"), ["workload"]),
        (("fit", "--sort-by", "limit"), ["limitedBy"]),
        (("diff", "ow"), ["owners"]),
        (("diff", "nodes", "a.c3s", "--sort-by", "memory.requests.ch"), ["memory.requests.change", MEMORY_CHANGE]),
        (("diff", "a.c3s", "--columns", "restarts.a"), ["restarts.after"]),
        (("diff", "owners", "a.c3s", "--by", "na"), ["namespace"]),
        (("con",), ["contexts"]),
        (("contexts", "--che"), ["--check"]),
        (("doctor", "--cont"), ["--context"]),
    ],
)
def test_words_flags_and_values(run: Run, words: tuple[str, ...], found: list[str]) -> None:
    assert candidates(run, *words)[0] == found


def test_names_come_from_the_first_of_several_contexts(run: Run, tmp_path: Path, demo_server: DemoServer) -> None:
    path = kubeconfig(tmp_path / "config", {"a": demo_server.url, "b": "http://127.0.0.1:1"})
    words = ("top", "nodes", "--kubeconfig", str(path), "--context", "a,b", "--parallel", "2", "cp")
    assert candidates(run, *words) == (["cp-1"], ":4")


def test_names_come_live_from_the_cluster(run: Run, demo_server: DemoServer) -> None:
    server = ("--server", demo_server.url)
    assert candidates(run, "top", "nodes", *server, "gen") == (["general-1", "general-2", "general-3"], ":4")
    assert candidates(run, "top", "pods", *server, "-n", "team-s") == (["team-search"], ":4")
    assert candidates(run, "top", "pods", *server, "-n", "monitoring", "prom") == (["prometheus-0"], ":4")
    assert candidates(run, "top", "nodes", "--demo", "spot")[0] == ["spot-1", "spot-2"]
    assert candidates(run, "top", "deploy", *server, "") == (["api", "legacy-admin", "web"], ":4")
    assert candidates(run, "watch", "sts", *server, "-n", "monitoring", "p") == (["prometheus"], ":4")
    assert candidates(run, "top", "ns", *server, "team-s") == (["team-search"], ":4")
    assert candidates(run, "top", *server, "deploy/a") == (["deploy/api"], ":4")
    assert candidates(run, "top", "deploy", "api", *server, "") == ([], ":4")
    assert candidates(run, "top", "workloads", *server, "") == ([], ":4")
    assert candidates(run, "fit", *server, "--without", "spot") == (["spot-1", "spot-2"], ":4")
    assert candidates(run, "fit", "-f", "") == ([], ":0")


def test_label_keys_come_live_from_the_cluster(run: Run, demo_server: DemoServer) -> None:
    server = ("--server", demo_server.url)
    zone = "label:topology.kubernetes.io/zone"
    assert candidates(run, "top", "nodes", *server, "--by", "label:topology.kubernetes.io/z") == ([zone], ":6")
    assert candidates(run, "top", "nodes", *server, "--by", "pool,label:topology.kubernetes.io/z")[0] == [
        f"pool,{zone}"
    ]
    assert candidates(run, "top", "pods", *server, "--by", "label:app.kubernetes.io/n")[0] == [
        "label:app.kubernetes.io/name"
    ]
    everywhere = candidates(run, "top", "pods", "-A", *server, "--by", "label:")[0]
    assert len(everywhere) > len(candidates(run, "top", "pods", *server, "--by", "label:")[0]) > 0
    for flag in ("--columns", "--sort-by", "--where", "--until-all"):
        assert candidates(run, "watch", "pods", *server, flag, "cpu,label:app.kubernetes.io/n") == (
            ["cpu,label:app.kubernetes.io/name"],
            ":6",
        )
    assert candidates(run, "watch", "pods", "--until-all", "cpu.un")[0] == ["cpu.unused"]
    assert candidates(run, "top", "pods", "--by", "lab")[0] == ["label:"]
    assert candidates(run, "top", "nodes", "--server", "http://127.0.0.1:1", "--by", "label:") == ([], ":4")


def test_contexts_come_from_the_kubeconfig(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text('{"contexts": [{"name": "prod"}, {"name": "proto"}, {"name": "dev"}]}')
    flags = ("top", "nodes", "--kubeconfig", str(path))
    assert candidates(run, *flags, "--context", "pro") == (["prod", "proto"], ":4")
    # In a list, what it has already is not offered again, and a comma may follow.
    assert candidates(run, *flags, "--context", "prod,") == (["prod,dev", "prod,proto"], ":6")
    assert candidates(run, *flags, "--context=dev,pr") == (["--context=dev,prod", "--context=dev,proto"], ":6")


def test_a_cluster_that_cannot_be_reached_gives_nothing(run: Run) -> None:
    assert candidates(run, "top", "nodes", "--server", "http://127.0.0.1:1", "") == ([], ":4")
    assert candidates(run, "top", "nodes", "") == ([], ":4")


def test_files_are_left_to_the_shell(run: Run) -> None:
    assert candidates(run, "top", "nodes", "--kubeconfig", "x") == ([], ":0")
    assert candidates(run, "top", "nodes", "--prometheus-ca", "x") == ([], ":0")


@pytest.mark.process
def test_a_real_bash_completes(tmp_path: Path, demo_server: DemoServer) -> None:
    script = tmp_path / "c3s"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m c3s_cli "$@"\n')
    script.chmod(0o755)
    commands = f"""
        source <(c3s completion bash)
        try() {{
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}; COMPREPLY=()
            __c3s_complete; echo "${{COMPREPLY[*]}}"
        }}
        try c3s to
        try c3s top pods --server {demo_server.url} -n monitoring prom
        try c3s top nodes --sort
    """
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }

    def completed() -> list[str]:
        ran = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, check=True, env=environment)
        return ran.stdout.splitlines()

    wanted = ["top", "prometheus-0", "--sort-by"]
    assert at_last(completed, wanted) == wanted


@pytest.mark.process
@pytest.mark.parametrize(
    ("line", "cut", "found"),
    [
        ("c3s top pods --output=ya", ["c3s", "top", "pods", "--output", "=", "ya"], "yaml"),
        ("c3s top pods --output=", ["c3s", "top", "pods", "--output", "=", ""], "table wide json yaml csv tsv name"),
        ("c3s top pods -o ya", ["c3s", "top", "pods", "-o", "ya"], "yaml"),
        ("c3s top pods -o ", ["c3s", "top", "pods", "-o", ""], "table wide json yaml csv tsv name"),
        (
            "c3s top pods --context arn:aws:eks:1:cluster/o",
            ["c3s", "top", "pods", "--context", "arn", ":", "aws", ":", "eks", ":", "1", ":", "cluster/o"],
            "cluster/one",
        ),
        (
            "c3s top pods --context=arn:aws:eks:1:",
            ["c3s", "top", "pods", "--context", "=", "arn", ":", "aws", ":", "eks", ":", "1", ":"],
            "cluster/one cluster/two",
        ),
    ],
)
def test_bash_splits_words_where_c3s_does_not(tmp_path: Path, line: str, cut: list[str], found: str) -> None:
    (tmp_path / "config").write_text(
        '{"contexts": [{"name": "arn:aws:eks:1:cluster/one"}, {"name": "arn:aws:eks:1:cluster/two"}]}'
    )
    commands = f"""
        c3s() {{ {shlex.quote(sys.executable)} -m c3s_cli "$@"; }}
        source <(c3s completion bash)
        COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)} COMP_WORDS=({shlex.join(cut)}) COMP_CWORD={len(cut) - 1}
        __c3s_complete
        echo "${{COMPREPLY[*]}}"
    """
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "config"), "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(["bash", "-c", commands], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.startswith(found)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_has_a_script(run: Run, shell: str) -> None:
    result = run(f"completion {shell}")
    assert (result.code, "__complete" in result.out) == (0, True)


@pytest.mark.process
def test_kubectls_plugin_completes_too(demo_server: DemoServer) -> None:
    code = "from c3s_cli.__main__ import complete_plugin; complete_plugin()"
    words = ["top", "nodes", "--server", demo_server.url, "cp"]
    command = [sys.executable, "-c", code, *words]
    wanted = "cp-1\n:4\n"
    assert at_last(lambda: subprocess.run(command, capture_output=True, text=True, check=True).stdout, wanted) == wanted
