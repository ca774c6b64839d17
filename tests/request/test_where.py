"""Expressions of --where, --fail-if and --until: grammar, units, errors."""

from __future__ import annotations

from fractions import Fraction
from operator import eq, gt, le, ne
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import UsageError
from c3s_cli.model.rows import Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.request.condition import Comparison
from c3s_cli.request.where import parse
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
        "created_at": -90.0,
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
        ("cpu == 580m", True),
        ("name = 'web-1'", True),
        ("status in ('Ready', \"x\")", True),
        ("labels[\"app\"] = 'web, api'", True),
        ("status = 'none'", False),
        ("cpu = unknown", False),
        ("cpu != <unknown>, pool!=<none>", True),
        ("taints = none", True),
        ("roles = <none>", False),
        ("roles !=<none>", True),
        ('labels["empty"] = none', True),
        ('labels["app"]!=none', True),
        ("name = none", False),
        ("name ~ none", False),
        ('status != "none"', True),
        ('resources["nvidia.com/gpu"].allocatable = none', False),
        ('resources["amd.com/gpu"].allocatable = none', True),
        ("status in (Ready, NotReady)", True),
        ("status in ( NotReady ),cpu>0", False),
        ("status not in (NotReady, Unknown), cpu > 0", True),
        ("status notin (Ready)", False),
        ("status NOT IN (Ready)", False),
        ('labels["app"] in ("web, api", b)', True),
        ("cpu in (1, 580m)", True),
        ("roles in (worker, infra)", True),
        ("roles not in (worker, infra)", False),
        ("pool in (none, unknown)", False),
        ("swap.capacity in (unknown, 1Gi)", True),
    ],
)
def test_compares_by_the_unit_of_the_column(text: str, expected: bool) -> None:  # noqa: FBT001  a table's column
    assert parse([text], NODES).matches(node()) is expected


def test_an_unknown_value_matches_nothing_but_null() -> None:
    unmeasured = node(cpu=None)
    for operator in ("=", "==", "!=", ">", ">=", "<", "<="):
        assert not parse([f"cpu {operator} 1"], NODES).matches(unmeasured)
        assert not parse([f"cpu% {operator} 1"], NODES).matches(unmeasured)
    assert parse(["cpu = null"], NODES).matches(unmeasured)
    assert not parse(["cpu != null"], NODES).matches(unmeasured)
    bare = Pod("c", "ns", "p", 1, 1)
    assert parse(["node = null"], PODS).matches(bare)
    assert not parse(["node !~ x"], PODS).matches(bare)


def test_a_percentage_of_zero_is_unknown() -> None:
    facts = PodFacts("", "n", "", "Running", 0, 0.0, "", {}, {}, {})
    assert parse(["cpu% = null"], PODS).matches(Pod("c", "ns", "p", 1, 1, facts=facts))


def test_an_open_ended_column_is_equal_to_itself() -> None:
    text = 'resources["nvidia.com/gpu"].requests > "1"'
    assert parse([text], NODES) == parse([text], NODES)
    assert parse([text], NODES).texts == (text,)


def test_alternatives_are_displayed_with_or() -> None:
    assert str(parse(["name = a, cpu > 1", "node = null"], PODS)) == 'name = "a", cpu.usage > "1" or node = null'


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
        ("cpu", "expected one of =, !=, >, >=, <, <=, in, not in after cpu", "single quotes"),
        ("cpu >", "expected a value after 'cpu >'", "double quotes"),
        ("> 3", "expected the name of a column at '> 3'", "such as"),
        ("name > 3", "> does not go with name (text)", "use one of: = != ~ !~"),
        ("cpu ~ 3", "~ does not go with cpu.usage (nanocores)", "use one of: = != > >= < <="),
        ("cpu > 3x", "'3x' is no value for cpu.usage (nanocores)", "250m"),
        ("cpu.free > 80%", "'80%' is no value for cpu.free (nanocores)", "cpu.free is no percentage"),
        ("mem/limit > 0.9", "mem/limit is a percentage", "did you mean 'memory%limits > 90'?"),
        ("cpu / requests >= 1.2", "cpu / requests is a percentage", "did you mean 'cpu%requests >= 120'?"),
        (
            "memory-limits-ratio < 90",
            "memory-limits-ratio is a percentage",
            "did you mean 'memory.limitsPercentOfAllocatable < 90'?",
        ),
        ("limit/mem > 90%", "unknown column 'limit/mem'", ""),
        ("usage/limit > 90%", "unknown column 'usage/limit'", "did you mean cpu%limits or memory%limits?"),
        ("memory > 0.8 * memory.limit", "expected a comma before '* memory.limit'", "'memory%limits > 80'?"),
        ("cpu > cpu.requests*0.5", "is no value for cpu.usage (nanocores)", "'cpu%requests > 50'?"),
        ("age > 2h * 3", "expected a comma before '* 3'", "conditions do not calculate"),
        ("name = 'web", "expected a value after 'name ='", "double quotes"),
        ("memory > 3GB", "'3GB' is no value for memory.usage (bytes)", "3Gi"),
        ("cpu% > many", "'many' is no value", "80%"),
        ("age > soon", "'soon' is no value for age (seconds)", "3d"),
        ("name ~ (", "'(' is no regular expression", ""),
        ("cpu > null", "> does not go with null", "use one of: = !="),
        ('name = "a" b', "expected a comma before 'b'", "double quotes"),
        ("cpu > 1,", "expected the name of a column at ''", "such as"),
        (
            "pods > 3",
            "pods shows two columns",
            "compare pods.usage or pods.allocatable, or both: 'pods.usage < pods.allocatable'",
        ),
        ("cpu === 1", "=== is no operator", "did you mean =?"),
        (
            "cpu = none",
            "none does not go with cpu.usage (nanocores)",
            "for what could not be read: cpu.usage = unknown",
        ),
        ("cpu > none", "none does not go with cpu.usage (nanocores)", "cpu.usage = unknown"),
        ("cpu.limits > none", "> does not go with none", "use one of: = !="),
        ("name ~ <unknown>", "~ does not go with unknown", "use one of: = !="),
        ("status in Ready", "expected values in parentheses after 'status in'", "status in (Running, Pending)"),
        ("status in (Ready", "expected values in parentheses after 'status in (Ready'", "status in (Running, Pending)"),
        ("status in ()", "expected values in parentheses after 'status in'", "status in (Running, Pending)"),
        ("status not (Ready)", "expected one of =, !=, ~, !~, in, not in after status", "such as"),
        ("cpu in (1, many)", "'many' is no value for cpu.usage (nanocores)", "250m"),
        ("status in (Ready) pool = a", "expected a comma before 'pool = a'", "double quotes"),
        ("cpu => 1", "=> is no operator", "did you mean >=?"),
        ("cpu <> 1", "<> is no operator", "did you mean !=?"),
        ("name =~ ^web", "=~ is no operator", "did you mean ~?"),
        ("cpu =~ 1", "=~ is no operator", "use one of: = != > >= < <="),
        # Words that join would else be taken for the rest of a name, and the condition never met.
        ("cpu% > 90 ; cpu% < 95", "expected a comma before '; cpu% < 95'", "for or, repeat the flag"),
        ("name = a b", "expected a comma before 'b'", "double quotes"),
        ("memory > 1 Gi", "expected a comma before 'Gi'", "one word"),
        ("cpu% > 80 %, name = a", "expected a comma before '%, name = a'", "one word"),
        ("cpu > 2 cores", "expected a comma before 'cores'", "one word"),
        ("name = a Gib", "expected a comma before 'Gib'", "double quotes"),
        ("nvidia.com/gpu > 1", "unknown column 'nvidia.com/gpu'", 'resources["nvidia.com/gpu"].requests'),
        ("labels[app] = web", "unknown column 'labels[app]'", 'labels["app"]'),
    ],
)
def test_a_mistake_names_the_right_way(text: str, words: str, hint: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse([text], NODES)
    assert words in problem.value.message
    assert hint in (problem.value.hint or "")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("status is not Running", "did you mean 'status != Running'?"),
        ("name contains web, cpu > 1", "did you mean 'name ~ web'?"),
        ("name startswith 'web'", "did you mean 'name ~ ^web'?"),
        ("memory gt 500Mi", "did you mean 'memory > 500Mi'?"),
        ("memory > 500MB", "did you mean 500Mi?"),
        ("memory < 1.5gib", "did you mean 1.5Gi?"),
        ("cpu.max > 2 * cpu.requests", "did you mean 'cpu.max%requests > 200'?"),
        ("cpu > 1g", "write it as 250m or 2"),
    ],
)
def test_words_for_operators_and_units_of_other_tools_have_a_hint(demo: Run, text: str, hint: str) -> None:
    result = demo("top", "pods", "--where", text)
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"hint: {hint}")


def test_a_boolean_alone_is_shown_its_value() -> None:
    with pytest.raises(UsageError) as problem:
        parse(["oomKilled"], Naming(Kind.POD))
    assert problem.value.hint == "write it as 'oomKilled = true'"


@pytest.mark.parametrize("word", ["and", "AND", "And", "&&"])
def test_and_is_a_comma(demo: Run, word: str) -> None:
    assert demo("top", "nodes", "--where", f"cpu > 3 {word} cpu < 9 or name=memory-2 || name = spot-1") == demo(
        "top", "nodes", "--where", "cpu > 3, cpu < 9", "--where", "name = memory-2", "--where", "name = spot-1"
    )


def test_words_join_quoted_values_and_lists_and_end_nothing(demo: Run) -> None:
    expected = demo("top", "nodes", "--where", "name in (cp-1, memory-2)", "--where", "name = spot-1")
    assert demo("top", "nodes", "--where", 'name in (cp-1, memory-2) or name = "spot-1"') == expected
    result = demo("top", "nodes", "--where", "cpu > 1 and")
    assert result.err.startswith("error: expected the name of a column at '' in 'cpu > 1 and'\n")


def test_words_that_start_with_and_or_or_are_values() -> None:
    with pytest.raises(UsageError) as problem:
        parse(["name = a order"], NODES)
    assert (problem.value.hint or "").startswith("a value with a comma, a quote or a blank needs")


@pytest.mark.parametrize("column", ["timestamp", "name", "roles"])
@pytest.mark.parametrize("operator", ["=", "!=", "~", "!~"])
def test_text_columns_match_patterns(column: str, operator: str) -> None:
    # None of them is "^2026", and only the time begins with it.
    expected = {"=": False, "!=": True, "~": column == "timestamp", "!~": column != "timestamp"}[operator]
    pattern = "2026" if column == "timestamp" and "~" not in operator else "^2026"
    assert parse([f"{column} {operator} {pattern}"], NODES).matches(node()) is expected


def test_times_have_an_order_too() -> None:
    assert parse(["timestamp > 2026-03-02T09:29:59Z, timestamp < 2026-03-03"], NODES).matches(node())
    assert not parse(["timestamp <= 2026-03-02T09:29:59Z"], NODES).matches(node())
    # It was 09:30:00Z, and half past ten in this zone.
    assert parse(["timestamp > 2026-03-02T10:29:59+01:00, timestamp <= 2026-03-02T10:30:00+01:00"], NODES).matches(
        node()
    )
    assert parse(["timestamp > 2026-03-02T09, timestamp ~ T09:30, timestamp > 2026"], NODES).matches(node())


@pytest.mark.parametrize("text", ["-2h", "14:00", "yesterday", "now", "2026-3-2", "20260302", "2026-03-02T10:00:00+1"])
@pytest.mark.parametrize("operator", [">", "<=", "=", "!="])
def test_what_is_no_time_is_not_compared_with_one(operator: str, text: str) -> None:
    # As text, -2h would be before any year.
    with pytest.raises(UsageError, match="is no value for timestamp") as raised:
        parse([f"timestamp {operator} {text}"], NODES)
    assert raised.value.hint == "write it as 2026-03-02T09:00:00Z or 2026-03-02"


def test_a_pattern_has_a_thousand_characters_at_most() -> None:
    assert parse([f"name !~ {'a' * 1000}"], NODES).matches(node())
    with pytest.raises(UsageError) as problem:
        parse([f"name ~ {'a' * 1001}"], NODES)
    assert problem.value.message == "a pattern may have 1000 characters, not 1001"
    # A text that is no pattern may be of any length.
    assert parse([f"name != {'a' * 1001}"], NODES).matches(node())


@pytest.mark.parametrize(
    ("age", "days"),
    [
        ("1y", 365),
        ("2w", 14),
        ("1y2w3d", 382),
        ("2y", 730),
        ("1y1d", 366),
        ("3d", 3),
        ("1y2d24h", 368),
        ("0y", 0),
        ("31536000", 365),
        ("8760h", 365),
    ],
)
def test_a_year_has_365_days_as_in_kubectl(age: str, days: int) -> None:
    (((comparison,),)) = parse([f"age = {age}"], NODES).alternatives
    assert isinstance(comparison, Comparison)
    assert comparison.value == days * 86400


@pytest.mark.parametrize(
    ("texts", "seeks"),
    [
        (["cpu = null"], True),
        (["cpu != null"], False),
        (["name = null"], True),
        (['name = "null"'], False),
        (["cpu > 1"], False),
        (["cpu != null, memory = null"], True),
        (["cpu != null", "memory = null"], True),
        (["cpu = unknown"], True),
        (["cpu.limits = none"], False),
        (["cpu in (1, unknown)"], True),
        (["cpu not in (1, unknown)"], False),
    ],
)
def test_only_equals_null_seeks_unknown_values(texts: list[str], seeks: bool) -> None:  # noqa: FBT001  a table's column
    assert parse(texts, NODES).seeks_unknown is seeks


def test_null_and_unknown_are_always_judged() -> None:
    unmeasured = node(cpu=None)
    for text in ("cpu = null", "cpu != null", "cpu% = unknown", "cpu% != unknown", "cpu in (null)"):
        assert parse([text], NODES).judge(unmeasured) is not None
    # Whether an unknown percentage is one of nothing is unknown.
    assert parse(["cpu% = none"], NODES).judge(unmeasured) is None


@pytest.mark.parametrize("flag", ["--where", "--fail-if", "--until"])
def test_a_wrong_expression_is_reported_before_any_request(run: Run, flag: str) -> None:
    command = "watch" if flag == "--until" else "top"
    result = run(command, "nodes", flag, "cpu => 1", "--server", "http://127.0.0.1:1")
    assert result == (2, "", "error: => is no operator\nhint: did you mean >=?\n")


def test_pythons_warning_about_a_pattern_is_not_shown(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name ~ ^[[g]en.*-1", "-o", "name")
    assert result == (0, "node/general-1\n", "")


def test_fail_if_compares_exact_values(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name = memory-1", "--fail-if", "cpu% > 59", "-o", "name")
    assert result == (3, "node/memory-1\n", "--fail-if: 1 row matched: memory-1\n")
