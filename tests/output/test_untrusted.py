"""Untrusted text: control characters, formulas and markup from servers, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from c3s_cli.terminal.printable import printable
from tests import fleets
from tests.conftest import Run
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics, status

NASTY = {
    "a screen cleared": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;owned\x07",
    "C1": "\x9b31mred",
    "a line": "a\nb",
    "a line that looks like ours": "x\r\nerror: you have been hacked",
    "a line separator": "a\u2028b\x85c",
    "right to left": "\u202eelif",
    "nothing to see": "a\u200b\u2060\ufeffb",
    "a tag": "\U000e0041",
    "NUL and DEL": "\x00\x7f",
    "backspace": "abc\b\b\b",
    "a formula": "=HYPERLINK(1)",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(A1)",
    "a tab and a formula": "\t=1",
    "a return and a formula": "\r=1",
    "a wide formula": "\uff1d1",
    "pipes": "|x|y|",
    "a backslash and a pipe": "\\|x",
    "a backslash at the end": "x\\",
    "HTML": "<img src=x onerror=alert(1)>",
    "an entity": "&lt;b&gt;",
    "code": "`rm -rf`",
    "a link": "[a](javascript:alert(1))",
    "an image": "![a](http://evil.example)",
    "a bare link": "https://evil.example www.evil.example",
    "emphasis": "**a** __b__ ~~c~~",
    "quotes": '"a" \'b\' ""',
    "commas": "a,b;c",
    "a metric": 'x"} 1\nc3s_fake{a="b',
    "a comment": "# EOF",
    "a placeholder": "%s %n {} {{x}} ${HOME}",
    "YAML": "- {a: &b [*b]}: !!python/object x",
    "a word of YAML": "null",
    "blanks": "  x  ",
    "a heading": "NAME",
    "other scripts": "п\u00f6d-\u4e16\u754c",
}


def cluster(api: FakeApi, text: str) -> FakeApi:
    """Serve a cluster that says the text wherever a cluster can."""
    labels = {
        "app": text,
        "agentpool": text,
        "topology.kubernetes.io/zone": text,
        "node.kubernetes.io/instance-type": text,
        f"node-role.kubernetes.io/{text}": "",
    }
    bad = node(text, labels=labels, spec={"taints": [{"key": text, "value": text, "effect": text}]})
    bad["status"]["nodeInfo"] = {"kubeletVersion": text}
    bad["status"]["allocatable"][text] = "5"
    api.nodes(bad, node("plain"))
    metric = {**node_metrics(text), "timestamp": text, "window": text}
    api.node_metrics(metric, node_metrics("plain"))
    api.pod_metrics({**pod_metrics(text, text, (text, "1m", "1Mi")), "timestamp": text, "window": text})
    api.pods(
        pod(text, text, node=text, labels={"app": text}, owner=(text, text), phase=text, reason=text, qosClass=text)
    )
    for path in ("/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
        api.routes[path] = Reply({"items": []})
    return api


COMMANDS = (
    'top nodes --columns all,labels["app"]',
    'top pods -A --columns all,labels["app"]',
    "top pods -A --containers",
    "top pods -A --by owner,label:app",
    "top nodes --by zone,pool",
    "top cluster --columns all",
    "top cluster -o wide",
)
FORMATS = ("table", "wide", "markdown", "grid", "csv", "tsv", "name", "prometheus", "json", "yaml")
TEMPLATES = ("custom-columns=N:.name,X:.context", 'jsonpath={range .items[*]}{.name}{"\\t"}{.context}{"\\n"}{end}')


# All of it at once; each where its first or last letter matters.
TOGETHER = {"everything": "-".join(NASTY.values())}
FORMULAS = {name: text for name, text in NASTY.items() if text[0] in "=+-@\t\r\uff1d"}
MARKUP = {name: text for name, text in NASTY.items() if set(text) & set("|\\<&`[]*_~:")}


def saying(texts: dict[str, str]) -> pytest.MarkDecorator:
    """Run a test for each of some texts."""
    return pytest.mark.parametrize("text", texts.values(), ids=texts)


@pytest.fixture
def words(api: FakeApi, text: str, tmp_path: Path) -> list[str]:
    """Give the flags that read a cluster, and a kubeconfig, that say the text wherever they can."""
    path = tmp_path / "config"
    document = {
        "current-context": text,
        "contexts": [{"name": text, "context": {"cluster": text, "user": text, "namespace": text}}],
        "clusters": [{"name": text, "cluster": {"server": cluster(api, text).url}}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return ["--kubeconfig", str(path)]


def is_harmless(shown: str, *, tabs: bool = False) -> bool:
    return all(letter.isprintable() or letter == "\n" or (tabs and letter == "\t") for letter in shown)


@pytest.mark.slow
@saying({**TOGETHER, "alone": NASTY["a title"]})
def test_nothing_that_a_terminal_obeys_comes_out_of_any_format(run: Run, words: list[str]) -> None:
    for command in COMMANDS:
        for form in (*FORMATS, *TEMPLATES):
            result = run(*command.split(" "), "-o", form, *words)
            assert result.code in (0, 2, 5), result.err
            assert is_harmless(result.out, tabs=form in ("tsv", TEMPLATES[1]))
            assert is_harmless(result.err)


OTHER_COMMANDS = (
    "fit --cpu 1 --memory 1Gi",
    "fit --cpu 1 --by pool,zone",
    "top nodes --explain plain",
    "top volumes -A",
    "contexts",
    "contexts --check",
    "doctor",
    "columns nodes",
)


@pytest.mark.slow
@saying({**TOGETHER, "alone": NASTY["a title"]})
def test_nothing_that_a_terminal_obeys_comes_out_of_any_other_command(run: Run, words: list[str]) -> None:
    for command in OTHER_COMMANDS:
        for form in ("table", "wide", "markdown", "csv", "json", "yaml"):
            result = run(*command.split(" "), "-o", form, *(words if command != "columns nodes" else ()))
            assert result.code in (0, 1, 2, 3, 5), result.err
            assert is_harmless(result.out + result.err)


SCREENS = (
    "watch nodes -o wide",
    "watch nodes --columns all",
    "watch pods -A --containers",
    "watch pods -A --by owner,label:app",
    "watch cluster",
)


@pytest.mark.slow
@saying({**TOGETHER, "alone": NASTY["a title"]})
@pytest.mark.parametrize("command", SCREENS)
def test_no_screen_obeys_a_name(run: Run, words: list[str], command: str) -> None:
    session = TerminalSession(run)
    session(f"{command} {' '.join(map(shlex.quote, words))}", "", "/", "a", "enter", "h", "h", "")
    is_ours = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]")
    assert is_harmless(is_ours.sub("", "".join(session.console.written)))


def test_no_screen_obeys_the_name_of_a_cluster_that_fails(run: Run, api: FakeApi, tmp_path: Path) -> None:
    cluster(api, "plain-name")
    path = fleets.kubeconfig(tmp_path / "config", {"good": api.url, NASTY["a title"]: "http://127.0.0.1:1"})
    session = TerminalSession(run)
    seen = session(f"watch nodes --all-contexts --kubeconfig {path}", "", "")
    assert any("cluster totals: without \\x1b]0;owned\\x07 (for" in line for line in seen.looks[-1])
    assert "\x1b]" not in "".join(session.console.written) + seen.left + seen.err


@saying(TOGETHER)
def test_no_text_makes_a_line_of_its_own(run: Run, words: list[str]) -> None:
    lines = {"table": 3, "csv": 3, "tsv": 3, "markdown": 4, "grid": 7, "name": 2, TEMPLATES[0]: 3, TEMPLATES[1]: 2}
    for form, count in lines.items():
        assert run("top", "nodes", "-o", form, *words).out.count("\n") == count
    explained = run("top", "nodes", "plain", "--explain", *words)
    assert is_harmless(explained.out + explained.err)


@pytest.mark.slow
@saying({**TOGETHER, **MARKUP})
def test_json_and_yaml_are_exact(run: Run, words: list[str], text: str) -> None:
    for load, form in ((json.loads, "json"), (yaml.safe_load, "yaml")):
        for command in ("top nodes --columns all", "top pods -A --columns all"):
            result = run(*command.split(), "-o", form, *words)
            (item,) = (item for item in load(result.out)["items"] if item["name"] != "plain")
            assert (item["name"], item["context"], item["timestamp"]) == (text,) * 3
    assert (
        json.loads(run("top", "pods", "-A", "--containers", "-o", "json", *words).out)["items"][0]["containers"][0][
            "name"
        ]
        == text
    )


@saying({**TOGETHER, **FORMULAS})
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_no_cell_is_a_formula(run: Run, words: list[str], text: str, form: str) -> None:
    for command in COMMANDS[:4:3]:
        out = run(*command.split(" "), "-o", form, *words).out
        rows = list(csv.reader(io.StringIO(out), "excel-tab" if form == "tsv" else "excel"))
        assert len({len(row) for row in rows}) == 1
        for row in rows:
            for cell in row:
                assert not cell.startswith(("=", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
                assert not cell.startswith(("+", "-")) or re.fullmatch(r"-?\d+(\.\d+)?", cell)
    names = [row["name"] for row in csv.DictReader(io.StringIO(run("top", "nodes", "-o", "csv", *words).out))]
    assert printable(text) in [name.removeprefix("'") for name in names]


def cells_of(line: str) -> list[str]:
    """Split a row of a Markdown table as GitHub does: at pipes without a backslash before them."""
    found = re.findall(r"((?:\\.|[^|\\])*)\|", line)
    return [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in found[1:]]


@saying({**TOGETHER, **MARKUP})
def test_no_cell_is_markup(run: Run, words: list[str], text: str) -> None:
    for command in COMMANDS[0], COMMANDS[5]:
        out = run(*command.split(" "), "-o", "markdown", *words).out
        lines = out.splitlines()
        assert len({len(cells_of(line)) for line in lines}) == 1
        bare = re.sub(r"\\[\\`*_~\[\]|.:]", "", out)
        assert "<" not in bare
        assert re.search(r"[`*~\[\]]|\bhttps?:|\bwww\.|!\[|&(?!amp;|lt;)", bare) is None
        assert re.search(r"(?<![\w])_+\w", bare) is None
    shown = [cells_of(line)[0] for line in run("top", "nodes", "-o", "markdown", *words).out.splitlines()]
    assert printable(text).strip() in [cell.replace("&lt;", "<").replace("&amp;", "&") for cell in shown]


@saying({**TOGETHER, **FORMULAS})
def test_no_label_is_a_metric(run: Run, words: list[str], text: str) -> None:
    for command in COMMANDS[1:4]:
        out = run(*command.split(" "), "-o", "openmetrics", *words).out
        families = list(text_string_to_metric_families(out))  # type: ignore[no-untyped-call]
        assert [family.name for family in families if "fake" in family.name] == []
        assert {sample.labels["context"] for family in families for sample in family.samples} <= {printable(text)}


# --- messages -------------------------------------------------------------------------------------------------


@saying(TOGETHER | {"a line": "a\nb"})
def test_messages_of_a_server_are_one_harmless_line(run: Run, api: FakeApi, text: str) -> None:
    api.nodes(node("a"))
    for code in (400, 401, 403, 500, 503):
        for reply in (status(code, text, text), Reply(text, code, "text/plain")):
            api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = reply
            result = run("top", "nodes", "--server", api.url, "-v", "9")
            assert (result.code, result.out) == (1, "")
            assert is_harmless(result.err)
            said = [
                line for line in result.err.splitlines() if not line.startswith(("GET ", "hint: ", "the server asks"))
            ]
            assert len(said) == 1


@saying(TOGETHER)
def test_quantities_names_and_selectors_in_messages_are_harmless(run: Run, api: FakeApi, text: str) -> None:
    metric: dict[str, Any] = node_metrics("a", cpu=text)
    api.node_metrics(metric)
    api.nodes(node("a"))
    assert is_harmless(run("top", "nodes", "--server", api.url).err)
    for words in (
        ["top", "nodes", text],
        ["top", "pods", "-n", text],
        ["top", "nodes", "-l", text],
        ["top", "nodes", "--where", text],
        ["top", "nodes", "--columns", text],
        ["top", "nodes", "--sort-by", text],
        ["top", "nodes", "-o", text],
        ["top", "nodes", "--context", text],
        ["top", "nodes", "--as", text],
        ["top", text],
        [text],
    ):
        result = run(*words, "--server", api.url)
        assert is_harmless(result.out + result.err)
