"""Every key of the live view on a real terminal, in four windows, with the whole screen after each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from c3s_cli.terminal.keyboard import keys_in
from c3s_cli.terminal.keys import ACTIONS
from tests.run.every_key import BYTES, SCRIPT, SIZES, Player, recorded

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals"),
]
# They move a replay, which has tests of its own.
OF_RECORDINGS = {"[", "]", "{", "}"}


def test_every_key_is_in_the_script() -> None:
    pressed = {key for name in SCRIPT for key in keys_in(BYTES.get(name, name))}
    assert set(ACTIONS) - {"q"} - OF_RECORDINGS <= pressed


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_screen_is_as_recorded(size: tuple[int, int], tmp_path: Path) -> None:
    player = Player(size, tmp_path)
    try:
        done = []
        for key, look in recorded(size):
            if key:
                player.press(key)
            done.append(key)
            assert player.until(look) == look, " ".join(done)
        player.press("q")
        assert player.session.ended() == 0
    finally:
        player.session.close()
    assert tuple(done[1:]) == SCRIPT
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".svg", ".txt"]
