"""A few signals of every kind; `make signals` sends a thousand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import repeated
from tests.patience import PATIENT
from tests.signals.kinds import KINDS, places
from tests.signals.moments import outcomes

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.no_cover, pytest.mark.repeated]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with places(tmp_path_factory.mktemp("signals")) as addresses:
        yield addresses


@pytest.mark.parametrize("name", KINDS)
def test_a_signal_at_any_moment_ends_it_and_leaves_nothing(found: dict[str, str], name: str) -> None:
    results = outcomes(KINDS[name], found, repeated(2), PATIENT)
    assert [(result.faults, result.written[-2000:]) for result in results if result.faults] == []
    # Of many, some come in time for c3s to handle them; the others end Python.
    assert len(results) < 20 or name in ("early", "refused") or any(result.code > 128 for result in results)
