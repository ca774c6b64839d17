"""The language of --where, --fail-if and --until."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import UsageError
from c3s_cli.model import Node, NodeDetails, NodeFacts, Pod, PodFacts
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
        ("cpu > 80%", "'80%' is no value for cpu.usage (nanocores)", "for a percentage compare cpu%"),
        ("cpu.free > 80%", "'80%' is no value for cpu.free (nanocores)", "250m or 2"),
        ("name = 'web", "expected a value after 'name ='", "double quotes"),
        ("memory > 3GB", "'3GB' is no value for memory.usage (bytes)", "2Gi"),
        ("cpu% > many", "'many' is no value", "80%"),
        ("age > soon", "'soon' is no value for age (seconds)", "3d"),
        ("name ~ (", "'(' is no regular expression", ""),
        ("cpu > null", "> does not go with null", "use one of: = !="),
        ('name = "a" b', "expected a comma before 'b'", "double quotes"),
        ("cpu > 1,", "expected the name of a column at ''", "such as"),
        ("pods > 3", "pods shows two columns", "compare pods.usage or pods.allocatable"),
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
        ("status not (Ready)", "expected one of = != ~ !~ after status", "such as"),
        ("cpu in (1, many)", "'many' is no value for cpu.usage (nanocores)", "250m"),
        ("status in (Ready) pool = a", "expected a comma before 'pool = a'", "double quotes"),
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


@pytest.mark.parametrize("word", ["and", "AND", "And", "or", "OR", "Or", "&&", "||", ";"])
def test_and_and_or_get_a_hint_in_any_case(word: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse([f"cpu > 1 {word} cpu < 2"], NODES)
    assert problem.value.message == f"expected a comma before '{word} cpu < 2' in 'cpu > 1 {word} cpu < 2'"
    assert problem.value.hint == "a comma means and; for or, repeat the flag"


def test_words_that_start_with_and_or_or_are_values() -> None:
    with pytest.raises(UsageError) as problem:
        parse(["name = a order"], NODES)
    assert (problem.value.hint or "").startswith("a value with a comma, a quote or a blank in it")


@pytest.mark.parametrize("column", ["timestamp", "name", "roles"])
@pytest.mark.parametrize("operator", ["=", "!=", "~", "!~"])
def test_text_columns_match_patterns(column: str, operator: str) -> None:
    # None of them is "^2026", and only the time begins with it.
    expected = {"=": False, "!=": True, "~": column == "timestamp", "!~": column != "timestamp"}[operator]
    assert parse([f"{column} {operator} ^2026"], NODES).matches(node()) is expected


def test_times_have_an_order_too() -> None:
    assert parse(["timestamp > 2026-03-02T09:29:59Z, timestamp < 2026-03-03"], NODES).matches(node())
    assert not parse(["timestamp <= 2026-03-02T09:29:59Z"], NODES).matches(node())


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


class Said(NamedTuple):
    """A written comparison and its meaning. values: in whole units of FACTS, or one of WORDS."""

    text: str
    column: str
    operator: str
    values: tuple[Any, ...]


WORDS = ("null", "none", "unknown")
Facts = dict[str, Any]
ORDER: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le}
TEXT: dict[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "!=": ne,
    "~": lambda have, pattern: re.search(pattern, have) is not None,
    "!~": lambda have, pattern: re.search(pattern, have) is None,
}
facts_of_pods = st.fixed_dictionaries(
    {
        "cpu": st.none() | st.integers(0, 9),
        "cpu.requests": st.integers(0, 9),
        "memory": st.none() | st.integers(0, 9),
        "name": st.from_regex(r"[ab, ]{0,3}", fullmatch=True),
        "owner": st.none() | st.sampled_from(["", "a", "ab"]),
        "age": st.none() | st.integers(0, 9),
    }
)


def pod_of(facts: Facts) -> Pod:
    """Make a pod of millicores, kibibytes and days."""
    cpu, memory, age = facts["cpu"], facts["memory"], facts["age"]
    requests = {"cpu": facts["cpu.requests"] * 10**6}
    return Pod(
        "c",
        "ns",
        facts["name"],
        None if cpu is None else cpu * 10**6,
        None if memory is None else memory * 1024,
        facts=PodFacts("", "n", facts["owner"], "Running", 0, None, "", {}, requests, {}),
        age_seconds=None if age is None else age * 86400,
    )


def truth(said: Said, facts: Facts) -> float:
    """Say how true a comparison is, the slow and obvious reference: 0, 1, or 1/2 where a value is unknown.

    Truths are numbers, as Kleene's logic may be read: and is the least of them, or the greatest.
    """
    if said.operator == "in":
        return max(truth(said._replace(operator="=", values=(value,)), facts) for value in said.values)
    if said.operator == "not in":
        return min(truth(said._replace(operator="!=", values=(value,)), facts) for value in said.values)
    if said.column == "cpu%":
        usage, requests = facts["cpu"], facts["cpu.requests"]
        have = None if usage is None or not requests else Fraction(100 * usage, requests)
        unknown, none = usage is None, have is None
    else:
        have = facts[said.column]
        unknown, none = have is None, said.column in ("owner", "name", "cpu.requests") and not have
    match said.values[0]:
        case "null":
            return (have is None) is (said.operator == "=")
        case "unknown":
            return unknown is (said.operator == "=")
        case "none":
            return 0.5 if unknown else none is (said.operator == "=")
        case value:
            return 0.5 if unknown else have is not None and {**ORDER, **TEXT}[said.operator](have, value)


def truth_of(condition: list[list[Said]], facts: Facts) -> float:
    return max(min(truth(said, facts) for said in together) for together in condition)


def numeric(column: str, written: str, values: st.SearchStrategy[int]) -> st.SearchStrategy[Said]:
    def said(operator: str, value: int, blank: str) -> Said:
        return Said(f"{column}{blank}{operator}{blank}{written.format(value)}", column, operator, (value,))

    return st.builds(said, st.sampled_from(list(ORDER)), values, st.sampled_from(["", " "]))


def textual(operators: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Said]:
    def said(column: str, operator: str, value: str) -> Said:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return Said(f'{column} {operator} "{escaped}"', column, operator, (value,))

    return st.builds(said, st.sampled_from(["name", "owner"]), st.sampled_from(operators), values)


small = st.integers(0, 9)
comparisons = st.one_of(
    numeric("cpu", "{}m", small),
    numeric("cpu.requests", "{}m", small),
    numeric("cpu%", "{}", st.sampled_from([0, 50, 100, 200])),
    numeric("memory", "{}Ki", small),
    numeric("age", "{}d", small),
    textual(["=", "!="], st.from_regex(r'[ab, "\\]{0,3}', fullmatch=True)),
    textual(["~", "!~"], st.from_regex(r'[ab, ".]{0,3}(\\w|\\\\|\[ab\]|")?', fullmatch=True)),
    st.builds(
        lambda column, operator, word: Said(f"{column} {operator} {word}", column, operator, (word,)),
        st.sampled_from(["cpu%", "name", "owner", "cpu.requests"]),
        st.sampled_from(["=", "!="]),
        st.sampled_from(WORDS),
    ),
    st.builds(
        lambda column, operator, word: Said(f"{column} {operator} {word}", column, operator, (word,)),
        st.sampled_from(["cpu", "memory", "age"]),
        st.sampled_from(["=", "!="]),
        st.sampled_from(["null", "unknown"]),
    ),
    st.builds(
        lambda operator, values: Said(
            f"cpu {operator} ({','.join(map('{}m'.format, values))})", "cpu", operator, values
        ),
        st.sampled_from(["in", "not in"]),
        st.lists(small, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(
        lambda operator, values: Said(f"owner {operator} ({' , '.join(values)})", "owner", operator, values),
        st.sampled_from(["in", "not in"]),
        st.lists(st.sampled_from(["a", "ab", *WORDS]), min_size=1, max_size=3).map(tuple),
    ),
)
conditions = st.lists(st.lists(comparisons, min_size=1, max_size=3), min_size=1, max_size=2)


def written(condition: list[list[Said]]) -> list[str]:
    return [", ".join(said.text for said in together) for together in condition]


@settings(deadline=None)  # a busy machine is no failure
@given(conditions, facts_of_pods)
def test_a_condition_matches_the_rows_it_is_true_for(condition: list[list[Said]], facts: Facts) -> None:
    expected = {0: False, 0.5: None, 1: True}[truth_of(condition, facts)]
    parsed = parse(written(condition), PODS)
    assert parsed.judge(pod_of(facts)) is expected
    assert parsed.matches(pod_of(facts)) is (expected is True)


@settings(deadline=None)  # a busy machine is no failure
@given(conditions, facts_of_pods)
def test_a_row_is_left_unjudged_by_unknown_values_that_matter(condition: list[list[Said]], facts: Facts) -> None:
    parsed = parse(written(condition), PODS)
    undecided = {column.name for column in parsed.undecided(pod_of(facts))}
    assert bool(undecided) >= (parsed.judge(pod_of(facts)) is None)
    unknown = {name for name, value in facts.items() if value is None}
    names = {"cpu": "cpu.usage", "memory": "memory.usage"}
    possible = {names.get(name, name) for name in unknown} | {"cpu.usagePercentOfRequests"}
    assert undecided <= possible


def test_null_and_unknown_are_always_judged() -> None:
    unmeasured = node(cpu=None)
    for text in ("cpu = null", "cpu != null", "cpu% = unknown", "cpu% != unknown", "cpu in (null)"):
        assert parse([text], NODES).judge(unmeasured) is not None
    # Whether an unknown percentage is one of nothing is unknown.
    assert parse(["cpu% = none"], NODES).judge(unmeasured) is None


def test_what_is_none_is_not_unknown() -> None:
    facts = PodFacts("", "n", "", "Running", 0, 0.0, "", {}, {}, {})
    bare, unread = Pod("c", "ns", "p", 1, 1, facts=facts), Pod("c", "ns", "p", 1, 1)
    for text in ("memory.limits", "cpu.requests", "cpu%", "memory.usagePercentOfLimits", "owner"):
        assert parse([f"{text} = none"], PODS).judge(bare) is True
        assert parse([f"{text} = unknown"], PODS).judge(bare) is False
        assert parse([f"{text} = none"], PODS).judge(unread) is None
        assert parse([f"{text} = unknown"], PODS).judge(unread) is True


@settings(deadline=None)  # a busy machine is no failure
@given(conditions)
def test_written_conditions_parse_back(condition: list[list[Said]]) -> None:
    parsed = parse(written(condition), PODS)
    assert [len(together) for together in parsed.alternatives] == [len(together) for together in condition]
    assert parse(parsed.texts, PODS) == parsed


spoiled = st.builds(
    lambda text, place, letters: text[: place % len(text)] + letters + text[place % len(text) + 1 :],
    comparisons.map(lambda said: said.text),
    st.integers(0, 99),
    st.text(alphabet=st.sampled_from('=!<>~,"\\ 1ma%.\u00e4'), max_size=2),
)


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.text(alphabet=st.sampled_from('cpu%memory.name labels["app"]<>=!~,null250mGi\\"(^$*\u00e4\n'), max_size=30)
    | st.text(max_size=30)
    | spoiled,
    facts_of_pods,
)
def test_any_text_is_a_condition_or_a_usage_error(text: str, facts: Facts) -> None:
    try:
        condition = parse([text], PODS)
    except UsageError as problem:
        assert problem.message  # noqa: PT017  the error is one of two good ends
        return
    # What was taken for a condition means what each of its comparisons says alone, and the same when it is read back.
    row = pod_of(facts)
    alone = [parse([each], PODS).matches(row) for each in map(str, condition.alternatives[0])]
    assert condition.matches(row) is all(alone)
    assert parse(condition.texts, PODS) == condition


@pytest.mark.parametrize("flag", ["--where", "--fail-if", "--until"])
def test_a_wrong_expression_is_reported_before_any_request(run: Run, flag: str) -> None:
    command = "watch" if flag == "--until" else "top"
    result = run(command, "nodes", flag, "name =~ web-1", "--server", "http://127.0.0.1:1")
    assert result == (2, "", "error: =~ is no operator\nhint: did you mean ~?\n")


def test_pythons_warning_about_a_pattern_is_not_shown(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name ~ ^[[g]en.*-1", "-o", "name")
    assert result == (0, "node/general-1\n", "")


def test_fail_if_compares_exact_values(demo: Run) -> None:
    result = demo("top", "nodes", "--where", "name = memory-1", "--fail-if", "cpu% > 59", "-o", "name")
    assert result == (3, "node/memory-1\n", "--fail-if: 1 row matched: memory-1\n")
