"""A Prometheus that lacks families of series: what they would tell is unknown, never 0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import families
from tests.conftest import Run
from tests.sources.test_past import running

pytestmark = pytest.mark.slow

RANGE = "--since 3h --end 2026-03-02 --facts source"
COLUMNS = "oomKills,restarts,throttled,ready,waiting,volumes.used,oomKilled"
# Of the pod that nothing happened to, and of the one that was killed once.
KNOWN = {
    "oomKills": (0, 1),
    "restarts": (0, 1),
    "throttled": (50, 50),
    "ready": ({"count": 1, "expected": 1},) * 2,
    "waiting": ([], []),
    "volumes": ({"used": 5 * 2**20},) * 2,
    "oomKilled": (False, True),
}
UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(KNOWN, (None, None)),
    "ready": ({"count": None, "expected": None},) * 2,
    "volumes": ({"used": None},) * 2,
}
NOT_READY = {"ready": ({"count": None, "expected": 1},) * 2}
OF_STATES = {name: UNKNOWN[name] for name in ("restarts", "ready", "waiting", "volumes", "oomKilled")}
# What differs from what is known with all families.
SCENES: dict[str, dict[str, Any]] = {
    "all": {},
    "usage": UNKNOWN,
    "resource": UNKNOWN,
    "rules": UNKNOWN,
    "resource and states": {name: UNKNOWN[name] for name in ("throttled", "volumes")},
    "no cfs": {"throttled": (None, None)},
    "no ooms": {},
    # What has not ended cannot be known without its restarts. Those in the range, the kubelets show.
    "no restarts": {"oomKilled": (None, True)},
    "no reasons": {"oomKilled": (False, None)},
    "no ready": {**NOT_READY, "waiting": (None, None), "oomKilled": (None, True)},
    "no volumes": {"volumes": UNKNOWN["volumes"]},
    "no claims": {"volumes": UNKNOWN["volumes"]},
    "no states": OF_STATES,
    "no ooms, states": {**OF_STATES, "oomKills": (None, None)},
    # Without a restart, there was no kill; why there was one, nobody knows.
    "no ooms, reasons": {"oomKills": (0, None), "oomKilled": (False, None)},
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("prometheus", tmp_path_factory, families.scenes) as url:
        yield url


@pytest.mark.parametrize("scene", SCENES)
def test_what_no_series_tells_is_unknown(run: Run, engine: str, scene: str) -> None:
    chosen = ["--from", engine, "--prometheus-match", f'scene="{scene}"']
    result = run(*f"top pods -n m {RANGE} -o json --columns {COLUMNS}".split(), *chosen)
    rows = {row["name"]: row for row in json.loads(result.out)["items"]}
    shown = {name: (rows["calm"].get(name), rows["hit"].get(name)) for name in KNOWN}
    assert shown == {**KNOWN, **SCENES[scene]}


@pytest.mark.parametrize(
    ("scene", "kills"), [("all", 1), ("no ooms, reasons", None), ("usage", None), ("no states", 1)]
)
def test_a_group_has_no_kills_only_if_no_member_can_have_one(
    run: Run, engine: str, scene: str, kills: int | None
) -> None:
    chosen = ["--from", engine, "--prometheus-match", f'scene="{scene}"', "--fail-if", "oomKills > 0"]
    words = f"top pods -n m --by namespace {RANGE} -o json --columns oomKills --fail-if-unknown"
    result = run(*words.split(), *chosen)
    (row,) = json.loads(result.out)["items"]
    assert (row["oomKills"], result.code) == (kills, 3)
    assert ("could not be judged (oomKills unknown): m" in result.err) == (kills is None)


@pytest.mark.parametrize(("scene", "kills"), [("all", (0, 1)), ("no ooms", (0, 1)), ("no ooms, reasons", (0, None))])
def test_recommendations_know_kills_or_do_not(run: Run, engine: str, scene: str, kills: tuple[int, int | None]) -> None:
    chosen = ["--from", engine, "--prometheus-match", f'scene="{scene}"']
    result = run(*f"rightsize -n m {RANGE} -o json".split(), *chosen)
    rows = {row["owner"]: row["oomKills"] for row in json.loads(result.out)["items"]}
    assert (rows["Pod/calm"], rows["Pod/hit"]) == kills
