"""Fixtures of all tests: run() for command lines, the demo, a fake API server; no configuration of this machine."""

from __future__ import annotations

import gc
import shlex
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from c3s_cli.cli import main
from c3s_cli.demo.server import DemoServer, start
from tests.patience import PATIENT
from tests.servers import FakeApi

AT = "2026-03-02T09:30:00Z"

# How often what is random is repeated. A busy machine is no failure.
FEW = 30
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=FEW)
settings.register_profile("quick", settings.get_profile("patient"), max_examples=FEW // 2)
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=FEW * 10)
settings.load_profile("patient")


def repeated(times: int) -> int:
    """Return how often to repeat something in a test that is marked `repeated`: `times`, as a rule."""
    return max(1, times * settings().max_examples // FEW)


# What runs in the background, as under nohup, ignores these signals, and so would the programs that the tests start.
for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.default_int_handler if ignored is signal.SIGINT else signal.SIG_DFL)


class Result(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


# Slow tests of what is not measured, or of what others measure as well.
UNMEASURED = ("tests/demo/", "tests/conformance/", "tests/sources/test_engines.py", "tests/sources/test_demo_engine.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(UNMEASURED):
            item.add_marker(pytest.mark.no_cover)


def pytest_collection_finish() -> None:
    # The tests stay until the end: no collection of garbage need look at thousands of them again.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directory of all tests' homes. mktemp() would look through all that are there to make the next one."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, homes: Path) -> None:
    """Keep the kubeconfig, the proxies and the width of whoever runs the tests out of them."""
    if not request.node.get_closest_marker("measured"):
        # Measuring a process takes time, and imports modules that other tests count.
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    for name in (
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
        *(f"{kind}_proxy" for kind in ("http", "https", "all", "no")),
        *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", mkdtemp(dir=homes))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process: `run("top pods -A")`, or words one by one."""

    def runs(*words: str) -> Result:
        argv = shlex.split(words[0]) if len(words) == 1 else list(words)
        code = main(argv)
        captured = capsys.readouterr()
        return Result(int(code), captured.out, captured.err)

    return runs


@pytest.fixture(scope="session")
def demo_server() -> Iterator[DemoServer]:
    with start(at=AT) as server:
        yield server


@pytest.fixture
def demo(run: Run, demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line against the frozen demo. Its kubelets never have a second sample, so nobody waits for one."""
    for name in ("PAUSE", "STILL"):
        monkeypatch.setattr(f"c3s_cli.sources.kubelet.polling.{name}", 0.0)
    # On a machine that is busy, it may compute for long.
    monkeypatch.setattr("c3s_cli.kube.deadline.SILENCE", PATIENT)

    def runs(*words: str) -> Result:
        argv = shlex.split(words[0]) if len(words) == 1 else list(words)
        return run("--server", demo_server.url, *argv)

    return runs


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """Give an API server that answers what a test tells it to."""
    with FakeApi() as fake:
        yield fake
