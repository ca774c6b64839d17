"""Watch screen: whole frames, keys, resizing, errors."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from c3s_cli.report import Report
from c3s_cli.run.poll import Poll
from tests.conftest import AT, Run
from tests.run.terminal_session import Terminal, TerminalSession
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
BROKEN = status(500, "InternalError", "broken")
LARGE = f"""\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ████████▍·····················   28%  41.5 / 147.2 cores                               ▃
MEMORY ██████▉·······················   23%  147.2 / 621.4 GiB                                ▂
every 2s   09:30:00Z   sampled 0s ago over 15s
  NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)
  cp-1        515m         13%         2859Mi          20%
  general-1   2568m        32%         4942Mi          16%
  general-2   3229m        40%         5490Mi          17%
  general-3   2184m        27%         4463Mi          14%
  gpu-1       13207m       27%         44314Mi         22%
  gpu-2       11876m       24%         45058Mi         23%
  memory-1    4668m        59%         38105Mi         60%
  memory-2    135m         1%          1619Mi          2%
  spot-1      3164m        40%         3894Mi          27%
  spot-2      <unknown>    <unknown>   <unknown>       <unknown>
{chr(10) * 23}
1–10 of 10{" " * 96}h help  q quit"""
MEDIUM = f"""\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ███████··················   28%  41.5 / 147.2 cores                 ▃
MEMORY █████▊···················   23%  147.2 / 621.4 GiB                  ▂
every 2s   09:30:00Z   sampled 0s ago over 15s
  NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)
  cp-1        515m         13%         2859Mi          20%
  general-1   2568m        32%         4942Mi          16%
  general-2   3229m        40%         5490Mi          17%
  general-3   2184m        27%         4463Mi          14%
  gpu-1       13207m       27%         44314Mi         22%
  gpu-2       11876m       24%         45058Mi         23%
  memory-1    4668m        59%         38105Mi         60%
  memory-2    135m         1%          1619Mi          2%
  spot-1      3164m        40%         3894Mi          27%
  spot-2      <unknown>    <unknown>   <unknown>       <unknown>
{chr(10) * 7}
1–10 of 10{" " * 56}h help  q quit"""
SMALL = """\
CPU 28%  MEMORY 23%  nodes 10/10 ready
09:30:00Z   sampled 0s ago over 15s
  NAME        CPU(cores)   CPU(%) →
  cp-1        515m         13%
  general-1   2568m        32%
  general-2   3229m        40%
  general-3   2184m        27%
  gpu-1       13207m       27%
  gpu-2       11876m       24%
1–6 of 10                 h help  q quit"""


TRENDS = """\
CPU █▋···· 28%  MEMORY █▍···· 23%  nodes 10/10 ready  pods 93
every 2s   09:30:00Z   sampled 0s ago over 15s
  NAMESPACE      NAME              CPU(cores)  TREND     MEMORY(bytes)  TREND
  batch          etl-back…l-zcpgd  1667m              ▄  1431Mi                ▄
  batch          nightly-…0-wtzz8  1373m              ▄  1520Mi                ▄
  default        api-gp28…c-jjz9d  231m               ▄  499Mi                 ▄
  default        api-gp28…c-m6nc5  215m               ▄  500Mi                 ▄
  default        debug-shell       1m                 ▄  9Mi                   ▄
  default        legacy-a…q-489cb  437m               ▄  594Mi                 ▄
  default        redis-0           41m                ▄  145Mi                 ▄
  default        web-nxls…t-5dshl  96m                ▄  109Mi                 ▄
1–8 of 78                                                         h help  q quit"""
NARROW = """\
CPU 28%  MEMORY 23%  nodes 10/10 ready
09:30:00Z   sampled 0s ago over 15s
  NAMESPACE    NAME         CPU(cores) →
  batch        etl-b…cpgd   1667m
  batch        night…tzz8   1373m
  default      api-g…jz9d   231m
  default      api-g…6nc5   215m
  default      debug…hell   1m
  default      legac…89cb   437m
1–6 of 78                 h help  q quit"""


@pytest.fixture
def desk(run: Run) -> TerminalSession:
    return TerminalSession(run)


class Server:
    """Answers of one node, a, or of several: one for each reading, the last one stays."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.reading = 0

    def answers(self, *readings: Reply, nodes: str = "a") -> str:
        """Set what the readings bring; return the flags that lead here."""
        self.api.nodes(*(node(name) for name in nodes))

        def answer(request: Request) -> Reply:
            place = self.api.paths().count(METRICS) - 1
            return readings[min(place, len(readings) - 1)]

        self.api.routes[METRICS] = answer
        return f"--server {self.api.url} --columns cpu"


def at(second: int, **cores: float) -> Reply:
    """Return node metrics sampled at a second of the minute, in cores."""
    items = [node_metrics(name, usage) for name, usage in cores.items()]
    for item in items:
        item["timestamp"] = f"2026-03-02T09:29:{second:02d}Z"
    return Reply({"items": items})


@pytest.fixture
def server(api: FakeApi) -> Server:
    return Server(api)


def rows(look: list[str], first: str = "  NAME") -> list[str]:
    """Return the rows of a screen: what stands between the headings and the last line. first: of the headings."""
    start = next(place for place, text in enumerate(look) if text.startswith(first))
    return [text for text in look[start + 1 : -1] if text]


# --- frames ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "expected"), [((120, 40), LARGE), ((80, 24), MEDIUM), ((40, 10), SMALL)])
def test_the_first_frame(desk: TerminalSession, size: tuple[int, int], expected: str) -> None:
    seen = desk(f"watch --demo-at {AT}", size=size)
    assert "\n".join(seen.looks[0]) == expected
    assert (seen.code, seen.left, seen.err) == (0, "", "")


def test_figures_stay_in_sight_where_names_are_long(desk: TerminalSession) -> None:
    assert "\n".join(desk(f"watch pods -A --trend --demo-at {AT}", size=(80, 12)).looks[0]) == TRENDS
    assert "\n".join(desk(f"watch pods -A --demo-at {AT}", size=(40, 10)).looks[0]) == NARROW


def test_sums_have_no_trend(desk: TerminalSession) -> None:
    look = desk(f"watch --sum --trend --columns cpu --demo-at {AT}").looks[0]
    assert rows(look)[-3:] == [
        "  spot-2      <unknown>",
        "              ________",
        "              41542m",
    ]


def test_in_a_small_window_the_header_is_two_lines(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", lambda: desk.resize(80, 15), "", size=(80, 16)).looks
    assert [[text[:6] for text in look].index("  NAME") for look in looks[:2]] == [4, 2]


def test_columns_do_not_move_back_as_one_scrolls(desk: TerminalSession, api: FakeApi) -> None:
    names_ = [f"node-{letter}" for letter in "abcdefgh"]
    api.nodes(*(node(name, labels={"agentpool": "a-long-pool" if "h" in name else "p"}) for name in names_))
    api.node_metrics(*map(node_metrics, names_))
    looks = desk(f"watch --server {api.url} --columns pool,cpu", "end", "home", "", size=(80, 8)).looks
    headings = [next(text for text in look if text.startswith("  NAME")) for look in looks[:3]]
    assert headings == ["  NAME     POOL   CPU(cores)", *["  NAME     POOL          CPU(cores)"] * 2]


def test_a_resize_is_followed_at_once(desk: TerminalSession) -> None:
    seen = desk(f"watch --demo-at {AT}", lambda: desk.resize(120, 40), lambda: desk.resize(40, 10), "")
    assert ["\n".join(look) for look in seen.looks[:3]] == [MEDIUM, LARGE, SMALL]


def test_only_what_has_changed_is_written(desk: TerminalSession) -> None:
    desk(f"watch --demo-at {AT}", "", "", "")
    frames = [text for text in desk.console.written if "\x1b[?2026h" in text]
    assert len(frames) == 1


@pytest.mark.slow
def test_pods_have_the_totals_of_the_cluster_above_them(desk: TerminalSession) -> None:
    look = desk(f"watch pods -n team-search --demo-at {AT}").looks[0]
    assert look[:4] == MEDIUM.split("\n")[:4]
    assert look[4].startswith("  NAME ")
    assert look[-1].startswith("1–11 of 11 ")


def test_names_are_shortened_in_the_middle_before_a_figure_is_cut(desk: TerminalSession) -> None:
    look = desk(f"watch pods -n team-search --demo-at {AT}", size=(48, 24)).looks[0]
    assert rows(look)[:4] == [
        "  elasticsearch-0     689m         7153Mi",
        "  elasticsearch-1     824m         7212Mi",
        "  elasticsearch-2     789m         7310Mi",
        "  indexer-…g2-2kxs4   49m          315Mi",
    ]


# --- keys -----------------------------------------------------------------------------------------------------


def names(look: list[str]) -> list[str]:
    return [text[2:].split()[0] for text in rows(look)]


NODES = ["cp-1", "general-1", "general-2", "general-3", "gpu-1", "gpu-2", "memory-1", "memory-2", "spot-1", "spot-2"]
BY_CPU = ["gpu-1", "gpu-2", "memory-1", "general-2", "spot-1", "general-1", "general-3", "cp-1", "memory-2", "spot-2"]
BY_MEMORY = ["gpu-2", "gpu-1", "memory-1", "general-2", "general-1", "general-3", "spot-1", "cp-1", "memory-2"]


def test_c_m_and_n_sort_and_reverse(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "c", "c", "m", "n", "n", "").looks
    assert [names(look) for look in looks[:6]] == [
        NODES,
        BY_CPU,
        [*BY_CPU[-2::-1], "spot-2"],
        [*BY_MEMORY, "spot-2"],
        NODES,
        NODES[::-1],
    ]
    assert [look[-1].split("  ")[1] for look in looks[1:6]] == [
        "by cpu",
        "by cpu, reversed",
        "by memory",
        "by name",
        "by name, reversed",
    ]


def heading(look: list[str]) -> str:
    return next(text for text in look if text.startswith("  NAME"))


def test_any_column_can_be_sorted_by_and_is_scrolled_to(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "<", "<", "r", ">", ">", "escape", "", size=(40, 24)).looks
    assert [heading(look) for look in looks[:7]] == [
        "  NAME        CPU(cores)   CPU(%) →",
        "  NAME        MEMORY(bytes)   MEMORY(%)▼",
        "  NAME        MEMORY(bytes)▼  MEMORY(%)",
        "  NAME        MEMORY(bytes)▲  MEMORY(%)",
        "  NAME        MEMORY(bytes)   MEMORY(%)▼",
        "  NAME        MEMORY(bytes)   MEMORY(%)▼",
        "  NAME        MEMORY(bytes)   MEMORY(%)",
    ]
    assert names(looks[2])[:-1] == BY_MEMORY
    assert names(looks[3])[:-1] == BY_MEMORY[::-1]
    assert looks[5][-1].split("  ")[1] == "by MEMORY(%)"


def test_containers_have_no_trends(desk: TerminalSession) -> None:
    look = desk(f"watch pods --containers --demo-at {AT}", "t", "").looks[1]
    assert look[-1] == "only nodes, pods and their groups have trends"


def test_nothing_is_last_in_either_direction(desk: TerminalSession) -> None:
    looks = desk(f"watch pods -A --columns lastTermination.reason --demo-at {AT}", "<", "r", "").looks
    reasons = [[text.split()[-1] for text in rows(look, "  NAMESPACE")] for look in looks[1:3]]
    assert reasons[0][:7] == ["Error", *["OOMKilled"] * 6]
    assert reasons[1][:7] == [*["OOMKilled"] * 6, "Error"]


def test_while_paused_columns_that_were_not_read_wait(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "space", "w", "c", "w", "w", "space", "", size=(60, 12)).looks
    assert looks[2][-1] == "these columns are read when it goes on"
    assert heading(looks[3]) == "  NAME       CPU(cores)▼ CPU(%)  MEMORY(bytes)  MEMORY(%)"
    assert "REQUESTS" in heading(looks[7])


def test_rows_above_the_thresholds_are_shown_alone(desk: TerminalSession) -> None:
    looks = desk(f"watch --warn 39 --demo-at {AT}", "a", "a", "a", "escape", "").looks
    above = ["general-2", "memory-1", "spot-1"]
    assert [names(look) for look in looks[:5]] == [NODES, above, NODES, above, NODES]
    assert looks[1][-1].startswith("1–3 of 3 (10 in total)  above 39% ")
    look = desk(f"watch pods --demo-at {AT}", "a", "").looks[1]
    assert rows(look) == ["  no percentage shown is 70 or more; w shows more"]


def test_the_interval_is_changed_as_it_runs(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(at(1, a=1))}", "+", "+", "", "", "-", "-", "-", "-", "")
    assert [look[3].split()[1] for look in seen.looks] == [
        "2s",
        "5s",
        "10s",
        "10s",
        "10s",
        "5s",
        "2s",
        "1s",
        "1s",
        "1s",
    ]
    assert desk.waits[:4] == [2.0, 5.0, 5.0, 5.0]


def test_events_say_what_happened_while_nobody_looked(desk: TerminalSession, server: Server) -> None:
    readings = [at(1, a=1, b=1), at(2, a=3.5, b=1), at(3, a=1, c=4), at(4, a=1, c=4)]
    words = f"watch {server.answers(*readings, nodes='ab')} --columns cpu,cpu%"
    looks = desk(words, "e", "", "", "", "e", "", size=(60, 12)).looks
    assert looks[1][2:4] == ["  nothing has happened to these rows so far", ""]
    assert looks[4][2:6] == [
        "  09:30:00Z  appeared      c",
        "  09:30:00Z  below --warn  a  CPU(%) 25%",
        "  09:30:00Z  above --warn  a  CPU(%) 88%",
        "",
    ]
    assert heading(looks[5])


def test_escape_brings_back_the_order_of_the_command(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "c", "c", "escape", "c", "").looks
    assert [names(looks[3]), names(looks[4])] == [NODES, BY_CPU]
    assert looks[3][-1] == f"1–10 of 10{'h help  q quit':>70}"


def test_the_cursor_moves_and_rows_follow_it(desk: TerminalSession) -> None:
    keys = ("page-down", "j", "down", "down", "down", "k", "G", "page-up", "g", "down", "end", "home", "up")
    seen = desk(f"watch --demo-at {AT}", *keys, size=(80, 8))
    places = [look[-1].split("  ")[0].strip().removesuffix(" of 10") for look in seen.looks]
    assert list(zip(places, seen.cursors, strict=True)) == [
        ("1–4", "cp-1"),
        ("5–8", "gpu-1"),
        ("5–8", "gpu-2"),
        ("5–8", "memory-1"),
        ("5–8", "memory-2"),
        ("6–9", "spot-1"),
        ("6–9", "memory-2"),
        ("7–10", "spot-2"),
        ("3–6", "gpu-2"),
        ("1–4", "cp-1"),
        ("1–4", "general-1"),
        ("7–10", "spot-2"),
        ("1–4", "cp-1"),
        ("1–4", "cp-1"),
    ]
    assert [names(look) for look in seen.looks[:2]] == [NODES[:4], NODES[4:8]]


def test_the_cursor_stays_on_its_row_once_it_has_moved(desk: TerminalSession) -> None:
    seen = desk(f"watch --demo-at {AT}", "c", "down", "m", "n", "/", "s", "enter", "escape", "g", "c", size=(80, 8))
    assert seen.cursors == [
        "cp-1",
        "gpu-1",
        "gpu-2",
        "gpu-2",
        "gpu-2",
        "gpu-2",
        *["spot-1"] * 3,
        "cp-1",
        "gpu-1",
    ]


@pytest.mark.slow
def test_the_cursor_goes_to_the_neighbour_of_a_row_that_is_gone(desk: TerminalSession, server: Server) -> None:
    readings = [at(1, a=1, b=1, c=1, d=1), *(at(2, a=2, c=1, d=1),) * 4, *(at(3, a=1, c=1),) * 4]
    words = f"watch {server.answers(*readings, nodes='a')}"
    assert desk(words, "down", *[""] * 8).cursors == ["a", "b", *"cccccccc"]
    server.api.requests.clear()
    assert desk(words, "down", "down", "down", *[""] * 6).cursors == ["a", "b", "c", *"ddddd", *"cc"]
    server.api.requests.clear()
    assert desk(words, "end", "", "end", "", "up", "").cursors == ["a", "d", "d", "b", "d", "c", "c"]


def test_without_styles_a_character_is_the_cursor(desk: TerminalSession) -> None:
    look = desk(f"watch --demo-at {AT} --color never", "down").looks[1]
    assert [text for text in look if text[1:2] == ">"] == [" >general-1   2568m        32%         4942Mi          16%"]


def test_columns_that_do_not_fit_are_moved_to(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "right", "right", "left", "", size=(40, 24)).looks
    headings = [next(text for text in look if text.startswith("  NAME")) for look in looks[:4]]
    assert headings == [
        "  NAME        CPU(cores)   CPU(%) →",
        "  NAME        CPU(%) →",
        "  NAME        MEMORY(bytes)   MEMORY(%)",
        "  NAME        CPU(%) →",
    ]


def test_a_filter_is_typed_and_can_be_taken_back(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "/", "G", "p", "x", "backspace", "enter", "escape", "").looks
    assert [look[-1] for look in looks[1:6]] == ["/▏", "/G▏", "/Gp▏", "/Gpx▏", "/Gp▏"]
    assert names(looks[6]) == ["gpu-1", "gpu-2"]
    assert looks[6][-1].startswith("1–2 of 2 (10 in total)  /Gp ")
    assert names(looks[7]) == NODES


@pytest.mark.slow
def test_a_filter_may_exclude_and_looks_at_every_name(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "/", *"!cp|spot", "enter", "").looks
    assert names(looks[-1]) == [name for name in NODES if not name.startswith(("cp", "spot"))]
    looks = desk(f"watch pods -A --columns owner,node --demo-at {AT}", "/", *"cp-1", "enter", "").looks
    assert {text.split()[-1] for text in looks[-1][5:-1] if text} == {"cp-1"}
    assert looks[-1][-1].split("  ")[:2] == ["1–7 of 7 (87 in total)", "/cp-1"]


def test_a_filter_that_is_no_pattern_is_searched_for_as_it_is(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "/", "(", "enter", "").looks
    assert rows(looks[3]) == ["  no row matches /("]
    assert looks[3][-1].startswith("0 of 0 (10 in total)  /(")


def test_space_pauses_and_goes_on(desk: TerminalSession, server: Server) -> None:
    words = f"watch {server.answers(at(1, a=1), at(2, a=2), at(3, a=3))}"
    seen = desk(words, "", "space", "", "", "", "space", "")
    cells = [rows(look)[0].split()[-1] for look in seen.looks]
    assert cells == ["1000m", "2000m", "2000m", "2000m", "2000m", "2000m", "3000m", "3000m"]
    assert [look[-1].partition(" old")[0] for look in seen.looks[2:6]] == [f"PAUSED, {age}s" for age in range(4)]
    assert not any(look[-1].startswith("PAUSED") for look in (*seen.looks[:2], *seen.looks[6:]))


def test_what_is_seen_is_saved_into_new_files_of_the_owner_alone(
    desk: TerminalSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c3s-20260302-093000-2.svg").symlink_to(tmp_path / "elsewhere")
    looks = desk(f"watch --demo-at {AT}", "c", "/", *"gpu", "enter", "s", "s", "x", "", size=(60, 12)).looks
    assert [look[-1] for look in looks[7:9]] == [
        "saved c3s-20260302-093000.csv .svg .txt",
        "saved c3s-20260302-093000-3.csv .svg .txt",
    ]
    assert looks[9][:-1] == looks[6][:-1]
    names_ = sorted(path.name for path in tmp_path.iterdir())
    stems = ("c3s-20260302-093000-3", "c3s-20260302-093000")
    assert names_ == sorted(
        [*(f"{stem}.{suffix}" for stem in stems for suffix in ("csv", "svg", "txt")), "c3s-20260302-093000-2.svg"]
    )
    assert {stat.S_IMODE((tmp_path / f"{stems[1]}.{suffix}").stat().st_mode) for suffix in ("csv", "svg", "txt")} == {
        0o600
    }
    csv = (tmp_path / f"{stems[1]}.csv").read_text().splitlines()
    assert csv[0].startswith("time,context,name,")
    assert [row.split(",")[2] for row in csv[1:]] == ["gpu-1", "gpu-2"]
    assert (tmp_path / f"{stems[1]}.txt").read_text() == "\n".join(looks[6]) + "\n"
    svg = (tmp_path / f"{stems[1]}.svg").read_text()
    texts = ["".join(each.itertext()) for each in ET.fromstring(svg) if each.tag.endswith("text")]  # noqa: S314  ours
    assert [text.rstrip() for text in texts] == [text for text in looks[6] if text]


def test_a_panel_is_saved_as_it_is_seen(desk: TerminalSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    looks = desk(f"watch --demo-at {AT}", "e", "s", "x", "").looks
    assert looks[2][-1] == "saved c3s-20260302-093000.csv .svg .txt"
    assert (tmp_path / "c3s-20260302-093000.txt").read_text().splitlines() == looks[1]
    assert looks[3] == looks[0]


def test_a_directory_that_cannot_be_written_is_said(
    desk: TerminalSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert desk(f"watch --demo-at {AT}", "s", "").looks[1][-1] == "not saved: No such file or directory"


def test_a_saved_table_is_safe_to_open(
    desk: TerminalSession, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = server.answers(Reply({"items": [node_metrics("=cmd\x1b[2J<&>", 1)]}), nodes="")
    desk(f"watch {words}", "s", "")
    (csv,) = tmp_path.glob("*.csv")
    assert csv.read_text().splitlines()[1].split(",")[1] == "'=cmd\\x1b[2J<&>"
    (svg,) = tmp_path.glob("*.svg")
    ET.fromstring(svg.read_text())  # noqa: S314  ours


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("", "kubectl describe node/cp-1"),
        ("nodes --by pool", "kubectl knows nothing like this row"),
        ("pods -A", "kubectl -n batch describe pod/etl-backfill-zcpgd"),
        ("pods -n team-search --containers", "kubectl -n team-search describe pod/elasticsearch-0"),
        ("ns", "kubectl describe namespace/batch"),
        ("workloads -n team-search", "kubectl -n team-search describe deployment.apps/indexer"),
        ("deploy", "kubectl describe deployment.apps/api"),
        ("cluster", "kubectl cluster-info"),
        ("--as 'o brien'", "kubectl --as 'o brien' describe node/cp-1"),
    ],
)
def test_the_kubectl_command_of_a_row_is_there_for_copying(desk: TerminalSession, words: str, command: str) -> None:
    looks = desk(f"watch {words} --demo-at {AT}", "y", "x", "").looks
    assert looks[1][-1] == command
    assert looks[2][:-1] == looks[0][:-1]
    assert looks[2][-1] == "x means nothing here: ? lists the keys"


def test_a_key_that_means_nothing_is_said_where_it_is_no_letter(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", ":", "down", "/", "x", "escape", "?", "x", "").looks
    said = [any("means nothing" in line for line in look) for look in looks]
    assert said == [False, True, *[False] * (len(looks) - 2)]
    assert looks[1][-1] == ": means nothing here: ? lists the keys"


def test_a_long_command_is_wrapped_not_cut(desk: TerminalSession) -> None:
    look = desk(f"watch pods -A --demo-at {AT}", "y", "", size=(40, 10)).looks[1]
    assert "".join(look[-2:]) == "kubectl -n batch describe pod/etl-backfill-zcpgd"


def test_more_columns_and_trends_come_and_go_without_losing_the_place(desk: TerminalSession) -> None:
    seen = desk(f"watch --demo-at {AT}", "down", "<", "w", "t", "w", "t", "", size=(100, 12))
    assert [heading(look) for look in seen.looks[:7]] == [
        *["  NAME        CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)"] * 2,
        "  NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)▼",
        "  NAME        CPU-REQUESTS(%ALLOCATABLE)   CPU-LIMITS   CPU-FREE   MEMORY(bytes)   MEMORY(%)▼ →",
        "  NAME        CPU-LIMITS   CPU-FREE   MEMORY(bytes)   TREND      MEMORY(%)▼  MEMORY-REQUESTS →",
        "  NAME        CPU(cores)   TREND      CPU(%)      MEMORY(bytes)   TREND      MEMORY(%)▼",
        "  NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)▼",
    ]
    assert seen.cursors == ["cp-1", *["general-1"] * 7]


HELP = """\
Keys
  q       quit
  space   pause, go on
  ↑ ↓     move; also k j PgUp PgDn Home End g G
  Enter   what the row consists of: nodes, pods, containers
  1 … 6   clusters, nodes, namespaces, workloads, pods, containers of it
  w t     more columns, trends; again: without them
  ← →     columns that do not fit
  c m n   by CPU, memory, name; again: reverse
  < >     by the column to the left, to the right
  r       reverse the order
  /       filter every name by a pattern, !PATTERN excludes; Enter keeps it
  a       only rows above --warn or --critical
  e       what happened here: the last hundred events
  s       save the rows as CSV, the screen as SVG and text, in the working directory
  y       the kubectl command for the row, to copy
  + -     read less often, more often
  [ ] { } of a recording: the reading before, after; where something happened
  Esc     without the filter; back to where Enter and 1 … 6 led from
  Ctrl-L  draw again
  h ?     this help; any other key closes it
Marks before a row
  +       appeared
  -       vanished
  !       restarted (-o wide)
  ↑ ↓     usage moved by over a tenth
  ?       its cluster does not answer: the last figures
Trends
  The trend of a row is drawn from 0 to its limit or allocatable, if c3s has read it; else from its lowest value to its
  highest. A gap is a reading that lacks members."""


def test_help_lists_the_keys_and_any_key_ends_it(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "?", "x", "h", "q", size=(120, 40)).looks
    for look in (looks[1], looks[3]):
        assert "\n".join(look[4:-1]).rstrip() == HELP
        assert look[-1] == f"help{'h help  q quit':>116}"
    assert names(looks[2]) == NODES
    assert len(looks) == 4


def test_help_is_wrapped_and_scrolled_in_a_small_window(desk: TerminalSession) -> None:
    looks = desk(f"watch --demo-at {AT}", "h", *["page-down"] * 7, "end", "x", size=(40, 10)).looks
    assert looks[1][2:] == [
        "Keys",
        "  q       quit",
        "  space   pause, go on",
        "  ↑ ↓     move; also k j PgUp PgDn Home",
        "          End g G",
        "  Enter   what the row consists of:",
        "          nodes, pods, containers",
        f"help{'h help  q quit':>36}",
    ]
    pages = [text for look in looks[1:8] for text in look[2:-1]]
    assert " ".join(" ".join(pages).split()).startswith(" ".join(HELP.split()[:150]))
    assert looks[9][-2] == "  lacks members."
    assert names(looks[10])[0] == "cp-1"


def test_ctrl_l_draws_everything_again(desk: TerminalSession) -> None:
    desk(f"watch --demo-at {AT}", "redraw", "")
    frames = [text for text in desk.console.written if "\x1b[?2026h" in text]
    assert [text.count("general-1") for text in frames] == [1, 1]


# --- what changed ---------------------------------------------------------------------------------------------


def test_rows_that_moved_appeared_or_vanished_are_marked_for_a_few_ticks(desk: TerminalSession, server: Server) -> None:
    readings = [at(1, a=1, b=1, d=1), at(2, a=2, b=1.05, c=1), at(3, a=2, b=0.5, c=1), *(at(4, a=2, b=0.5, c=1),) * 3]
    seen = desk(f"watch {server.answers(*readings, nodes='abc')}", *[""] * 5)
    marks = [{text[2]: text[0] for text in rows(look)} for look in seen.looks]
    assert marks == [
        {"a": " ", "b": " ", "d": " ", "c": " "},
        {"a": "↑", "b": " ", "c": " ", "d": "-"},
        {"a": "↑", "b": "↓", "c": " ", "d": "-"},
        {"a": "↑", "b": "↓", "c": " ", "d": "-"},
        {"a": " ", "b": "↓", "c": " "},
        {"a": " ", "b": " ", "c": " "},
    ]


def test_a_pod_that_appeared_is_marked(desk: TerminalSession, api: FakeApi) -> None:
    path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
    readings = [Reply({"items": [pod_metrics("default", name) for name in names]}) for names in ("a", "ab")]
    api.routes[path] = lambda _: readings[min(api.paths().count(path), 2) - 1]
    looks = desk(f"watch pods --server {api.url}", "", "").looks
    assert [[text[0] + text[2] for text in rows(look)] for look in looks[:2]] == [[" a"], [" a", "+b"]]


def test_a_tick_without_a_new_sample_is_no_change_and_no_point_of_a_trend(
    desk: TerminalSession, server: Server
) -> None:
    readings = [at(1, a=1), at(1, a=9), at(16, a=2), at(16, a=2), at(31, a=4)]
    seen = desk(f"watch --trend {server.answers(*readings)}", *[""] * 4)
    assert [rows(look)[0].split()[-2] for look in seen.looks] == ["▃", "▃", "▃▅", "▃▅", "▃▅█"]
    assert [rows(look)[0][0] for look in seen.looks] == [" ", " ", "↑", "↑", "↑"]


def test_the_header_says_how_old_the_newest_sample_is(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(at(15, a=1), at(45, a=1))}", "")
    ages = [next(text for text in look if text.startswith("every")) for look in seen.looks]
    assert ages == [
        "every 2s   09:30:00Z   sampled 45s ago over 15s",
        "every 2s   09:30:00Z   sampled 15s ago over 15s",
    ]


def test_the_age_of_a_sample_goes_on_while_nothing_is_read(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch -i 12 {server.answers(at(15, a=1))}", "", "space", "", "")
    ages = [next(text for text in look if text.startswith("every")) for look in seen.looks]
    assert ages == [f"every 12s   09:30:00Z   sampled {each}s ago over 15s" for each in (45, 50, 50, 51, 52)]


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_a_server_that_goes_away_leaves_the_last_numbers_under_a_banner(desk: TerminalSession, server: Server) -> None:
    words = f"watch {server.answers(at(1, a=1), BROKEN, BROKEN, BROKEN, at(2, a=2))}"
    seen = desk(words, *[""] * 30, size=(120, 24))
    banners = [next((text for text in look if text.startswith("STALE")), "") for look in seen.looks]
    assert banners[1] == ("STALE 2s (since 09:30:00Z), next try in 2s: Error from server (InternalError): broken")
    assert all(rows(look)[0].split()[-1] == "1000m" for look, banner in zip(seen.looks, banners, strict=True) if banner)
    back = banners.index("", 1)
    assert rows(seen.looks[back])[0].split()[-1] == "2000m"
    assert seen.err == ""


def test_the_reason_is_not_cut_off_in_a_narrow_window(desk: TerminalSession, server: Server) -> None:
    for size, lines in (((60, 24), slice(4, 7)), ((40, 10), slice(1, 4))):
        desk.seconds = 1000.0
        server.api.requests.clear()
        look = desk(f"watch {server.answers(at(1, a=1), BROKEN)}", "", "", size=size).looks[1]
        assert look[lines] == [
            "STALE 2s (since 09:30:00Z), next try in 2s"[: size[0] - 1] + "…" * (size[0] < 42),
            "Error from server (InternalError): broken"[: size[0] - 1] + "…" * (size[0] < 41),
            "  NAME   CPU(cores)",
        ]


def test_a_server_may_ask_for_a_longer_pause(desk: TerminalSession, server: Server) -> None:
    busy = status(503, "ServiceUnavailable", "busy", **{"Retry-After": "40"})
    seen = desk(f"watch --request-timeout 5s {server.answers(at(1, a=1), busy, at(2, a=2))}", "", "", size=(120, 24))
    assert "STALE 2s (since 09:30:00Z), next try in 40s: Error from server (ServiceUnavailable): busy" in seen.looks[1]


def test_a_server_that_does_not_answer_is_said_to_be_silent(desk: TerminalSession, server: Server) -> None:
    under_way: list[Callable[[], None]] = []
    begin = Poll.begin

    def answer() -> None:
        under_way.pop()()

    def slowly(poll: Poll, read: Callable[[], Report], wake: Callable[[], None]) -> None:
        if server.api.paths().count(METRICS):
            poll._start = under_way.append  # noqa: SLF001  the first one was as fast as ever
        begin(poll, read, wake)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poll, "begin", slowly)
        seen = desk(f"watch {server.answers(at(1, a=1), BROKEN)}", *[""] * 5, answer, *[""] * 3, size=(120, 24))
    lines = [next(text for text in look if text.startswith(("every", "STALE"))) for look in seen.looks]
    calm = "every 2s   09:30:00Z   sampled {}s ago over 15s"
    broken = "Error from server (InternalError): broken"
    assert lines == [
        calm.format(59),
        calm.format(59),  # a reading that begins draws nothing
        calm.format(62),
        calm.format(63),
        f"{calm.format(64)}   no answer for 3s",
        f"{calm.format(65)}   no answer for 4s",
        f"STALE 7s (since 09:30:00Z), next try in 1s: {broken}",
        f"STALE 8s (since 09:30:00Z), trying now: {broken}",
        f"STALE 9s (since 09:30:00Z), trying now: {broken}",
        f"STALE 10s (since 09:30:00Z), trying now: {broken}",
    ]


def test_what_happens_just_before_a_reading_is_shown_during_it(desk: TerminalSession, server: Server) -> None:
    begin = Poll.begin

    def slowly(poll: Poll, read: Callable[[], Report], wake: Callable[[], None]) -> None:
        if server.api.paths().count(METRICS):
            poll._start = lambda _job: None  # noqa: SLF001  the first one was as fast as ever
        begin(poll, read, wake)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poll, "begin", slowly)
        # The next reading is due while the watch is paused, and begins with the second space.
        resumed = desk(f"watch {server.answers(at(1, a=1))}", "space", "", "", "", "space", size=(120, 24)).looks
        server.api.requests.clear()
        resized = desk(f"watch {server.answers(at(1, a=1))}", lambda: desk.resize(100, 20), size=(120, 24)).looks
    assert [look[-1].startswith("PAUSED") for look in resumed] == [False, True, True, True, True, False]
    assert [len(look) for look in resized] == [24, 20]
    assert any(line.startswith("  NAME") for line in resized[1])


def test_nodes_that_are_not_ready_are_named_with_their_age(desk: TerminalSession, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("default", "web"), namespace="default")
    api.node_metrics(node_metrics("a"), node_metrics("b"))
    lost = [
        {"type": "Ready", "status": status, "lastTransitionTime": f"2026-03-02T09:{minute}:15Z"}
        for status, minute in (("Unknown", 29), ("False", 10))
    ]
    api.nodes(node("a"), node("b", conditions=[lost[1]]), node("c", conditions=[lost[0]]), node("d", conditions=[]))
    seen = desk(f"watch pods --server {api.url}", "", size=(120, 24))
    assert seen.looks[0][0].endswith("nodes 1/4 ready, 2 reporting   pods ?")
    assert seen.looks[0][3:5] == [
        "not ready: c (45s), b (19m), d",
        "every 2s   09:30:00Z   sampled 10s ago over 15s",
    ]
    written = "".join(desk.console.written)
    assert "\x1b[31m1/4 ready, 2 reporting\x1b[0m" in written
    assert "\x1b[31mnot ready: c (45s), b (19m), d\x1b[0m" in written
    assert desk(f"watch pods --server {api.url}", size=(24, 10)).looks[0][:3] == [
        "CPU 25%  MEMORY 12%",
        "not ready: c (45s) and …",
        "sampled 10s ago over 15s",
    ]


@pytest.mark.slow
def test_tries_back_off_and_end_with_the_ordinary_grid(
    desk: TerminalSession, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.run.schedule.JITTER", 0)
    begun: list[float] = []
    flags = server.answers(at(1, a=1), *[BROKEN] * 4, at(2, a=2))
    answer: Callable[[Request], Reply] = server.api.routes[METRICS]  # type: ignore[assignment]  # it was set above

    def timed(request: Request) -> Reply:
        begun.append(desk.seconds - 1000)
        return answer(request)

    server.api.routes[METRICS] = timed
    desk(f"watch {flags}", *[""] * 45)
    assert sorted(set(begun))[:8] == [0, 2, 4, 8, 16, 32, 34, 36]


def test_what_the_header_cannot_read_is_said_and_the_rows_go_on(desk: TerminalSession, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("default", "web"), namespace="default")
    api.node_metrics(node_metrics("a"))
    api.routes["/api/v1/nodes"] = status(403, "Forbidden", "nodes is forbidden")
    seen = desk(f"watch pods --server {api.url}", "", "")
    assert seen.looks[0][1] == "cluster totals: not allowed"
    assert names(seen.looks[-1]) == ["web"]
    assert (seen.code, seen.err) == (0, "")
    assert api.paths().count("/api/v1/nodes") == 1


def test_no_word_of_a_server_can_command_the_terminal(desk: TerminalSession, server: Server) -> None:
    evil = status(500, "", "a\x1b[2J\x9b\rb")
    seen = desk(f"watch {server.answers(at(1, a=1), evil)}", "", "", size=(120, 24))
    assert any(r"Error from server: a\x1b[2J\x9b" in text for text in seen.looks[-1])
    assert "".join(desk.console.written).count("\x1b[2J") == 2  # once to enter, once for the first frame


def test_a_first_reading_that_fails_is_shown_if_another_one_may_succeed(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(BROKEN, at(1, a=1))}", "h", "x", "", "", size=(100, 12))
    assert [text for text in seen.looks[0] if text][1:] == [
        "nothing read yet, next try in 2s: Error from server (InternalError): broken",
        f"0 of 0{'h help  q quit':>94}",
    ]
    assert seen.looks[1][2] == "Keys"
    assert rows(seen.looks[-1])[0].split()[-1] == "1000m"
    assert (seen.code, seen.err) == (0, "")
    server.api.requests.clear()
    gone = desk(f"watch {server.answers(BROKEN)}", "q")
    assert (gone.code, len(gone.looks), gone.left, gone.err) == (0, 1, "", "")


@pytest.mark.parametrize("flags", ["--count 9", "--until 'cpu > 9'", "--until 'cpu > 9' --timeout 1h"])
def test_a_first_reading_that_fails_ends_what_ends_by_itself(desk: TerminalSession, server: Server, flags: str) -> None:
    seen = desk(f"watch {server.answers(BROKEN)} {flags}")
    assert (seen.code, seen.looks, seen.err) == (1, [], "Error from server (InternalError): broken\n")
    assert desk.console.written[-1].endswith("\x1b[?1049l")


def test_what_is_refused_at_first_is_refused_later(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(status(403, 'Forbidden', 'no'))}")
    assert (seen.code, seen.looks, seen.err) == (1, [], "Error from server (Forbidden): no\n")


def test_the_screen_is_up_and_takes_keys_before_the_first_answer(desk: TerminalSession, server: Server) -> None:
    def never(poll: Poll, _read: Callable[[], Report], _wake: Callable[[], None]) -> None:
        poll.under_way = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poll, "begin", never)
        seen = desk(f"watch {server.answers(at(1, a=1))}", "h", "x", *[""] * 3, "q", size=(80, 18))
    user = f"context 127.0.0.1:{server.api.port}"
    assert [text for text in seen.looks[0] if text] == [
        user,
        "every 2s",
        "  waiting for the server …",
        f"0 of 0{'h help  q quit':>74}",
    ]
    assert seen.looks[1][2] == "Keys"
    assert seen.looks[5][1] == "every 2s   no answer for 3s"
    assert (seen.code, seen.left, seen.err) == (0, "", "")


def test_nothing_found_is_said_in_the_frame(desk: TerminalSession, api: FakeApi) -> None:
    api.pod_metrics(namespace="default")
    api.pods(namespace="default")
    seen = desk(f"watch pods --server {api.url}")
    assert "  No resources found in default namespace." in seen.looks[0]


# --- how it ends ----------------------------------------------------------------------------------------------


def test_what_a_condition_ends_stays_on_the_terminal(desk: TerminalSession, server: Server) -> None:
    words = f"watch {server.answers(at(1, a=1), at(2, a=2))}"
    failed = desk(f"{words} --fail-if 'cpu > 1'", *[""] * 9)
    table = "NAME   CPU(cores)\na      2000m\n"
    assert (failed.code, failed.left, failed.err) == (3, table, "--fail-if: 1 row matched: a\n")
    met = desk(f"{words} --until 'cpu > 1'", *[""] * 9)
    assert (met.code, met.left) == (0, table)


def test_the_count_and_the_time_end_it(desk: TerminalSession, server: Server) -> None:
    words = f"watch {server.answers(at(1, a=1))}"
    counted = desk(f"{words} --count 3 --until 'cpu > 1'", *[""] * 9)
    assert (counted.code, len(counted.looks), counted.err) == (4, 2, "the condition was not met\n")
    paused = desk(f"{words} --timeout 5s --until 'cpu > 1'", "space", *[""] * 9)
    assert (paused.code, paused.err) == (4, "timed out waiting for the condition\n")
    timed = desk(f"{words} --timeout 5s --until 'cpu > 1'", *[""] * 9)
    assert (timed.code, timed.err) == (4, "timed out waiting for the condition\n")
    assert desk.waits[-3:] == [2, 2, 1]


def test_a_condition_that_q_gave_up_on_is_not_met(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(at(1, a=1))} --until 'cpu > 1'", "", "q")
    assert (seen.code, seen.left, seen.err) == (4, "", "the condition was not met\n")


def test_q_ends_it_and_leaves_nothing(desk: TerminalSession, server: Server) -> None:
    seen = desk(f"watch {server.answers(at(1, a=1))}", "", "q")
    assert (seen.code, seen.left, seen.err) == (0, "", "")
    assert desk.console.written[0].startswith("\x1b[?1049h")
    assert desk.console.written[-1].endswith("\x1b[?1049l")


def test_documents_are_printed_on_a_terminal_as_into_a_pipe(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    assert run(f"watch {server.answers(at(1, a=1))} --count 2 --interval 0.01 -o json").code == 0
    documents = [json.loads(line) for line in terminal.getvalue().splitlines()]
    assert [item["cpu"]["usage"] for document in documents for item in document["items"]] == [10**9, 10**9]


def test_a_dumb_terminal_gets_tables_one_after_the_other(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert run(f"watch {server.answers(at(1, a=1))} --count 2 --interval 0.01").code == 0
    assert terminal.getvalue() == f"NAME   CPU(cores)\na      1000m\n{AT}\nNAME   CPU(cores)\na      1000m\n"


# --- colour ---------------------------------------------------------------------------------------------------


def test_percentages_above_the_thresholds_have_a_colour(desk: TerminalSession) -> None:
    desk(f"watch --demo-at {AT} --columns cpu% --warn 35 --critical 55")
    written = "".join(desk.console.written)
    assert "\x1b[33m40%\x1b[0m" in written
    assert "\x1b[31m59%\x1b[0m" in written
    assert "\x1b[33m<unknown>\x1b[0m" in written
    assert "m32%" not in written


@pytest.mark.parametrize("how", ["--color never", "NO_COLOR"])
def test_colour_can_be_refused(desk: TerminalSession, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "NO_COLOR":
        monkeypatch.setenv(how, "1")
        how = ""
    desk(f"watch --demo-at {AT} {how}")
    assert not any("m" in text.split("\x1b[")[-1][:4] for text in desk.console.written if "\x1b[3" in text)
    assert "\x1b[1m" not in "".join(desk.console.written)
