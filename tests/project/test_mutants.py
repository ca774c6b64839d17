"""make mutants: its configuration names files and tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mutants

ROOT = Path(__file__).parents[2]


def test_its_rooms_and_the_tests_that_judge_them_exist() -> None:
    judges = [test for room in mutants.ROOMS.values() for test in (*room.near, *room.wider)]
    paths = [*(f"c3s_cli/{room}" for room in mutants.ROOMS), *judges]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for test in mutants.PASSED_OVER:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).exists()


def test_the_page_has_a_score_for_every_room() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [room for room in mutants.ROOMS if f"\n| `{room}` |" not in page] == []


def test_an_unknown_room_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        mutants.main(["nosuch"])
    assert capsys.readouterr().err.endswith("error: unknown room: nosuch\n")


def test_a_room_without_mutants_is_not_a_bad_one() -> None:
    scores = mutants.Score("amounts", 482, 150, 120), mutants.Score("empty", 0, 0, 0)
    assert [score.percent for score in scores] == [80, 100]
