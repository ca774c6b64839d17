"""The command line that shows what a watch shows: it parses back to the same Target, Query, View and Pace."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.columns.vocabulary import Column
from c3s_cli.errors import ExitCode
from c3s_cli.request.command_line import command_line
from c3s_cli.request.pace import Pace
from c3s_cli.request.query import Query, SortKey
from c3s_cli.request.target import Target
from c3s_cli.request.view import View
from tests.conftest import Run

Parsed = tuple[Target, Query, View, Pace]


@pytest.fixture
def parsed(run: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that parses a command line, as `c3s watch` would run it."""
    taken: list[Parsed] = []

    def watch(*parts: Any, **_more: Any) -> ExitCode:
        taken.append(parts)
        return ExitCode.OK

    monkeypatch.setattr("c3s_cli.commands.watch.watch", watch)

    def parses(line: str) -> Parsed:
        words = shlex.split(line)
        result = run(*(words[1:] if words[0] == "c3s" else words))
        assert (result.code, result.err) == (0, "")
        return taken.pop()

    return parses


def named(parts: Parsed) -> Any:
    """Return what can be compared: columns by their names, and orders by their words."""
    target, query, view, pace = parts

    def plain(value: Any) -> Any:
        if isinstance(value, Column):
            return value.name
        if isinstance(value, SortKey):
            return value.column.name, value.descending, value.value is value.column.value
        if isinstance(value, tuple):
            return tuple(map(plain, value))
        return str(value) if type(value).__name__ == "Condition" else value

    # --where names the same pods as a workload; only the error if there is no such workload needs its name.
    fields = [name for name in query.__struct_fields__ if name != "workload"]
    return target, {name: plain(getattr(query, name)) for name in fields}, view, pace


LINES = [
    "watch nodes",
    "watch nodes gpu-1 --show-capacity",
    "watch nodes -l 'pool in (a, b),!gpu' --sort-by cpu --limit 3 --sum --trend",
    "watch nodes --by pool,label:app.kubernetes.io/name -o wide --no-headers",
    "watch nodes --where 'pool = a, cpu% > 80' --where 'name ~ \"^x,\\\\d\"' --interval 500ms",
    "watch nodes --fail-if 'cpu% > 80' --fail-if-unknown --count 5",
    "watch pods",
    "watch pods web-1 -n shop --containers",
    "watch pods -n 'a,team-*' --until-all 'cpu < 1' --timeout 10m --sort-by memory:asc,-name",
    "watch pods -A --by owner --columns default,cpu.requests --sort-by -cpu.requests --warn 50 --critical 60.5",
    "watch pods -A --field-selector spec.nodeName=a,status.phase!=Failed --color never",
    "watch pods -A --columns cpu,status --sort-by restarts",
    "watch pods -A --columns name,cpu",
    "watch pods --sort-by cpu:asc,cpu.usage,memory",
    "watch deploy/web -n shop --columns cpu",
    "watch cluster -o wide --context 'prod-*' --context dev --parallel 2",
    "watch cluster --all-contexts --interval 60",
    "watch nodes --kubeconfig 'my file' --cluster c --user u --as 'o brien' --as-group g --as-group h --as-uid 7",
    "watch nodes --server https://x:6443 --certificate-authority ca --client-certificate c --client-key k",
    "watch nodes --insecure-skip-tls-verify --tls-server-name n --disable-compression --request-timeout 90s",
    "watch nodes --demo",
    "watch nodes --demo-at 2026-03-02T09:30:00Z",
    "watch nodes --from kubelet",
    "watch pods --from prometheus:monitoring/http:9090 --facts source --prometheus-match 'a=\"b\"'",
    "watch pods --from 'https://x/p?nocache=1' --prometheus-ca ca",
    "watch pods --from https://x --prometheus-header 'X-Scope: a' --prometheus-token-file t",
]


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_parses_back_to_the_same(parsed: Any, line: str) -> None:
    parts = parsed(line)
    target, query, view, pace = parts
    again = command_line(target, query, view, pace)
    assert named(parsed(again)) == named(parts)


COSTS = [
    "watch nodes",
    "watch pods -A --by namespace -o wide",
    "watch pods -A --sort-by cost.waste",
    "watch nodes --columns default,cost.waste --where 'cost.waste > 12.5'",
    "watch cluster --columns cpu",
]


@pytest.mark.parametrize("line", COSTS)
def test_costs_have_their_prices(parsed: Any, tmp_path: Path, line: str) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, default: {coreHour: 1, gibHour: 1}}")
    parts = parsed(f"{line} --prices {prices}")
    target, query, view, pace = parts
    again = parsed(command_line(target, query, view, pace))
    assert named(again)[2:] == named(parts)[2:]
    assert named(again)[1]["columns"] == named(parts)[1]["columns"]
    assert (again[1].prices is None) is ("cost" not in str(named(parts)[1]["columns"]))


def test_it_is_as_short_as_it_can_be(parsed: Any) -> None:
    def line(words: str, sorted_by: str = "") -> str:
        target, query, view, pace = parsed(words)
        return command_line(target, query, view, pace, sorted_by)

    assert line("watch") == "c3s watch nodes"
    assert line("watch pods -n 'shop' --sort-by cpu") == "c3s watch pods -n shop --sort-by cpu"
    assert line("watch pods -A -o wide", "memory:asc") == "c3s watch pods -A --sort-by memory:asc -o wide"
    assert line("watch ns") == "c3s watch pods -A --by namespace"


def test_it_shows_no_secret(parsed: Any) -> None:
    target, query, view, pace = parsed("watch --server https://x --token s3cret")
    target = structs.replace(target, server="https://u:s3cret@x")
    assert command_line(target, query, view, pace) == "c3s watch nodes --server https://x --token TOKEN"
