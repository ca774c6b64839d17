"""The language of --where, --fail-if and --until."""

from __future__ import annotations

from fractions import Fraction
from operator import eq, gt, le, ne
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c3s_cli.columns import Kind, Naming
from c3s_cli.errors import UsageError
from c3s_cli.model import Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.where import parse
from tests.conftest import Run

PODS, NODES = Naming(Kind.POD), Naming(Kind.NODE)
CORE, GIB = 10**9, 1 << 30


def node(cpu: int | None = 580 * 10**6, allocatable: int = 2 * CORE, **details: Any) -> Node:
    defaults: dict[str, Any] = {
        "labels": {"app": "web, api", "empty": ""},
        "status": "Ready",
        "roles": ("control-plane", "infra"),
        "version": "v1.34.2",
        "taints": (),
        "created_at": 0.0,
        "pool": "general",
        "zone": "a",
        "instance_type": "m",
    }
    return Node(
        "c",
        "web-1",
        cpu,
        GIB,
        timestamp="2026-03-02T09:30:00Z",
        window="14.992s",
        facts=NodeFacts(
            "n",
            {"cpu": allocatable, "memory": 4 * GIB, "nvidia.com/gpu": 2},
            {},
            None,
            NodeDetails(**{**defaults, **details}),
        ),
        age_seconds=90,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cpu = 580m", True),
        ("cpu > 0.57", True),
        ("cpu >= 581m", False),
        # kubectl's table says 28 %; a comparison is exact.
        ("cpu% = 29", True),
        ("cpu% < 29", False),
        ("cpu% > 28.999999", True),
        ("cpu%>=29%", True),
        ("memory <= 1Gi, memory > 1023Mi", True),
        ("memory% = 25, cpu% > 30", False),
        ("name ~ ^web-", True),
        ("name !~ ^web-", False),
        ("name = WEB-1", False),
        ('name ~ "^w[a-z]{1,2}b"', True),
        # Inside quotes only a quote and a backslash are escaped: patterns keep theirs.
        (r'name ~ "^[a-z]{1,3}-\d$"', True),
        (r'name ~ "^[a-z]{1,3}-\\d$"', True),
        (r"name ~ -\d$", True),
        (r'labels["app"] ~ "\""', False),
        ("name ~ [[w]", True),
        ("window = 14.992s", True),
        ("window > 14.991", True),
        ("cpu%<29.000000000000001", True),
        ("age < 2m, age > 1m", True),
        ("age = 90", True),
        ("age >= 1d", False),
        ("roles = infra", True),
        ("roles != infra", False),
        ("roles ~ ^control", True),
        ("roles !~ plane$", False),
        ("taints = x", False),
        ("taints != x", True),
        ('labels["app"] = "web, api"', True),
        ('labels["none"] = ""', True),
        ('resources["nvidia.com/gpu"].allocatable >= 2', True),
        ("status = Ready,pool=general", True),
        ("swap.capacity = null", True),
        ("cpu != null", True),
        ('status != "null"', True),
    ],
)
def test_compares_by_the_unit_of_the_column(text: str, expected: bool) -> None:  # noqa: FBT001  a table's column
    assert parse([text], NODES).matches(node()) is expected


def test_an_unknown_value_meets_nothing_but_null() -> None:
    unmeasured = node(cpu=None)
    for operator in ("=", "!=", ">", ">=", "<", "<="):
        assert not parse([f"cpu {operator} 1"], NODES).matches(unmeasured)
        assert not parse([f"cpu% {operator} 1"], NODES).matches(unmeasured)
    assert parse(["cpu = null"], NODES).matches(unmeasured)
    assert not parse(["cpu != null"], NODES).matches(unmeasured)
    bare = Pod("c", "ns", "p", 1, 1)
    assert parse(["node = null"], PODS).matches(bare)
    assert not parse(["node !~ x"], PODS).matches(bare)


def test_over_nothing_a_percentage_is_unknown() -> None:
    facts = PodFacts("", "n", "", "Running", 0, 0.0, "", {}, {}, {})
    assert parse(["cpu% = null"], PODS).matches(Pod("c", "ns", "p", 1, 1, facts=facts))


def test_an_open_ended_column_is_equal_to_itself() -> None:
    text = 'resources["nvidia.com/gpu"].requests > "1"'
    assert parse([text], NODES) == parse([text], NODES)
    assert parse([text], NODES).texts == (text,)


def test_people_read_alternatives_with_or() -> None:
    assert str(parse(["name = a, cpu > 1", "node = null"], PODS)) == 'name = "a", cpu.usage > "1" or node = null'


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 10**13), st.integers(0, 10**13), st.integers(0, 10**6), st.sampled_from(["=", "!=", ">", "<="]))
def test_a_percentage_is_never_rounded(part: int, below: int, thousandths: int, operator: str) -> None:
    row = node(cpu=part, allocatable=below)
    wanted = Fraction(thousandths, 1000)
    met = parse([f"cpu% {operator} {thousandths / 1000:.3f}"], NODES).matches(row)
    have = Fraction(100 * part, below) if below else None
    compare = {"=": eq, "!=": ne, ">": gt, "<=": le}[operator]
    assert met is (have is not None and compare(have, wanted))


def test_a_comma_is_and_and_a_repeated_flag_is_or() -> None:
    either = parse(["cpu > 9, name = web-1", "name = web-1, memory = 1Gi"], NODES)
    assert either.matches(node())
    assert {column.name for column in either.columns} == {"cpu.usage", "name", "memory.usage"}


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("cpux > 3", "unknown column 'cpux'", "did you mean cpu?"),
        ("memroy% > 3", "unknown column 'memroy%'", "did you mean memory%?"),
        ("cpu", "expected one of = != > >= < <= after cpu", "such as"),
        ("cpu >", "expected a value after 'cpu >'", "double quotes"),
        ("> 3", "expected the name of a column at '> 3'", "such as"),
        ("name > 3", "> does not go with name (text)", "use one of: = != ~ !~"),
        ("cpu ~ 3", "~ does not go with cpu.usage (nanocores)", "use one of: = != > >= < <="),
        ("cpu > 3x", "'3x' is no value for cpu.usage (nanocores)", "250m"),
        ("memory > 3GB", "'3GB' is no value for memory.usage (bytes)", "2Gi"),
        ("cpu% > many", "'many' is no value", "80%"),
        ("age > soon", "'soon' is no value for age (seconds)", "3d"),
        ("name ~ (", "'(' is no regular expression", ""),
        ("cpu > null", "> does not go with null", "use one of: = !="),
        ('name = "a" b', "expected a comma before 'b'", "double quotes"),
        ("cpu > 1,", "expected the name of a column at ''", "such as"),
        ("pods > 3", "pods shows two columns", "compare pods.usage or pods.allocatable"),
        ("cpu == 1", "== is no operator", "did you mean =?"),
        ("name == web-1", "== is no operator", "did you mean =?"),
        ("cpu => 1", "=> is no operator", "did you mean >=?"),
        ("cpu <> 1", "<> is no operator", "did you mean !=?"),
        ("name =~ ^web", "=~ is no operator", "did you mean ~?"),
        ("cpu =~ 1", "=~ is no operator", "use one of: = != > >= < <="),
        # Words that join would else be taken for the rest of a name, and the condition never met.
        ("status != Ready or cpu% > 90", "expected a comma before 'or cpu% > 90'", "for or, repeat the flag"),
        ("cpu > 1 && cpu < 2", "expected a comma before '&& cpu < 2'", "a comma means and"),
        ("name = a b", "expected a comma before 'b'", "double quotes"),
        ("nvidia.com/gpu > 1", "unknown column 'nvidia.com/gpu'", 'resources["nvidia.com/gpu"].requests'),
        ("labels[app] = web", "unknown column 'labels[app]'", 'labels["app"]'),
    ],
)
def test_a_mistake_names_the_right_way(text: str, words: str, hint: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse([text], NODES)
    assert words in problem.value.message
    assert hint in (problem.value.hint or "")


numbers = st.integers(0, 10**6)
comparisons = st.one_of(
    st.builds(
        "{} {} {}m".format, st.sampled_from(["cpu", "cpu.requests"]), st.sampled_from(["=", "!=", ">", "<="]), numbers
    ),
    st.builds("{} {} {}Ki".format, st.just("memory"), st.sampled_from(["=", ">=", "<"]), numbers),
    st.builds("{}{}{}".format, st.sampled_from(["cpu%", "memory%"]), st.sampled_from([">", "<="]), numbers),
    st.builds(
        lambda column, operator, text: f'{column} {operator} "{text}"',
        st.sampled_from(["name", 'labels["a b"]', "status"]),
        st.sampled_from(["=", "!=", "~", "!~"]),
        st.from_regex(r"[a-z,. ]{0,9}(\\\\|\\\")?", fullmatch=True),
    ),
    st.sampled_from(["age > 3d", "age <= 90s", "owner = null", "owner != null"]),
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.lists(comparisons, min_size=1, max_size=3).map(", ".join), min_size=1, max_size=2))
def test_what_is_written_reads_back(texts: list[str]) -> None:
    try:
        condition = parse(texts, PODS)
    except UsageError:
        # A text that is no pattern, such as a lone backslash.
        return
    assert parse(condition.texts, PODS) == condition


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.text(alphabet=st.sampled_from('cpu%memory.name labels["app"]<>=!~,null250mGi\\"(^$*\u00e4\n'), max_size=30)
    | st.text(max_size=30)
)
def test_any_text_is_a_condition_or_a_usage_error(text: str) -> None:
    try:
        condition = parse([text], NODES)
    except UsageError as problem:
        assert problem.message  # noqa: PT017  the error is one of two good ends
    else:
        assert condition.matches(node()) in (True, False)


@pytest.mark.parametrize("flag", ["--where", "--fail-if", "--until"])
def test_a_wrong_expression_is_said_before_any_request(run: Run, flag: str) -> None:
    command = "watch" if flag == "--until" else "top"
    result = run(command, "nodes", flag, "name == web-1", "--server", "http://127.0.0.1:1")
    assert result == (2, "", "error: == is no operator\nhint: did you mean =?\n")


def test_a_pattern_that_python_wonders_about_is_no_noise(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name ~ ^[[g]en.*-1", "-o", "name")
    assert result == (0, "node/general-1\n", "")


def test_rows_are_failed_by_what_is_exact(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name = memory-1", "--fail-if", "cpu% > 59", "-o", "name")
    assert result == (3, "node/memory-1\n", "--fail-if is met by 1 of the rows: memory-1\n")
