"""Frames: cost by what is shown, not by the number of rows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.terminal.frame import Foot, frame, grid_of
from c3s_cli.terminal.header import Fact, Gauge, Header
from c3s_cli.terminal.lines import plain, width
from c3s_cli.terminal.panels import help_panel
from c3s_cli.terminal.viewing import Viewing

HEADER = Header(
    (Fact("context", "prod"), Fact("nodes", "9/10 ready", "critical", "9/10 ready")),
    (Gauge("CPU", 28.0, "41.5", "147.2 cores", (20, 28)), Gauge("MEMORY", None, "?", "621.4 GiB")),
    ("every 2s", "09:30:00Z"),
    missing="not allowed",
    trouble=("general-3 (45s)", "spot-1 (4m)", "spot-2 (2d)"),
    waiting="no answer for 4s",
)


class Counted(list[Any]):
    """Cells that know how many of them were looked at."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        self.looks += 1
        return super().__getitem__(place)


def test_a_redraw_looks_only_at_the_rows_that_it_shows() -> None:
    names = Counted(f"pod-{place}" for place in range(30_000))
    grid = grid_of(["NAME"], [names])
    names.looks = 0
    body = frame(HEADER, grid, range(30_000), Viewing(cursor=12_345, top=12_345), (120, 40), Foot())
    # Once to measure, once to draw.
    assert names.looks == 2 * body.page < 80
    assert plain(body.lines[-1]).startswith(f"12346–{12345 + body.page} of 30000")


@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 50), st.integers(0, 99), st.booleans())
def test_a_frame_fits_any_window(columns: int, lines: int, rows: int, top: int, help_: bool) -> None:  # noqa: FBT001  generated
    grid = grid_of(["NAME", "CPU(cores)"], [[f"node-{place}" for place in range(rows)], ["12m"] * rows])
    foot = Foot(empty="No resources found", notice="kubectl describe node/a" * (top % 4))
    panel = help_panel(columns) if help_ else None
    body = frame(HEADER, grid, range(rows), Viewing(top=top, panel_top=top), (columns, lines), foot, panel)
    assert len(body.lines) == lines
    assert all(width(plain(line)) <= columns for line in body.lines)


def test_columns_are_as_wide_as_what_is_in_sight() -> None:
    grid = grid_of(["NAME", "X"], [["节点一", "a"], ["1", "22"]])
    assert grid.widths == [6, 1]
    assert frame(HEADER, grid, [0], Viewing(), (80, 24), Foot()).widths == [6, 1]
    assert frame(HEADER, grid, [1], Viewing(), (80, 24), Foot()).widths == [6, 2]
    assert grid_of([], [["a"]]).widths == [1]
