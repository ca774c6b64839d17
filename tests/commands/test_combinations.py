"""Random combinations of flags: rows, or a usage error before anything is read."""

from __future__ import annotations

import contextlib
import io
import json
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.cli import main
from c3s_cli.demo.server import DemoServer

FORMATS: Final = (
    *("table", "wide", "json", "yaml", "csv", "tsv", "name", "markdown", "grid", "prometheus"),
    "custom-columns=A:.name,B:.cpu.requests,C:.labels.app,D:.pool,E:.pods",
    'jsonpath={range .items[*]}{.name}{.zone}{.cpu}{"\\n"}{end}{.totals}',
    "jsonpath={..usage}",
)
COLUMNS: Final = (
    *("default", "wide", "all", "name", "namespace", "context", "timestamp", "window", "age"),
    *("cpu", "cpu%", "cpu.unused", "cpu.usagePercentOfCapacity", "memory.free", "swap", "swap.usage"),
    *("schedulable", "cpu.schedulableFree", "fits", "placed", "limitedBy", "workload"),
    *("pods", "pods.count", "nodes", "status", "pool", "zone", "taints", "roles", "owner", "node"),
    *('labels["app"]', 'resources["nvidia.com/gpu"].requests', 'resources["nvidia.com/gpu"].free'),
)
KEYS: Final = (
    *("pool", "zone", "instance-type", "status", "version", "label:app", "namespace", "node", "owner", "workload"),
)
CONDITIONS: Final = (
    *("cpu > 1", "cpu = null", "cpu != null", "memory% > 10", "cpu.requests > 1", "name ~ a", "age > 3d"),
    *('pool = ""', "pool = null", "zone != x", "pods.count > 3", "nodes.count > 1", "taints ~ No", "window = 15s"),
)


def flag(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.one_of(st.just([]), values.map(lambda value: [name, value]))


def listed(words: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=most).map(",".join)


sorting = st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["", ":asc", ":desc"])).map("".join)
flags = st.tuples(
    flag("-o", st.sampled_from(FORMATS)),
    flag("--columns", listed(COLUMNS, 4)),
    flag("--by", listed(KEYS, 2)),
    flag("--where", st.sampled_from(CONDITIONS)),
    flag("--fail-if", st.sampled_from(CONDITIONS)),
    flag("--sort-by", sorting),
    flag("--limit", st.sampled_from(["0", "1", "5"])),
    st.sampled_from([[], ["--sum"], ["--no-headers"], ["--sum", "--no-headers"], ["--show-swap"]]),
).map(lambda parts: [word for part in parts for word in part])
commands = st.sampled_from(
    [
        *("top nodes", "top cluster", "top nodes --show-capacity", "watch nodes --count 2 -i 0.001"),
        *("top pods", "top pods -A", "top pods -A --containers", "watch pods --count 2 -i 0.001"),
        *("fit --cpu 1m", "fit --cpu 1m --memory 1Mi --replicas 3"),
        *("top nodes cp-1", "top pods --field-selector status.phase=Running", "watch cluster --count 1"),
    ]
).map(str.split)


@pytest.mark.slow
@given(commands, flags)
def test_any_flags_give_rows_or_a_usage_error(demo_server: DemoServer, command: list[str], words: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*command, *words, "--server", demo_server.url])
    if code == 2:
        assert out.getvalue() == ""
        assert err.getvalue().startswith("error: ")
        return
    assert code in (0, 3)
    assert (code == 3) is (re.search("^--fail-if: .* matched: ", err.getvalue(), re.MULTILINE) is not None)
    if "json" in words:
        for document in out.getvalue().splitlines() if command[0] == "watch" else [out.getvalue()]:
            assert json.loads(document)["kind"].endswith(("UsageList", "FitList"))
