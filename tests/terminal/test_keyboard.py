"""Keys as terminals send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.terminal.keyboard import keys_in
from c3s_cli.terminal.viewing import Viewing, first_in_sight, press


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("q", ["q"]),
        (" /", ["space", "/"]),
        ("\x1b[A\x1bOB\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        ("\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~\x1b[4~", ["page-up", "page-down", "home", "end", "home", "end"]),
        ("a\x7f\r\x1b", ["a", "backspace", "enter", "escape"]),
        ("\x1b[1;5A\x1b[15~x", ["x"]),
        ("é\x00", ["é"]),
    ],
)
def test_keys_have_names(typed: str, keys: list[str]) -> None:
    assert keys_in(typed) == keys


@given(st.integers(0, 500), st.sampled_from(["up", "down", "page-up", "page-down", "home", "end", "x"]), st.data())
def test_the_cursor_never_leaves_the_rows_nor_the_sight(top: int, key: str, data: st.DataObject) -> None:
    total, page = data.draw(st.integers(0, 300)), data.draw(st.integers(1, 60))
    view = press(Viewing(cursor=data.draw(st.integers(0, 300)), top=top), key, total=total, page=page)
    assert view.cursor <= max(0, total - 1) or key == "x"
    first = first_in_sight(view.top, min(view.cursor, max(0, total - 1)), total=total, page=page)
    assert 0 <= first <= max(0, total - page)
    assert first <= min(view.cursor, max(0, total - 1)) < first + page


@given(st.lists(st.sampled_from(["q", "h", "space", "/", "c", "m", "n", "a", "enter", "escape", "up", "end", "right"])))
def test_any_keys_make_a_view(keys: list[str]) -> None:
    view = Viewing()
    for key in keys:
        view = press(view, key, total=5, page=3)
    assert view.panel or view.top in (0, 1, 2)
    assert view.left >= 0
