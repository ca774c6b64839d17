"""The short help of -h, what the pages list, and the manual."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from c3s_cli.cli import COMMANDS, GROUPS, manual_page, manuals
from c3s_cli.flags.help import Page
from c3s_cli.flags.manual import manual, title_of
from tests.conftest import Run

PAGES = ["", *GROUPS, *(" ".join(path) for path in COMMANDS)]
MANUAL = Path(__file__).parents[2] / "docs" / "man"
NAME = re.compile(r"^  (?:-\w, |    )(--[a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("words", PAGES)
def test_the_short_help_is_usage_ten_flags_and_examples(run: Run, words: str) -> None:
    short, full = run(f"{words} -h"), run(f"{words} --help")
    assert (short.code, short.err) == (0, "")
    flags, all_flags = NAME.findall(short.out), NAME.findall(full.out)
    if len(all_flags) <= 12:
        assert short == full
        return
    lines = short.out.splitlines()
    assert lines[:3] == [*full.out.splitlines()[:2], lines[2]]
    assert len(lines) < 52
    assert 6 <= len(flags) <= 10
    assert set(flags) < set(all_flags)
    assert lines[-1] == f"c3s {words} --help shows all {len(all_flags)} flags."
    examples = full.out.partition("\nExamples:\n")[2]
    assert f"\nExamples:\n{examples}\nc3s " in short.out
    assert 4 <= len(examples.splitlines()) <= 6


def test_what_people_use_comes_first(run: Run) -> None:
    assert NAME.findall(run("top pods -h").out) == [
        *("--all-namespaces", "--namespace", "--selector", "--containers", "--sort-by", "--by"),
        *("--columns", "--output", "--fail-if", "--from"),
    ]
    assert NAME.findall(run("fit -h").out)[:5] == ["--filename", "--cpu", "--memory", "--replicas", "--without"]
    # Nodes and clusters have no namespace.
    assert all("--namespace" not in run(f"{words} -h").out for words in ("nodes", "watch nodes", "top cluster"))


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("top nodes", "context, pool, zone, instance-type, status, version"),
        ("watch nodes", "context, pool, zone, instance-type, status, version"),
        ("top pods", "context, namespace, node, owner, pool, zone, instance-type, status"),
        ("fit", "context, pool, zone, instance-type, status, workload"),
    ],
)
def test_by_lists_the_keys_that_the_rows_have(demo: Run, words: str, keys: str) -> None:
    text = " ".join(demo(f"{words} --help").out.split())
    assert f"--by KEYS One row per group: {keys}, label:KEY; separate several keys with commas." in text
    more = {"fit": "--cpu 1", "watch nodes": "--count 1"}.get(words, "")
    assert all(demo(f"{words} --by {key} {more}").code == 0 for key in [*keys.split(", "), "label:app"])


@pytest.mark.parametrize(
    ("words", "flags", "hint"),
    [
        ("top cluster", ("--by pool",), "goes with c3s top nodes, c3s top pods"),
        ("cluster", ("--by pool",), "goes with c3s nodes, c3s pods"),
        ("watch cluster", ("--by pool",), "goes with c3s watch nodes, c3s watch pods"),
        ("top cluster", ("--explain",), "c3s top pods NAME --explain shows it once"),
        ("watch nodes", ("--explain",), "c3s top pods NAME --explain shows it once"),
        ("watch pods", ("--timestamps", "--no-timestamps"), ""),
        ("doctor", ("--all-contexts", "--parallel 2"), ""),
    ],
)
def test_a_flag_that_a_command_always_refuses_is_not_in_its_help(
    run: Run, words: str, flags: tuple[str, ...], hint: str
) -> None:
    for flag in flags:
        name = flag.split()[0]
        assert name not in NAME.findall(run(f"{words} --help").out)
        code, out, err = run(f"{words} {flag}")
        assert (code, out) == (2, "")
        assert err.startswith(f"error: unknown flag: {name}\nSee 'c3s {words} --help' for usage.\n")
        assert hint in err


def test_the_manual_has_a_page_for_every_command(run: Run) -> None:
    named = {title_of(path): path for path in manuals()}
    assert {file.stem for file in MANUAL.iterdir()} == set(named)
    assert len(named) == len(set(COMMANDS.values())) + 1
    for title, path in named.items():
        result = run(f"man {' '.join(path)}")
        assert result == (0, manual_page(path), "")
        assert result.out == (MANUAL / f"{title}.1").read_text(encoding="utf-8"), "make docs writes it anew"
    # By any of their names.
    assert run("man pods") == run("man po")
    assert run("man top po") == run("man top pods")
    assert run("man c3s-top-pods") == run("man top deploy") == run("man top pods")
    assert run("man c3s") == run("man")
    assert run("man nosuch").code == run("man c3s-nosuch").code == 2


def test_a_manual_page_says_what_the_help_says(run: Run) -> None:
    page = run("man top pods").out
    assert page.startswith(
        '.TH "C3S-TOP-PODS" 1 "" "c3s" "User Commands"\n'
        ".SH NAME\n"
        "c3s\\-top\\-pods \\- Display resource (CPU/memory) usage of pods\n"
        ".SH SYNOPSIS\n"
        ".B c3s top pods\n"
        "[NAME] [flags]\n"
    )
    assert (
        "\n.TP\n\\fB\\-A\\fR, \\fB\\-\\-all\\-namespaces\\fR\nList the pods of all namespaces; \\-n is ignored.\n"
        in page
    )
    assert "\n.TP\n\\fB\\-\\-limit\\fR N\n" in page
    assert "\n.EX\n    c3s top pods \\-A \\-\\-sort\\-by memory \\-\\-limit 5\n.EE\n" in page
    assert "\n.SH EXIT STATUS\n.TP\n\\fB0\\fR\nsuccess" in page
    flags = NAME.findall(run("top pods --help").out)
    assert [name.replace("\\-", "-") for name in re.findall(r"\\fB(\\-\\-[a-z\\-]+)\\fR", page)] == flags


def test_what_roff_would_take_for_a_request_is_escaped() -> None:
    page = manual(("x",), Page("x", ".hidden\n\n'quoted' \\n stays\n\nExamples:\n# A\nc3s x"), [])
    assert "\n\\&.hidden\n" in page
    assert "\n\\&'quoted' \\en stays\n" in page


@pytest.mark.process
@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_has_nothing_to_say_about_the_manual() -> None:
    files = [str(file) for file in sorted(MANUAL.iterdir())]
    checked = subprocess.run(["groff", "-man", "-ww", "-z", *files], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
