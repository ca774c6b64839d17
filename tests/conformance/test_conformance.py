"""Conformance: every case with c3s and with kubectl, recorded and installed; differences are listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.conformance import render
from tests.conformance.cases import Case, cases
from tests.conformance.differences import DIFFERENCES
from tests.conformance.judging import goldens, problem, recorded
from tests.conformance.running import Runner
from tests.conformance.server import serving
from tests.conftest import repeated
from tests.kubectl import find_kubectl, version


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with serving() as url:
        yield Runner(url, tmp_path_factory.mktemp("conformance"))


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(), ids=str)
def test_case(case: Case, runner: Runner) -> None:
    own = runner.c3s(case)
    problems = [problem(case, asked, theirs, own) for asked, theirs in recorded(case).items()]
    assert [each for each in problems if each] == []


def asked_again() -> Sequence[Case]:
    """Give the cases for the installed kubectl: every tenth if its answers are recorded."""
    kubectl, every = find_kubectl(), cases()
    known = kubectl is not None and version(kubectl) in recorded(every[0])
    return every[:: max(1, 10 // repeated(1))] if known else every


@pytest.mark.process
@pytest.mark.repeated
@pytest.mark.skipif(find_kubectl() is None, reason="there is no kubectl")
@pytest.mark.parametrize("case", asked_again(), ids=str)
def test_the_installed_kubectl(case: Case, runner: Runner) -> None:
    kubectl = find_kubectl()
    assert kubectl is not None
    theirs = runner.kubectl(kubectl, case)
    # A version that is recorded needs no other run of c3s.
    if theirs != recorded(case).get(version(kubectl)):
        assert problem(case, version(kubectl), theirs, runner.c3s(case)) == ""


def test_the_goldens_cover_exactly_these_cases() -> None:
    assert goldens().keys() == {str(case) for case in cases()}, "run make goldens"
    kubectls = {frozenset(recorded(case)) for case in cases()}
    assert len(kubectls) == 1, "every recorded kubectl must have answered every case"


def test_every_difference_has_cases_and_reasons() -> None:
    assert [each.id for each in DIFFERENCES if not each.cases()] == []
    assert [each.id for each in DIFFERENCES if not (each.kubectl and each.c3s and each.reason)] == []
    assert len({each.id for each in DIFFERENCES}) == len(DIFFERENCES)


def test_the_page_is_up_to_date() -> None:
    assert render.PAGE.read_text(encoding="utf-8") == render.page(), "run python -m tests.conformance.render"


def test_rights_in_one_namespace_only(runner: Runner) -> None:
    allowed = runner.c3s(Case("namespace-only", "top pod -n team --sum"))
    assert (allowed.code, allowed.err) == (0, "")
    assert [line.split() for line in allowed.out.splitlines()[1:]] == [
        ["worker", "2001m", "3072Mi"],
        ["________", "________"],
        ["2001m", "3072Mi"],
    ]
    refused = runner.c3s(Case("namespace-only", "top pod -A"))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("Error from server (Forbidden): pods.metrics.k8s.io is forbidden")
