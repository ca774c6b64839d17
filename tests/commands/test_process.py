"""c3s as a process: pipes, signals, streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, node, node_metrics

pytestmark = [pytest.mark.process, pytest.mark.measured]
C3S = [sys.executable, "-m", "c3s_cli"]


@pytest.fixture
def hanging() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        fake.node_metrics(node_metrics("a"))
        fake.nodes(node("a"))
        fake.routes["/api/v1/pods"] = Reply({"items": []})
        yield fake


def test_a_closed_pipe_is_silent(demo_server: DemoServer) -> None:
    shell = (
        f"{sys.executable} -m c3s_cli top pods -A --server {demo_server.url} -o json | head -1; exit ${{PIPESTATUS[0]}}"
    )
    # So that the pipe is surely closed before the writing begins.
    shell = shell.replace("| head -1", "| (exec <&-)")
    ran = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_full_disk_is_an_error(demo_server: DemoServer) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*C3S, "top", "nodes", "--server", demo_server.url],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, "error: write error: No space left on device\n")


def test_a_closed_stdout_is_an_error(demo_server: DemoServer) -> None:
    shell = f"{sys.executable} -m c3s_cli top nodes --server {demo_server.url} >&-"
    ran = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "error: stdout is closed\n")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
def test_signals_end_a_watch_quietly(demo_server: DemoServer, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [*C3S, "watch", "--interval", "0.1", "--server", demo_server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert "NAME" in process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENT)
    assert (process.returncode, errors) == (code, "")


def test_an_ascii_locale_loses_no_name(hanging: FakeApi) -> None:
    hanging.node_metrics(node_metrics("n\u00f6de"))
    hanging.nodes(node("n\u00f6de"))
    ran = subprocess.run(
        [*C3S, "top", "nodes", "--no-headers", "--server", hanging.url],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert ran.stdout.split()[0] == "n\\xf6de"


def test_modules_of_the_current_folder_are_not_imported(tmp_path: Path, demo_server: DemoServer) -> None:
    for name in ("yaml", "tabulate", "msgspec", "urllib3"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the current folder')\n")
    script = Path(sys.executable).with_name("c3s")
    if not script.exists():
        pytest.skip("c3s is not installed in this environment")
    ran = subprocess.run(
        [script, "top", "nodes", "--server", demo_server.url], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_demo_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    process = subprocess.Popen([*C3S, "demo", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    line = process.stdout.readline()
    url = line.rsplit(" ", 1)[-1].strip("`\n")
    ran = subprocess.run([*C3S, "top", "nodes", "-s", url], capture_output=True, text=True, check=True)
    assert len(ran.stdout.splitlines()) == 11
    taken = subprocess.run(
        [*C3S, "demo", "--port", url.rsplit(":", 1)[-1]], capture_output=True, text=True, check=False
    )
    assert taken.returncode == 1
    assert taken.stderr.startswith("error: cannot listen on 127.0.0.1:")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENT)
    assert process.returncode == 130
