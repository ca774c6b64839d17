"""c3s diff: what is wrong with its words, files and documents."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from c3s_cli.request.moment import EXAMPLES
from tests.commands.test_diff import names
from tests.conftest import Run

USAGE: Final = "c3s diff [nodes | pods | cluster | owners] BEFORE [AFTER]"
BY_TIME: Final = "c3s diff {0} --before {1} reads both times from a Prometheus"
HEAD: Final = '{"apiVersion": "c3s/v1", "kind": "PodUsageList", "metadata": {"timestamp": "2026-03-02T09:30:00Z"}, '
WRONG: Final = '"items": [{"name": "a", "cpu": {"usage": "1m"}, "memory": {"usage": 1}}]}'
JOINED: Final = (
    "--where cannot join conditions on rows and on changes by or\n"
    "hint: join them with commas in one --where, or compare changes with --fail-if"
)


def test_a_document_says_what_it_lacks(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    def printed(*words: str) -> str:
        file = tmp_path / "printed.json"
        file.write_text(run("top", *words, "--from", files[0], "-o", "json").out, encoding="utf-8")
        return str(file)

    pods = printed("pods", "-A")
    # Without the objects themselves, it lists only what is measured.
    assert "pending" not in run("diff", "-A", pods, files[1]).out
    # Without -n, its own namespace.
    alone = run("diff", printed("pods", "-n", "shop"), files[1]).out.splitlines()
    assert [line.split()[:4] for line in alone[1:]] == [
        ["web-1", "removed", "50m", "<none>"],
        ["db-0", "changed", "100m", "130m"],
        ["idle", "changed", "0m", "3m"],
        # Neither has gone nor come: the one is there, and the other was there, but not measured.
        ["lost", "changed", "10m", "<unknown>"],
        ["web-2", "changed", "<unknown>", "60m"],
    ]
    for words, said in (
        (("nodes", pods), f"error: {pods} has no nodes, but is a PodUsageList\nhint: c3s diff pods {pods}\n"),
        (
            ("owners", pods),
            f"error: {pods} has no groups of pods by owner, but is a PodUsageList\nhint: print it with --by owner\n",
        ),
        (
            (pods, "--columns", "cpu.requests"),
            f"error: {pods} does not have cpu.requests\nhint: print it with --columns cpu.requests\n",
        ),
        (
            ("sts/web", pods),
            f"error: {pods} does not have owner\nhint: print it with --columns cpu.usage,memory.usage,owner\n",
        ),
        (
            (pods, "-l", "app=db"),
            f"error: {pods} cannot be selected by labels or fields\nhint: select when it is printed\n",
        ),
    ):
        assert run("diff", *words, files[1]).err == said
    groups = printed("pods", "-n", "shop", "--by", "owner")
    assert names(run("diff", "owners", "-n", "shop", groups, files[1])) == [
        f"StatefulSet/{name}" for name in ("db", "web", "idle", "lost")
    ]
    cut = printed("pods", "-A", "--limit", "2")
    assert run("diff", cut, files[1]).err == (
        f"error: {cut} was printed with --limit: 3 rows are missing\nhint: print it without --limit\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is neither a recording nor a document of c3s\nhint: print one with c3s top … -o json"),
        (
            '{"apiVersion": "v1", "kind": "List"}',
            "is neither a recording nor a document of c3s\nhint: print one with c3s top … -o json",
        ),
        ('{"apiVersion": "c3s/v1", "kind": "PodUsageList"}', "is not a document of c3s: it has no valid time"),
        (f'{HEAD}"items": 1}}', "is not a document of c3s: it has no list of rows"),
        (f"{HEAD}{WRONG}", ": cpu.usage of a is not a nanocores"),
    ],
)
def test_nothing_in_a_document_is_trusted(
    run: Run, files: tuple[str, str], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")
    result = run("diff", "-A", str(file), files[1])
    assert (result.code, result.err.replace(f"{file} ", "").replace(str(file), "")) == (1, f"error: {said}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("diff a b c", f"c3s diff compares one or two files, not 3\nhint: {USAGE}"),
        ("diff", f"c3s diff compares one or two files, not 0\nhint: {BY_TIME.format('pods', '2h')}"),
        ("diff nodes", f"c3s diff compares one or two files, not 0\nhint: {BY_TIME.format('nodes', '2h')}"),
        (
            "diff deploy/web --since 90m",
            f"c3s diff compares one or two files, not 0\nhint: {BY_TIME.format('deploy', '90m')}",
        ),
        ("diff - -", "stdin can be read only once"),
        ("diff a.c3s --min-change x", "--min-change takes a percentage such as 5%, not 'x'"),
        ("diff owners a.c3s --by node", "only one of owners or --by can be provided"),
        ("diff a.c3s --from b.c3s", "c3s diff takes recordings as BEFORE and AFTER, not with --from"),
        ("diff a.c3s --columns nosuch", "unknown column 'nosuch'\nhint: `c3s columns` lists them all"),
        ("diff a.c3s --columns age", "unknown column 'age'"),
        (
            "diff a.c3s --sort-by status.change",
            "unknown column 'status.change'\nhint: did you mean status.before or status.after?",
        ),
        (
            "diff a.c3s --columns gpu.requests",
            'c3s diff needs the name of a resource\nhint: such as resources["nvidia.com/gpu"].requests',
        ),
        ("diff a.c3s@25:00", f"'25:00' is not a time for --at\nhint: {EXAMPLES}"),
        ("diff a.c3s --where owner=x,change=added --where name=y", JOINED),
    ],
)
def test_mistakes_are_found_before_anything_is_read(run: Run, words: str, said: str) -> None:
    assert run(words) == (2, "", f"error: {said}\n")


def test_files_that_are_not_there(run: Run) -> None:
    assert run("diff nosuch.c3s").err == "error: nosuch.c3s cannot be read: No such file or directory\n"
    name = "x" * 300
    for words in (f"diff {name}", f"diff pods {name}", f"fit -f {name} --demo"):
        assert run(words).err == f"error: {name} cannot be read: File name too long\n"
    said = f"error: {name} is no file\nhint: did you mean --where 'name = {name}'?\n"
    assert run(f"diff --before 2h {name}").err.endswith(said)
    assert "is read as c3s diff deploy/xxx" in run(f"diff deploy {name}").err
