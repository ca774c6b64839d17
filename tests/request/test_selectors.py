from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.errors import UsageError
from c3s_cli.request.selectors import parse_fields, parse_labels
from tests.kubectl import find_kubectl, run_kubectl
from tests.servers import FakeApi, Reply

# What is asked for: what kubectl sends.
CANONICAL = {
    "b=1,a=2": "a=2,b=1", "a==b": "a==b", "a in (c,b)": "a in (b,c)", "a notin (,)": "a notin ()",
    "a in ()": "a in ()", "!a": "!a", "! a": "!a", "a>5": "a>5", "a<3": "a<3", "a>007": "a>007", "a!=b": "a!=b",
    "a in (b,,c)": "a in (,b,c)", "a notin (b,)": "a notin (,b)", "a in (b,b)": "a in (b)", "a=": "a=", "a==": "a==",
    "a,b=c": "a,b=c", "b,a in (x),!c": "a in (x),b,!c", " a = b ": "a=b", "a\tin\n(b)": "a in (b)",
    "in=notin": "in=notin", "!in": "!in", "a=1,a!=2,a": "a=1,a!=2,a", "a.b/c=d": "a.b/c=d", "A=B": "A=B", "": "",
}  # fmt: skip
NAME = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
INTEGER = "for 'Gt', 'Lt' operators, the value must be an integer"
UNREADABLE = {
    "a=b,,": "found ',', expected: identifier after ','",
    "a,": "found '', expected: identifier after ','",
    ",": "found ',', expected: !, identifier, or 'end of string'",
    "=b": "found '=', expected: !, identifier, or 'end of string'",
    "a=b=c": "found '=', expected: ',' or 'end of string'",
    "!a=b": "found '=', expected: ',' or 'end of string'",
    "a=b c": "found 'c', expected: ',' or 'end of string'",
}
# These stand after "unable to parse requirement: ".
REFUSED = {
    "!": "found '', expected: identifier",
    "!!a": "found '!', expected: identifier",
    "a=!b": "found '!', expected: identifier",
    "a=(b)": "found '(', expected: identifier",
    "a b": "found 'b', expected: in, notin, =, ==, !=, gt, lt",
    "in (a)": "found '(', expected: in, notin, =, ==, !=, gt, lt",
    "a in b": "found 'b' expected: '('",
    "a notin": "found '' expected: '('",
    "a in (": "found '', expected: ',', ')' or identifier",
    "a in (=)": "found '=', expected: ',', ')' or identifier",
    "a in (b": "found '', expected: ',' or ')'",
    "a in (b c)": "found 'c', expected: ',' or ')'",
    "a in (b,=)": "found '=', expected: ',', or identifier",
    "a in (b,": "found '', expected: ',', or identifier",
    "a in (b,,)": "found ')', expected: ',', or identifier",
    "a>b": f'values[0]: Invalid value: "b": {INTEGER}',
    "a>": f'values[0]: Invalid value: "": {INTEGER}',
    "a<9223372036854775808": f'values[0]: Invalid value: "9223372036854775808": {INTEGER}',
    "a>_": f'[values[0]: Invalid value: "_": {INTEGER}, values[0][a]: Invalid value: "_": {VALUE}]',
    "a=-b": f'values[0][a]: Invalid value: "-b": {VALUE}',
    "a in (c,_,-)": f'[values[0][a]: Invalid value: "-": {VALUE}, values[1][a]: Invalid value: "_": {VALUE}]',
    "a=" + "y" * 64: f'values[0][a]: Invalid value: "{"y" * 64}": must be no more than 63 characters',
    'a="\\': f'values[0][a]: Invalid value: "\\"\\\\": {VALUE}',
    "a=\u200b\x01\u00e9\U000e0001": f'values[0][a]: Invalid value: "\\u200b\\x01\u00e9\\U000e0001": {VALUE}',
    "a=\udcff": f'values[0][a]: Invalid value: "\\xff": {VALUE}',  # a byte of the command line that is no UTF-8
    "-a": f'<nil>: Invalid value: "-a": name part {NAME}',
    "a/": f'<nil>: Invalid value: "a/": name part must be non-empty; name part {NAME}',
    "/a": '<nil>: Invalid value: "/a": prefix part must be non-empty',
    "x/y/z": f"<nil>: Invalid value: \"x/y/z\": a qualified name {NAME} with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')",
    "A.b/c": f'<nil>: Invalid value: "A.b/c": prefix part {SUBDOMAIN}',
    "x" * 254 + "/a": f'<nil>: Invalid value: "{"x" * 254}/a": prefix part must be no more than 253 characters',
    "a" * 64: f'<nil>: Invalid value: "{"a" * 64}": name part must be no more than 63 characters',
    32 * "\u00e9": f'<nil>: Invalid value: "{32 * chr(233)}": name part must be no more than 63 characters; '
    f"name part {NAME}",
}
WRONG = UNREADABLE | {text: f"unable to parse requirement: {words}" for text, words in REFUSED.items()}

CANONICAL_FIELDS = {
    "spec.nodeName=a,metadata.name!=b": "metadata.name!=b,spec.nodeName=a", "a==b": "a=b", "a=b,": "a=b", "a=": "a=",
    ",": "", "=": "", "!=": "", "=a": "=a", r"a==b\,c\=d\\e": r"a=b\,c\=d\\e", r"a\=b": r"a\=b", r"a\,b=c": r"a\,b=c",
    " a = b ": " a = b ", "b!=1,b=2,a=3": "a=3,b!=1,b=2",
}  # fmt: skip
WRONG_FIELDS = {
    "a": "invalid selector: 'a'; can't understand 'a'",
    "a=b,c": "invalid selector: 'a=b,c'; can't understand 'c'",
    "a>b": "invalid selector: 'a>b'; can't understand 'a>b'",
    "a=b=c": "invalid field selector: unescaped character in value: 61",
    "a=b\\x": "invalid field selector: invalid escape sequence: \\x",
    "a=b\\": "invalid field selector: invalid escape sequence: \\",
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


@pytest.mark.parametrize(("text", "canonical"), CANONICAL_FIELDS.items())
def test_sends_the_fields_that_kubectl_sends(text: str, canonical: str) -> None:
    selector = parse_fields(text)
    assert selector.text == canonical
    assert bool(selector) is bool(canonical)
    assert parse_fields(canonical) == selector


@pytest.mark.parametrize(("text", "words"), WRONG_FIELDS.items())
def test_says_of_fields_what_kubectl_says(text: str, words: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse_fields(text)
    assert problem.value.message == words


@pytest.mark.process
@pytest.mark.parametrize(
    ("flag", "parameter", "canonical", "wrong"),
    [
        ("--selector", "labelSelector", CANONICAL, WRONG),
        ("--field-selector", "fieldSelector", CANONICAL_FIELDS, WRONG_FIELDS),
    ],
)
def test_agrees_with_the_real_kubectl(
    flag: str, parameter: str, canonical: dict[str, str], wrong: dict[str, str], tmp_path: Path, api: FakeApi
) -> None:
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("no kubectl on PATH")
    group = {"groupVersion": "metrics.k8s.io/v1beta1", "version": "v1beta1"}
    groups = [{"name": "metrics.k8s.io", "versions": [group], "preferredVersion": group}]
    api.routes["/api"] = Reply({"kind": "APIVersions", "versions": ["v1"]})
    api.routes["/apis"] = Reply({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})

    def said(number: int, text: str) -> str:
        words = ("top", "pods", f"{flag}={text}", "-n", f"n{number}", "--server", api.url)
        return run_kubectl(kubectl, tmp_path, *words).stderr

    def sent(number: int) -> Iterable[tuple[str, str]]:
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/n{number}/pods"
        return next((request.query for request in api.requests if request.path == path), ())

    # Every second one: kubectl takes its time to start.
    texts = [*list(canonical)[::2], *list(wrong)[::2]]
    with ThreadPoolExecutor(4) as pool:
        errors = dict(zip(texts, pool.map(said, range(len(texts)), texts), strict=True))
    assert {text: errors[text] for text in texts if text in wrong} == {
        text: f"error: {wrong[text]}\n" for text in texts if text in wrong
    }
    assert {text: list(sent(number)) for number, text in enumerate(texts)} == {
        text: [(parameter, canonical[text])] if canonical.get(text) else [] for text in texts
    }


@given(st.text(alphabet="ab=!(),<> in\\.-/\u00e4\udcff", max_size=24))
def test_any_text_is_a_selector_or_a_usage_error(text: str) -> None:
    for parse in (parse_labels, parse_fields):
        try:
            selector = parse(text)
        except UsageError:
            continue
        assert parse(selector.text).text == selector.text
