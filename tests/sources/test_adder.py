"""Sums of many groups at once are those of one number after the other."""

from __future__ import annotations

import random
from array import array

import pytest

from c3s_cli.sources.recording.adder import Adder


@pytest.mark.parametrize("seed", range(20))
def test_many_groups_are_added_up_like_one_after_the_other(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  repeatable numbers
    numbers = array("q", [chance.choice((0, chance.randrange(1 << 48), (1 << 48) - 1)) for _ in range(400)])
    sizes = [chance.choice((0, 1, 2, 3, 7, 63, 64, 65, 128, 300)) for _ in range(chance.randrange(1, 12))]
    groups = [sorted(chance.sample(range(len(numbers)), size)) for size in sizes]
    assert Adder(groups).sums(numbers) == [sum(numbers[place] for place in group) for group in groups]
