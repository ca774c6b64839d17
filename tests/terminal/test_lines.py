"""Lines of a screen: width, and marks where they are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.terminal.bars import bar, sparkline
from c3s_cli.terminal.lines import MARK, Span, ansi, cut, fit, middle, pad, plain, width

TEXT = st.text(st.sampled_from("abcZ0-/节点é👍"), max_size=30)
CELLS = st.integers(0, 40)


@given(TEXT, CELLS)
def test_a_text_fits_its_cells_and_is_marked_if_it_was_cut(text: str, cells: int) -> None:
    shown = fit(text, cells)
    assert width(shown) <= cells
    if width(text) <= cells:
        assert shown == text
    elif cells:
        assert shown.endswith(MARK)
        assert text.startswith(shown[:-1])


@given(TEXT, st.integers(3, 40))
def test_a_name_shortened_in_the_middle_keeps_both_ends(text: str, cells: int) -> None:
    shown = middle(text, cells)
    assert width(shown) <= cells
    if width(text) <= cells:
        assert shown == text
    elif text.isascii():
        head, tail = shown.split(MARK)
        assert len(shown) == cells
        assert (text.startswith(head), text.endswith(tail)) == (True, True)
        assert len(head) - len(tail) in (0, 1)


def test_a_pod_is_still_recognized_when_shortened() -> None:
    assert middle("api-gp28hkmmnc-jjz9d", 14) == "api-gp2…-jjz9d"


@given(TEXT, CELLS)
def test_padding_fills_the_cells(text: str, cells: int) -> None:
    assert width(pad(text, cells)) == max(cells, width(text))


@given(st.lists(TEXT, max_size=5), CELLS)
def test_a_line_is_cut_across_its_spans(texts: list[str], cells: int) -> None:
    line = [Span(text, "bold") for text in texts]
    whole, shown = "".join(texts), "".join(span.text for span in cut(line, cells))
    assert width(shown) <= cells
    if width(whole) <= cells:
        assert shown == whole
    elif cells:
        assert shown.endswith(MARK)


@given(st.lists(TEXT, max_size=5))
def test_without_colour_a_line_is_its_text(texts: list[str]) -> None:
    line = [Span(text, style) for text, style in zip(texts, ["warn", "", "critical", "dim", "inverse"], strict=False)]
    assert ansi(line, colour=False) == plain(line)


def test_styles_end_where_their_text_ends() -> None:
    line = [Span("a"), Span("90%", "critical"), Span(" ")]
    assert ansi(line, colour=True) == "a\x1b[31m90%\x1b[0m"


@given(st.floats(-10, 300), st.integers(1, 60))
def test_a_bar_fills_its_cells(percent: float, cells: int) -> None:
    drawn = bar(percent, cells)
    assert len(drawn) == cells
    assert drawn.count("█") == int(max(0, min(100, percent)) / 100 * cells * 8 + 0.5) // 8 or abs(
        percent / 100 * cells % 1
    ) in (0.0, 0.5)


def test_bars_of_known_lengths() -> None:
    assert [bar(percent, 4) for percent in (0, 25, 50, 62.5, 100, 180)] == [
        "····",
        "█···",
        "██··",
        "██▌·",
        "████",
        "████",
    ]
    assert bar(None, 3) == "???"


def test_a_sparkline_has_the_newest_value_at_the_right() -> None:
    assert sparkline([1, 2, 4, 9], 4) == "▁▂▄█"
    assert sparkline([1, 2, 4, 9], 2) == "▁█"
    assert sparkline([None, 0, 50], 3, 100) == " ▁▅"
    assert sparkline([], 3) == "   "


def test_what_is_steady_is_a_line_in_the_middle() -> None:
    assert sparkline([8], 4) == "   ▄"
    assert sparkline([0, 0], 2) == "▄▄"
    assert sparkline([100, None, 91], 3) == "▄ ▄"
    assert sparkline([100, 89], 2) == "█▁"
