"""Benchmarks: their arithmetic, and the simulated network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that imports a module of the benchmarks, which are scripts beside each other."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module


def test_a_ratio_is_that_of_the_medians(bench: Any) -> None:
    measure = bench("measure")
    pairs = measure.Pairs([measure.Run(wall, 1.0, 30.0) for wall in (1.0, 2.0, 9.0)], [measure.Run(4.0, 1.0, 60.0)] * 3)
    assert (pairs.ratio("wall"), pairs.ratio("memory")) == (0.5, 0.5)
    assert pairs.spread("wall") == (0.25, 2.25)


def test_a_missed_target_says_by_how_much(bench: Any) -> None:
    measure, report, cases = bench("measure"), bench("report"), bench("cases")
    pairs = measure.Pairs([measure.Run(3.0, 1.0, 30.0)], [measure.Run(4.0, 1.0, 60.0)], [1.0])
    assert report.verdict(cases.Case("S", "a", "b", wall=0.75, memory=0.5), pairs) == "met"
    assert report.verdict(cases.Case("S", "a", "b", wall=0.5, memory=0.4), pairs) == (
        "wall missed by 0.25; memory missed by 0.10"
    )
    assert report.verdict(cases.Case("S", "a", "b", memory_mib=25), pairs) == "memory missed by 5.00 MiB"
    assert report.verdict(cases.Case("S", "a", "b"), pairs) == ""


def test_every_line_has_as_many_cells_as_the_head(bench: Any) -> None:
    measure, report, cases = bench("measure"), bench("report"), bench("cases")
    pairs = measure.Pairs([measure.Run(3.0, 1.0, 30.0)], [measure.Run(4.0, 1.0, 60.0)], [1.0])
    lines = report.table([(case, pairs) for case in cases.CASES])
    assert {line.replace("\\|", "").count("|") for line in lines} == {11}


def test_kubectl_runs_once_for_all_lines_that_compare_with_it(bench: Any) -> None:
    run, cases = bench("run"), bench("cases")
    large = [case for case in cases.CASES if case.size == "XL"]
    assert [len(group) for group in run.groups(large)] == [2, 4, 1, 1]


@pytest.mark.parametrize("part", [["--quick"], ["--only", "^S"]])
def test_the_page_takes_only_a_whole_run(
    bench: Any, part: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--write", *part])
    with pytest.raises(SystemExit):
        bench("run").arguments()
    assert "--write takes the whole table from one run" in capsys.readouterr().err


@pytest.mark.process
def test_a_process_is_measured_and_a_failing_one_is_no_measurement(bench: Any) -> None:
    measure = bench("measure")
    run = measure.run_once([sys.executable, "-c", "import time; time.sleep(0.05)"], {})
    assert run.wall >= 0.05
    assert run.memory > 1
    with pytest.raises(RuntimeError, match=r"ended with 3: no$"):
        measure.run_once([sys.executable, "-c", "import sys; sys.stderr.write('no'); sys.exit(3)"], {})
    endless = ["yes"]
    assert measure.run_once(endless, {"PATH": os.environ["PATH"]}, first_line=True).memory > 0


@pytest.mark.process
def test_the_network_delays_every_byte_and_the_first_ones_twice(bench: Any, tmp_path: Path) -> None:
    certificates = bench("servers").Certificates.make(tmp_path)
    context = bench("ssl").create_default_context(cafile=certificates.authority)
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        words = [str(upstream.getsockname()[1]), "100", str(certificates.server)]
        with subprocess.Popen(
            [sys.executable, str(BENCHMARKS / "delay.py"), *words], stdout=subprocess.PIPE, text=True
        ) as proxy:
            try:
                assert proxy.stdout is not None
                begun = time.monotonic()
                near = context.wrap_socket(
                    socket.create_connection(("127.0.0.1", int(proxy.stdout.readline()))), server_hostname="127.0.0.1"
                )
                shaken = time.monotonic()
                far, _ = upstream.accept()
                with near, far:
                    near.sendall(b"ask")
                    assert far.recv(3) == b"ask"
                    far.sendall(b"answer")
                    assert near.recv(6) == b"answer"
                    answered = time.monotonic()
            finally:
                proxy.kill()
    assert shaken - begun >= 0.2
    assert answered - shaken >= 0.1


@pytest.mark.process
def test_the_simulation_of_a_long_watch_runs(bench: Any) -> None:
    looks = bench("soak").soak(12, 6)
    assert [look.ticks for look in looks] == [6, 10, 12]
    assert all(look.resident > 10 and look.threads > 1 for look in looks)
