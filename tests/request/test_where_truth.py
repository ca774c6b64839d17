"""Expressions on random rows: the same as a slow reference; what cannot be judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import UsageError
from c3s_cli.model.rows import Pod, PodFacts
from c3s_cli.request.where import parse

PODS = Naming(Kind.POD)


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
        facts=PodFacts(
            "", "n", facts["owner"], "Running", 0, None if age is None else -age * 86400, "", {}, requests, {}
        ),
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
        # A percentage of nothing is none, whatever is used.
        unknown, none = usage is None and bool(requests), have is None
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


@given(conditions, facts_of_pods)
def test_a_condition_matches_the_rows_it_is_true_for(condition: list[list[Said]], facts: Facts) -> None:
    expected = {0: False, 0.5: None, 1: True}[truth_of(condition, facts)]
    parsed = parse(written(condition), PODS)
    assert parsed.judge(pod_of(facts)) is expected
    assert parsed.matches(pod_of(facts)) is (expected is True)


@given(conditions, facts_of_pods)
def test_a_row_is_left_unjudged_by_unknown_values_that_matter(condition: list[list[Said]], facts: Facts) -> None:
    parsed = parse(written(condition), PODS)
    undecided = {column.name for column in parsed.undecided(pod_of(facts))}
    assert bool(undecided) >= (parsed.judge(pod_of(facts)) is None)
    unknown = {name for name, value in facts.items() if value is None}
    names = {"cpu": "cpu.usage", "memory": "memory.usage"}
    possible = {names.get(name, name) for name in unknown} | {"cpu.usagePercentOfRequests"}
    assert undecided <= possible


def test_what_is_none_is_not_unknown() -> None:
    facts = PodFacts("", "n", "", "Running", 0, 0.0, "", {}, {}, {})
    bare, unread = Pod("c", "ns", "p", 1, 1, facts=facts), Pod("c", "ns", "p", 1, 1)
    for text in ("memory.limits", "cpu.requests", "cpu%", "memory.usagePercentOfLimits", "owner"):
        assert parse([f"{text} = none"], PODS).judge(bare) is True
        assert parse([f"{text} = unknown"], PODS).judge(bare) is False
        assert parse([f"{text} = none"], PODS).judge(unread) is None
        assert parse([f"{text} = unknown"], PODS).judge(unread) is True


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
