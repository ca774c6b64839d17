"""Compare an answer of c3s with kubectl's, given the known differences."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from c3s_cli.errors import ExitCode
from tests.conformance.cases import Case
from tests.conformance.differences import Version, expected
from tests.conformance.running import Answer

GOLDENS = Path(__file__).parent / "goldens.json"


@cache
def goldens() -> dict[str, dict[str, Any]]:
    """Return the recorded answers by case: kubectl's by version, and c3s's if it differs on purpose."""
    if not GOLDENS.is_file():
        return {}
    document: dict[str, dict[str, Any]] = json.loads(GOLDENS.read_text(encoding="utf-8"))
    return document


def recorded(case: Case) -> dict[Version, Answer]:
    """Return the answer of each recorded kubectl version."""
    return {
        number(version): Answer(*each["answer"])
        for each in goldens().get(str(case), {}).get("kubectl", ())
        for version in each["versions"]
    }


def ours(case: Case) -> Answer | None:
    """Return the recorded answer of c3s, for a case where it differs from some kubectl."""
    answer = goldens().get(str(case), {}).get("c3s")
    return Answer(*answer) if answer else None


def number(version: str) -> Version:
    major, minor = version.split(".")
    return int(major), int(minor)


def agree(theirs: Answer, answer: Answer, *, in_any_order: bool = False) -> bool:
    """Whether two answers are the same; for usage errors, c3s exits with 2 where kubectl exits with 1."""
    if answer.code == ExitCode.USAGE and theirs.code == 1 and not answer.out:
        answer = answer._replace(code=1)
    if in_any_order:
        theirs, answer = (each._replace(out="\n".join(sorted(each.out.split("\n")))) for each in (theirs, answer))
    return theirs == answer


def problem(case: Case, version: Version, theirs: Answer, answer: Answer) -> str:
    """Return what is wrong with c3s's answer; "" if nothing is."""
    difference = expected(case, version)
    same = agree(theirs, answer)
    compared = f"kubectl {version[0]}.{version[1]}: {theirs}\nc3s:          {answer}"
    if difference is None:
        return "" if same else f"an unexplained difference\n{compared}"
    if difference.order:
        return "" if agree(theirs, answer, in_any_order=True) else f"more than {difference.id} differ\n{compared}"
    if same:
        return f"the difference {difference.id!r} no longer exists\n{compared}"
    if answer != ours(case):
        return f"not what c3s printed when {difference.id!r} was recorded: {ours(case)}\n{compared}"
    return ""
