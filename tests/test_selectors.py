from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.errors import UsageError
from c3s_cli.selectors import parse_fields, parse_labels
from tests.kubectl import find_kubectl, run_kubectl

CANONICAL = {
    "b=1,a=2": "a=2,b=1", "a==b": "a==b", "a in (c,b)": "a in (b,c)", "a notin (,)": "a notin ()",
    "a in ()": "a in ()",
    "!a": "!a", "a>5": "a>5", "a<3": "a<3",
    "a!=b": "a!=b", "a in (b,,c)": "a in (,b,c)", "a notin (b,)": "a notin (,b)",
    "a=": "a=", "a,b=c": "a,b=c", "b,a in (x),!c": "a in (x),b,!c", " a = b ": "a=b", "in=notin": "in=notin",
    "a.b/c=d": "a.b/c=d", "": "",
}  # fmt: skip
WRONG = {
    "a=b,,": "found ',', expected: identifier after ','",
    "!": "unable to parse requirement: found '', expected: identifier",
    "a in b": "unable to parse requirement: found 'b' expected: '('",
    "a in (b": "unable to parse requirement: found '', expected: ',' or ')'",
    "=b": "found '=', expected: !, identifier, or 'end of string'",
    "a=b=c": "found '=', expected: ',' or 'end of string'",
    "a b": "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    "a,": "found '', expected: identifier after ','",
    "a>b": "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the "
    "value must be an integer",
    "/a=b": 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty',
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_sends_what_kubectl_sends(text: str, canonical: str) -> None:
    selector = parse_labels(text)
    assert selector.text == canonical
    assert bool(selector) is bool(canonical)
    assert parse_labels(canonical) == selector


@pytest.mark.parametrize(("text", "words"), WRONG.items())
def test_says_what_kubectl_says(text: str, words: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse_labels(text)
    assert problem.value.message == words


@pytest.mark.parametrize("text", [*CANONICAL, *WRONG, "-a=b", "a=-b", "a/b/c=d", "A.b/c=d", "a" * 64, "x=" + "y" * 64])
def test_agrees_with_the_real_kubectl(text: str, tmp_path: Path) -> None:
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("no kubectl on PATH")
    said = run_kubectl(kubectl, tmp_path, "top", "pods", "-l", text, "--server", "http://127.0.0.1:1").stderr
    ours = _words(text)
    assert said == f"{ours}\n" if ours else "was refused" in said


def _words(text: str) -> str:
    try:
        parse_labels(text)
    except UsageError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("a=b", {"a": "b"}, True),
        ("a!=b", {}, True),
        ("a notin (b)", {"a": "b"}, False),
        ("a in (b,c),!d", {"a": "c"}, True),
        ("a", {}, False),
        ("a>5", {"a": "6"}, True),
        ("a<5", {"a": "x"}, False),
    ],
)
def test_matches_labels(text: str, labels: dict[str, str], expected: bool) -> None:  # noqa: FBT001  a table's column
    assert parse_labels(text).matches(labels) is expected


def test_reads_field_selectors() -> None:
    assert parse_fields("spec.nodeName=a,metadata.name!=b").text == "metadata.name!=b,spec.nodeName=a"
    assert parse_fields(r"a==b\,c").text == r"a=b\,c"
    assert not parse_fields(",")
    for text, words in {
        "a": "invalid selector: 'a'; can't understand 'a'",
        "a=b=c": "invalid field selector: unescaped character in value: 61",
        "a=b\\x": "invalid field selector: invalid escape sequence: \\x",
    }.items():
        with pytest.raises(UsageError) as problem:
            parse_fields(text)
        assert problem.value.message == words


@given(st.text(alphabet="ab=!(),<> in\\.-/\u00e4", max_size=24))
def test_any_text_is_a_selector_or_a_usage_error(text: str) -> None:
    for parse in (parse_labels, parse_fields):
        try:
            selector = parse(text)
        except UsageError:
            continue
        assert parse(selector.text).text == selector.text
