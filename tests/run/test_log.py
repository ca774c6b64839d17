"""What -v logs: PromQL from 8 on, and the time of pauses between requests."""

from __future__ import annotations

import re
import time
from functools import partial

import pytest

from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import Run
from tests.kubelets import NOW, THEN, look, pages
from tests.patience import FOR_EVER
from tests.servers import FakeApi, node

MEMORY = 'query=container_memory_working_set_bytes{id="/"}[300s] time=1772443800.000\n'


@pytest.mark.slow
def test_promql_is_logged_from_eight_on_as_it_is_sent(demo: Run) -> None:
    loud, quiet = (demo(f"top nodes --from prometheus -v {level}") for level in (8, 7))
    assert (loud.code, loud.out) == (quiet.code, quiet.out)
    assert MEMORY in loud.err
    # Before the answer, so that it can be seen what takes long.
    assert loud.err.index("query=time()") < loud.err.index("/query 200 OK")
    assert "query=" not in quiet.err
    ranged = demo("top nodes --since 2h --from prometheus -v 9").err
    assert re.search(r"\nquery=max by .* start=\d+\.000 end=1772443800\.000 step=\d+ nocache=1\n", ranged)
    # The metrics API has no queries.
    assert "query=" not in demo("top nodes -v 8").err


def test_waiting_for_the_second_sample_of_a_kubelet_is_no_decoding(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waits = time.perf_counter, list[float]()
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + sum(waits))
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, sleep=lambda _seconds: waits.append(FOR_EVER)))
    api.nodes(node("a"))
    pages(api, "a", look(THEN), look(NOW, 103.5, 2.0**31))
    result = run(f"top nodes --from kubelet -v 1 --server {api.url}")
    spent = {name: float(ms) for name, ms in re.findall(r"(\w+) ([\d.]+) ms", result.err.splitlines()[-1])}
    assert result.code == 0
    assert spent["requests"] >= FOR_EVER * 1000 > spent["decoding"]
