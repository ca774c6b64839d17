"""A recorder that is interrupted or killed loses nothing that was stored."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import repeated
from tests.kills import kill_recorders
from tests.patience import PATIENT


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.repeated
def test_a_recorder_that_is_killed_loses_no_reading_that_was_committed(tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    assert {*kill_recorders(path, repeated(2))} == {""}
    command = [sys.executable, "-m", "c3s_cli", "record", path, "--demo", "--count", "1"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["r.c3s"]


@pytest.mark.process
def test_a_signal_waits_until_a_reading_is_stored() -> None:
    program = (
        "import os, signal\n"
        "from c3s_cli import signals\n"
        "signals.handle()\n"
        "with signals.held():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('stored', flush=True)\n"
        "print('never', flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (143, "stored\n")


@pytest.mark.process
def test_a_signal_that_the_main_thread_does_not_notice_ends_c3s() -> None:
    program = (
        "import os, signal, threading, time\n"
        "from c3s_cli import signals\n"
        "from c3s_cli.parallel import start_thread\n"
        "signals.handle()\n"
        "signals.listen()\n"
        "start_thread(lambda: time.sleep(600))\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Event().wait(600)\n"
    )
    begun = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert ended.returncode == 143
    assert time.monotonic() - begun < PATIENT
