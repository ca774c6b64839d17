"""jsonpath and custom columns: kubectl's dialect, compared with kubectl where it is installed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.errors import UsageError
from c3s_cli.output.templated import Budget, OutOfBounds
from c3s_cli.output.templated import _write_nodes as write_nodes
from c3s_cli.request.jsonpath import paths_in_template, read_spec, read_template
from tests.conftest import Run
from tests.kubectl import find_kubectl, run_kubectl
from tests.output.test_unmatched import COLUMNS
from tests.patience import PATIENT

DOCUMENT: dict[str, Any] = {
    "kind": "Config",
    "apiVersion": "v1",
    "current-context": "a",
    "contexts": [
        {"name": "a", "context": {"cluster": "c1", "user": "u1", "namespace": "n"}},
        {"name": "b", "context": {"cluster": "c2", "user": "u2"}},
        {"name": "c", "context": {"cluster": "c1", "user": "u3"}},
    ],
    "clusters": [
        {"name": "c1", "cluster": {"server": "http://one"}},
        {"name": "c2", "cluster": {"server": "http://two"}},
    ],
    "users": [],
}
TEMPLATES = [
    "{.contexts[*].name}",
    "{.contexts[0].name}",
    "{.contexts[-1].name}",
    "{.contexts[0:2].name}",
    "{.contexts[0,2].name}",
    "{.contexts[?(@.name=='b')].context.user}",
    '{.contexts[?(@.name!="b")].context.cluster}',
    "{.contexts[?(@.context.namespace)].name}",
    "{range .contexts[*]}{.name}{'\\t'}{.context.user}{'\\n'}{end}",
    '{range .contexts[*]}{.name}{","}{end}',
    "{..server}",
    "{.current-context}",
    "{['current-context']}",
    "plain {.kind} text",
    "{.nothing}",
    "{.contexts[*].context.namespace}",
    "{.contexts[0].context['cluster','user']}",
    "{$.kind}",
    "{.contexts[*]['name']}",
    "{.contexts[*]['name','context']}",
    "{.contexts[?(.name=='b')].name}",
    "{.contexts[?(@.name=='b)')].name}x",
    "{'\\u00e9'}",
    "{.contexts[0]}",
]


def written(template: str) -> str:
    return "".join(write_nodes(read_template(template), DOCUMENT, Budget()))


@pytest.mark.process
@pytest.mark.parametrize("template", TEMPLATES)
def test_writes_what_kubectl_writes(template: str, tmp_path: Path) -> None:
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("no kubectl on PATH")
    path = tmp_path / "config"
    path.write_text(json.dumps(DOCUMENT))
    ran = run_kubectl(kubectl, tmp_path, "config", "view", "--kubeconfig", str(path), "-o", f"jsonpath={template}")
    assert written(template) == ran.stdout, ran.stderr


OUT_OF_BOUNDS = {
    "{.contexts[9].name}": "array index out of bounds: index 9, length 3",
    "{.contexts[-4].name}": "array index out of bounds: index -1, length 3",
    "{.contexts[0:5].name}": "array index out of bounds: index 4, length 3",
    "{.contexts[-5:].name}": "array index out of bounds: index -2, length 3",
    "{.contexts[2:1].name}": "starting index 2 is greater than ending index 1",
    "{range .contexts[7]}x{end}": "array index out of bounds: index 7, length 3",
    "{.kind}{.contexts[0,9].name}": "array index out of bounds: index 9, length 3",
    "{.users[0].name}": "array index out of bounds: index 0, length 0",
}


@pytest.mark.process
@pytest.mark.parametrize("template", OUT_OF_BOUNDS)
def test_an_index_out_of_bounds_is_kubectls_error(template: str, tmp_path: Path) -> None:
    said = f'error executing jsonpath "{template}": Error executing template: {OUT_OF_BOUNDS[template]}'
    with pytest.raises(OutOfBounds, match=re.escape(OUT_OF_BOUNDS[template])):
        written(template)
    kubectl = find_kubectl()
    if kubectl is None or "users" in template:  # kubectl's own configuration has no users instead of an empty list
        pytest.skip("no kubectl on PATH")
    path = tmp_path / "config"
    path.write_text(json.dumps(DOCUMENT))
    ran = run_kubectl(kubectl, tmp_path, "config", "view", "--kubeconfig", str(path), "-o", f"jsonpath={template}")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: {said}. ")


def test_an_item_that_is_not_there_is_a_failure_and_a_field_is_not(demo: Run) -> None:
    said = 'error: error executing jsonpath "{.items[99].name}": Error executing template: '
    result = demo("top", "nodes", "-o", "jsonpath={.items[99].name}")
    assert result == (1, "", f"{said}array index out of bounds: index 99, length 10\n")
    result = demo("top nodes -o jsonpath={.items[0].nosuch}")
    assert result == (0, "", f"jsonpath: no row has .items[0].nosuch; {COLUMNS}\n")
    result = demo("top", "pods", "-o", "custom-columns=A:.name[5],B:.containers[9]", "--containers")
    assert (result.code, result.out) == (1, "")
    assert result.err == "error: array index out of bounds: index 9, length 1\n"


def test_writes_what_kubectl_was_seen_to_write() -> None:
    assert written("{range .contexts[*]}{.name}={.context.cluster};{end}") == "a=c1;b=c2;c=c1;"
    assert written("{.contexts[?(@.context.cluster=='c1')].name}") == "a c"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{.a", "unclosed action"),
        ("{range .a}{.b}", "unclosed range"),
        ("{end}", "not in range"),
        ("{.a[}", "unterminated array"),
        ("{.a[x]}", "invalid array index x"),
        ("{.a[?(@.b=)]}", "unterminated filter"),
        ("{.a,.b}", "unrecognized character in action: U+002C ','"),
        ("{range $}" * 51 + "{end}" * 51, "more than 50 ranges inside each other"),
    ],
)
def test_a_wrong_template_is_a_usage_error_before_any_request(run: Run, template: str, words: str) -> None:
    result = run("top", "nodes", "-o", f"jsonpath={template}", "--server", "http://127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: error parsing jsonpath {template}, ")
    assert words in result.err


@given(st.text(alphabet="{}.[]*?()@'\"=<>!rangeend\\ab0-9:,$ \n", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_template_or_a_usage_error(text: str) -> None:
    for read in (read_template, read_spec):
        try:
            assert read(text) is not None
        except UsageError as problem:
            assert problem.message  # noqa: PT017  the error is one of two good ends


# What kubectl 1.33's own packages (client-go's jsonpath, kubectl's custom columns) make of these.
VALUES: dict[str, Any] = {
    "nothing": None,
    "whole": 100.0,
    "huge": 1e21,
    "part": 1.5,
    "inner": {"b": [1.0, None], "a": "\u00e9"},
    "rows": [{"n": "1", "s": "a"}, {"n": "2", "s": "b"}],
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("[{.nothing}]", "[null]"),
        ("{.whole} {.part} {.huge}", "100 1.5 1e+21"),
        ("{.inner}", '{"a":"\u00e9","b":[1,null]}'),
        ("{.rows[*]['n','s']}", "1 2 a b"),
        ("{'\\x41'}", "A"),
    ],
)
def test_writes_values_as_kubectl(template: str, expected: str) -> None:
    assert "".join(write_nodes(read_template(template), VALUES, Budget())) == expected


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("A:.a,", "unexpected custom-columns spec: , expected <header>:<json-path-expr>"),
        ("A:.a,,B:.b", "unexpected custom-columns spec: , expected <header>:<json-path-expr>"),
        ("A:.a[", "unterminated array"),
        ("A:{.a", "unexpected path string, expected a 'name1.name2'"),
        ("A:.a}", "unexpected path string, expected a 'name1.name2'"),
    ],
)
def test_a_wrong_spec_is_a_usage_error(spec: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        read_spec(spec)


def test_a_comma_in_brackets_does_not_separate() -> None:
    assert [heading for heading, _ in read_spec("A:.a[0,1].b,B B: .b ,C:{c}")] == ["A", "B B", "C"]


def test_a_long_template_is_read_at_once() -> None:
    before = time.process_time()
    with pytest.raises(UsageError):
        read_template("{.a[?(@" + " " * 9000 + "x)]}")
    assert time.process_time() - before < PATIENT


@given(st.text(st.sampled_from("{}[].*,'\"()?@=<>: abitems\\0-"), max_size=30))
def test_the_paths_of_any_template_are_found_or_it_is_a_usage_error(text: str) -> None:
    try:
        asked = paths_in_template(text)
    except UsageError:
        return
    assert all(path and all(isinstance(key, str) for key in path) for path in asked)


def test_repeated_unions_do_not_grow_exponentially() -> None:
    before = time.process_time()
    assert paths_in_template("{.items[*]" + "['a','a']" * 40 + "}")
    assert time.process_time() - before < PATIENT


def test_custom_columns(demo: Run) -> None:
    result = demo("top pods -o custom-columns=NAME:.name,CPU:.cpu.usage,NONE:.nothing -l app.kubernetes.io/name=web")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0] == ["NAME", "CPU", "NONE"]
    assert lines[1] == ["web-nxls8dq2st-5dshl", "95117513", "<none>"] or lines[1][0] == "web-nxls8dq2st-5dshl"
    assert all(line[2] == "<none>" and line[1].isdecimal() for line in lines[1:])
    for spec, words in {"NAME": "unexpected custom-columns spec: NAME", "": "no custom columns given"}.items():
        wrong = demo("top", "pods", "-o", f"custom-columns={spec}")
        assert (wrong.code, words in wrong.err) == (2, True)


def test_jsonpath_of_a_reading(demo: Run) -> None:
    template = "jsonpath={range .items[*]}{.name}{'\\t'}{.memory.usage}{'\\n'}{end}"
    lines = demo("top", "nodes", "-o", template).out.splitlines()
    document = json.loads(demo("top nodes -o json").out)
    usages = [(item["name"], json.dumps(item["memory"]["usage"])) for item in document["items"]]
    assert [tuple(line.split("\t")) for line in lines] == usages


@pytest.mark.parametrize(
    ("words", "template", "value"),
    [
        ("top pods", "{range .items[*]}{.name}={.cpu.requests} {end}", lambda item: item["cpu"]["requests"]),
        ("top pods", "{range .items[*]}{.name}={.node} {end}", lambda item: item["node"]),
        (
            "top pods",
            "{range .items[?(@.status=='Running')]}{.name}={.labels['app\\.kubernetes\\.io/name']} {end}",
            lambda item: item["labels"]["app.kubernetes.io/name"],
        ),
        ("top nodes", "{range .items[*]}{.name}={.zone} {end}", lambda item: item["zone"]),
        (
            "top nodes",
            '{range .items[*]}{.name}={.resources["nvidia.com/gpu"].allocatable} {end}',
            lambda item: item["resources"]["nvidia.com/gpu"]["allocatable"],
        ),
    ],
)
def test_the_columns_in_a_template_are_read(
    demo: Run, words: str, template: str, value: Callable[[dict[str, Any]], Any]
) -> None:
    columns = 'cpu.requests,node,status,labels["app.kubernetes.io/name"]'
    if words == "top nodes":
        columns = 'zone,resources["nvidia.com/gpu"].allocatable'
    document = json.loads(demo(*words.split(), "-o", "json", "--columns", columns).out)
    said = dict(word.split("=") for word in demo(*words.split(), "-o", f"jsonpath={template}").out.split())
    expected = {item["name"]: str(value(item)) for item in document["items"]}
    assert expected
    assert said.items() <= expected.items()
    assert len(set(said.values()) - {"null"}) > 1


def test_the_columns_in_custom_columns_are_read(demo: Run) -> None:
    lines = demo("top pods -o custom-columns=NAME:.name,NODE:.node,ASKED:.memory.requests").out.splitlines()
    document = json.loads(demo("top pods -o json --columns node,memory.requests").out)
    items = [[item["name"], item["node"], str(item["memory"]["requests"])] for item in document["items"]]
    assert [line.split() for line in lines] == [["NAME", "NODE", "ASKED"], *items]


def test_totals_in_a_template_are_read(demo: Run) -> None:
    total = demo("top", "pods", "-o", "jsonpath={.totals.cpu.requests}").out
    assert total == str(json.loads(demo("top pods -o json --columns cpu.requests").out)["totals"]["cpu"]["requests"])
