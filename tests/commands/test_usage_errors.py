"""Mistakes in the words and flags of any command: kubectl's words, before anything is read."""

from __future__ import annotations

import pytest

from tests.conftest import Run

FORMATS = "csv,custom-columns,grid,json,jsonpath,markdown,name,openmetrics,prometheus,table,tsv,value,wide,yaml"


def test_a_command_group_alone_prints_its_help_on_stderr(run: Run) -> None:
    bare = run("top")
    assert (bare.code, bare.out) == (1, "")
    assert "nodes" in bare.err
    assert run("top --help").out
    assert run("--version").out.startswith("c3s ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("top foo", "error: unknown command \"foo\"\nSee 'c3s top -h' for help and examples\n"),
        ("foo", 'error: unknown command "foo" for "c3s"\nhint: c3s --help lists the commands\n'),
        ("top nodes --quux", "error: unknown flag: --quux\nSee 'c3s top nodes --help' for usage.\n"),
        (
            "top nodes --containers",
            (
                "error: unknown flag: --containers\nSee 'c3s top nodes --help' for usage.\n"
                "hint: --containers goes with c3s top pods\n"
            ),
        ),
        ("top pods -x", "error: unknown shorthand flag: 'x' in -x\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods -l", "error: flag needs an argument: 'l' in -l\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods --selector", "error: flag needs an argument: --selector\nSee 'c3s top pods --help' for usage.\n"),
        (
            "top volumes a b",
            (
                "volumes without --from is read as --from kubelet\n"
                "error: unexpected arguments: a b\nSee 'c3s top volumes --help' for usage.\n"
            ),
        ),
        ("top nodes a -l b=c", "error: only one of NAME or --selector can be provided\n"),
        ("top pods a --field-selector b=c", "error: only one of NAME or selector can be provided\n"),
        ("top pods -l a=b,,", "error: found ',', expected: identifier after ','\n"),
        ("top pods --limit -1", "error: --limit takes a number from 0 on, not -1\n"),
        (
            "top pods --sort-by cpuu",
            "error: unknown column 'cpuu'\nhint: did you mean cpu? `c3s columns` lists them all\n",
        ),
        (
            "top pods --sort-by cpu:down",
            "error: unknown direction 'down' in --sort-by\nhint: cpu:asc or cpu:desc\n",
        ),
        (
            "top nodes --columns labels[app]",
            (
                "error: unknown column 'labels[app]'\n"
                'hint: write labels as label:app or labels["app"], and other resources as '
                'resources["nvidia.com/gpu"].requests\n'
            ),
        ),
        ("top nodes --server http://127.0.0.1:1 --demo", "error: only one of --demo or --server can be provided\n"),
        ("watch --interval 0", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not '0'\n"),
        ("watch --interval soon", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not 'soon'\n"),
        ("watch --interval inf", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not 'inf'\n"),
        (
            "watch nodes -n 1",
            "error: -n 1 is a namespace, and nodes have none\nhint: --interval 1 sets the pace\n",
        ),
        (
            "watch -n 0.5s",
            "error: -n 0.5s is a namespace, and nodes have none\nhint: --interval 0.5s sets the pace\n",
        ),
        (
            "watch cluster -n 5",
            "error: -n 5 is a namespace, and a cluster has none\nhint: --interval 5 sets the pace\n",
        ),
        (
            "watch --until cpu>1 --timeout 0.3.1",
            (
                "error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by "
                "a corresponding time unit (e.g. 1s | 2m | 3h)\n"
            ),
        ),
        (
            "top nodes --where cpu",
            (
                "error: expected one of =, !=, >, >=, <, <=, in, not in after cpu in 'cpu'\n"
                "hint: write the condition in single quotes: a shell takes < and > for files, "
                "as in --where 'cpu > 1'\n"
            ),
        ),
        (
            "top nodes --columns .metadata.creationTimestamp",
            (
                "error: unknown column '.metadata.creationTimestamp'\n"
                "hint: did you mean age? `c3s columns` lists them all\n"
            ),
        ),
        (
            "top nodes --columns cordoned",
            "error: unknown column 'cordoned'\nhint: did you mean schedulable? `c3s columns` lists them all\n",
        ),
        (
            "top pods --by ownr",
            (
                "error: unknown key 'ownr' in --by\n"
                "hint: did you mean owner? "
                "The keys are context, namespace, node, owner, pool, zone, instance-type, status and label:KEY\n"
            ),
        ),
    ],
)
def test_usage_errors_come_before_any_request(demo: Run, words: str, said: str) -> None:
    assert demo(words) == (2, "", said)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("prom", "hint: did you mean -o prometheus?\n"),
        ("jsn", "hint: did you mean -o json?\n"),
        ("md", "hint: did you mean -o markdown?\n"),
        ("svg", "hint: -o markdown is a table that a page can show\n"),
        (
            "go-template={{.}}",
            "hint: -o jsonpath=TEMPLATE takes a template; -o value --columns name,cpu prints columns\n",
        ),
        ("html", "hint: -o markdown is a table that a page can show\n"),
    ],
)
def test_a_format_is_suggested_for_a_word_that_is_none(demo: Run, word: str, hint: str) -> None:
    said = f'error: unable to match a printer suitable for the output format "{word}", allowed formats are: {FORMATS}\n'
    assert demo(f"top nodes -o {word}") == (2, "", said + hint)
