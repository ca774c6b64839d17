"""Help: --help of every command, and hints for mistyped commands and flags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.cli import COMMANDS, GROUPS
from c3s_cli.demo.server import DemoServer
from tests.conftest import AT, Run
from tests.fleets import kubeconfig
from tools.samples import output

PAGES = ["", *GROUPS, *(" ".join(path) for path in COMMANDS)]
SECTIONS = [
    *("What to show:", "Which rows:", "Time range:", "Conditions:", "How often:", "Output:", "Source:"),
    *("Connection:", "Keys on a terminal:", "Examples:"),
]


@pytest.mark.parametrize("words", PAGES)
def test_every_help_ends_with_two_or_three_examples(run: Run, words: str) -> None:
    result = run(f"{words} --help")
    assert (result.code, result.err) == (0, "")
    text, _, examples = result.out.partition("\nExamples:\n")
    lines = examples.splitlines()
    assert text.startswith(f"Usage: {' '.join(['c3s', *words.split()])} ")
    assert all(line.startswith("  # ") for line in lines[::2])
    assert all(line.startswith("  c3s ") for line in lines[1::2])
    assert len(lines) in (4, 6)


@pytest.mark.parametrize("words", ["contexts", "doctor"])
def test_every_example_about_contexts_runs(
    run: Run, words: str, tmp_path: Path, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", {"prod": demo_server.url})))
    examples = run(f"{words} --help").out.partition("\nExamples:\n")[2].splitlines()[1::2]
    # There is no Prometheus at the address of an example.
    ended = [run(line.strip().removeprefix("c3s ")) for line in examples if "https://" not in line]
    # One node of the demo does not report, which the doctor finds.
    assert [each.code for each in ended] == ([1, 1] if words == "doctor" else [0, 0])
    assert all("prod" in each.out and not each.err for each in ended)


# Commands whose examples need files or contexts, or have no end.
ELSEWHERE = {"demo", "contexts", "doctor", "record", "recordings", "diff"}
# `nodes` is short for `top nodes`, with the same examples.
SHORT = {" ".join(path[1:]) for path in COMMANDS if path[0] == "top"}


@pytest.mark.slow
@pytest.mark.parametrize("words", [page for page in PAGES if page not in {*ELSEWHERE, *SHORT}])
def test_every_example_runs(run: Run, words: str) -> None:
    for line in run(f"{words} --help").out.partition("\nExamples:\n")[2].splitlines()[1::2]:
        # The demo would compute two weeks for some seconds, and a month for most of a minute.
        words = line.strip().replace("--since 30d", "--since 1h").replace("--since 2d", "--since 25h")
        words += " --since 25h" if " rightsize " in words and "--since" not in words else ""
        # A watch would go on until its condition is met.
        code, text = output(words + (" --count 1" if " watch " in words else ""))
        # Some workloads of the demo are too young for a recommendation.
        assert code in (
            (0, 5) if "rightsize" in line else (0, 4) if "--until" in line else (0, 3) if "--fail-if" in line else (0,)
        ), text
        assert "error" not in text


@pytest.mark.process
def test_the_examples_of_the_demo_serve(run: Run) -> None:
    for line in run("demo --help").out.partition("\nExamples:\n")[2].splitlines()[1::2]:
        words = line.split()[1:]
        # Whoever runs the tests may have something on the port.
        command = [sys.executable, "-m", "c3s_cli", *words, *([] if "--port" in words else ["--port", "0"])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline().startswith("Serving a demo cluster on http://127.0.0.1:")
            process.terminate()


def test_flags_stand_in_groups_and_the_connection_is_last(run: Run) -> None:
    for words, missing in (("top pods", {"How often:", "Keys on a terminal:"}), ("watch nodes", set())):
        lines = run(f"{words} --help").out.splitlines()
        titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
        assert [title for title in titles if title != "Arguments:"] == [
            title for title in SECTIONS if title not in missing
        ]


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_lines_fit_the_terminal_and_are_never_long(run: Run, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for page in PAGES:
        text = run(f"{page} --help").out.partition("\nExamples:")[0]
        assert max(map(len, text.splitlines())) <= min(columns, 100), page


@pytest.mark.parametrize("words", ["top pods", "watch", "columns", "", "po", "watch no"])
def test_help_is_a_command_too(run: Run, words: str) -> None:
    assert run(f"help {words}") == run(f"{words} --help") == run(f"{words} -h --help")


def test_a_group_lists_its_commands(run: Run) -> None:
    for group in GROUPS:
        listed = run(f"{group} --help").out.partition("\nCommands:\n")[2].partition("\n\n")[0]
        volumes = ["volumes"] if group == "top" else []
        assert [line.split()[0] for line in listed.splitlines()] == ["nodes", "pods", "cluster", *volumes]


def test_the_version_is_a_command_too(run: Run) -> None:
    assert run("version") == run("--version")


def test_a_plugin_is_called_as_the_user_does(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/kubectl-c3s"])
    text = run("top nodes --help").out
    assert text.startswith("Usage: kubectl c3s top nodes [NAME] [flags]\n")
    assert "  kubectl c3s top nodes --sort-by cpu\n" in text
    assert (
        run("nodez").err == 'error: unknown command "nodez" for "kubectl c3s"\nhint: did you mean kubectl c3s nodes?\n'
    )


def unknown(flag: str, command: str, hint: str = "") -> str:
    what = f"flag: {flag}" if flag.startswith("--") else f"shorthand flag: {flag[1:]!r} in {flag}"
    return f"error: unknown {what}\nSee 'c3s {command} --help' for usage.\n" + (f"hint: {hint}\n" if hint else "")


LISTED = "hint: c3s --help lists the commands\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nodez", 'error: unknown command "nodez" for "c3s"\nhint: did you mean c3s nodes?\n'),
        ("tpo nodes", 'error: unknown command "tpo" for "c3s"\nhint: did you mean c3s top nodes?\n'),
        ("helpp", 'error: unknown command "helpp" for "c3s"\nhint: did you mean c3s help?\n'),
        ("help nosuch", f'error: unknown command "nosuch" for "c3s"\n{LISTED}'),
        (
            "watch podz",
            (
                "error: unknown command \"podz\"\nSee 'c3s watch -h' for help and examples\n"
                "hint: did you mean c3s watch pods?\n"
            ),
        ),
        ("-A", "error: c3s needs a command: nodes, pods, cluster, volumes\nhint: did you mean c3s top pods -A?\n"),
        ("--demo", f"error: c3s needs a command: nodes, pods, cluster, volumes\n{LISTED}"),
        (
            "top --sum",
            "error: c3s top needs a command: nodes, pods, cluster, volumes\nhint: c3s top --help lists the commands\n",
        ),
        ("top pods --sort_by cpu", unknown("--sort_by", "top pods", "did you mean --sort-by?")),
        (
            "top nodes --all_namespaces",
            unknown("--all_namespaces", "top nodes", "--all-namespaces goes with c3s top pods"),
        ),
        ("top pods --All-Namespaces", unknown("--All-Namespaces", "top pods", "did you mean --all-namespaces?")),
        ("top nodes --colums cpu", unknown("--colums", "top nodes", "did you mean --columns?")),
        ("top nodes --containers", unknown("--containers", "top nodes", "--containers goes with c3s top pods")),
        ("top nodes -A", unknown("-A", "top nodes", "-A goes with c3s top pods")),
        ("watch nodes -A", unknown("-A", "watch nodes", "-A goes with c3s watch pods")),
        # A flag of fit, which takes a value; here it is none.
        ("top nodes --memory", unknown("--memory", "top nodes", "--columns default,memory shows that column")),
        ("top nodes --cpu 1", unknown("--cpu", "top nodes", "did you mean c3s top nodes --where 'cpu >= 1'?")),
        (
            "top nodes --restarts",
            unknown("--restarts", "top nodes", "c3s top pods --columns default,restarts shows that column"),
        ),
        ("fit --fail-if x", unknown("--fail-if", "fit", "the exit code is 3 if not all pods fit")),
        (
            "fit -k overlays/prod",
            unknown("-k", "fit", "kubectl kustomize DIR | c3s fit -f - places what kustomize builds"),
        ),
        (
            "fit web.yaml",
            "error: unexpected arguments: web.yaml\nSee 'c3s fit --help' for usage.\nhint: c3s fit -f web.yaml\n",
        ),
        (
            "completion",
            (
                "error: Shell not specified.\nSee 'c3s completion --help' for usage.\n"
                "hint: one of: bash, zsh, fish, powershell\n"
            ),
        ),
        ("top pods --nosuch", unknown("--nosuch", "top pods")),
        # The command as it was typed, and not a word about other flags.
        ("top ns --total --nosuch", unknown("--nosuch", "top ns")),
        ("top pods --exit-code", unknown("--exit-code", "top pods", "--fail-if CONDITION makes the exit code 3")),
        (
            "top nodes --quiet",
            "error: -q goes with --fail-if\nhint: -o name prints the names alone\n",
        ),
        (
            "fit --cpu 1 --storage 1Gi",
            unknown(
                "--storage",
                "fit",
                "--resource ephemeral-storage=1Gi requests storage of the node; volumes are not considered",
            ),
        ),
        (
            "fit --cpu 1 --by node",
            (
                "error: unknown key 'node' in --by\n"
                "hint: without --by, each row is a node. The keys are "
                "context, pool, zone, instance-type, status, workload and label:KEY\n"
            ),
        ),
        ("top pods -y", unknown("-y", "top pods")),
    ],
)
def test_a_mistake_is_told_what_was_meant(run: Run, words: str, said: str) -> None:
    assert run(words) == (2, "", said)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("watch fit", "fit"),
        ("top help", "help top"),
    ],
)
def test_a_habit_from_kubectl_finds_its_command(run: Run, words: str, meant: str) -> None:
    result = run(words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: unknown command ")
    assert result.err.splitlines()[-1] == f"hint: did you mean c3s {meant}?"
    # What is suggested is a command line that works.
    assert run(f"{meant} --help").code == 0


def test_what_no_command_shows_gets_no_suggestion(run: Run) -> None:
    for words in ("top secrets", "top leases"):
        assert run(words).err == (
            f"error: unknown command \"{words.split()[1]}\"\nSee 'c3s {words.split()[0]} -h' for help and examples\n"
        )


def test_help_goes_before_what_else_is_wrong_with_a_line(run: Run) -> None:
    assert run("top nodes --foo --help") == run("top nodes --help")
    assert run("top --foo --help").code == 2


def test_a_frozen_demo_is_what_the_examples_read() -> None:
    found: Any = output("c3s top nodes -o json")
    assert AT in found[1]


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("top nodes", "context, pool, zone, instance-type, status, version, label:KEY;"),
        # Without a word, nodes or pods.
        ("diff", "context, pool, zone, instance-type, status, version, namespace, node, owner, label:KEY;"),
    ],
)
def test_by_lists_the_keys_that_the_rows_have(run: Run, command: str, keys: str) -> None:
    for flag in ("-h", "--help"):
        assert f"One row per group: {keys}" in " ".join(run(f"{command} {flag}").out.split())
