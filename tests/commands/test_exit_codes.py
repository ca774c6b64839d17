"""Exit codes: failures of stdout and stderr, signals, bugs; never a traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from c3s_cli.errors import ISSUES, MEANINGS, ExitCode
from tests.conftest import Run
from tests.patience import PATIENT

pytestmark = pytest.mark.process

C3S = f"{sys.executable} -m c3s_cli"
ROOT = Path(__file__).parents[2]


def bash(script: str, *, unbuffered: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script, with or without PYTHONUNBUFFERED."""
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=PATIENT, env=env)


# What becomes of the streams, and the code of `top nodes --fail-if cpu>1m`, which comes to 3.
STREAMS = {
    "": 3,
    "2>/dev/null": 3,
    "2>/dev/full": 3,
    "2>&-": 3,
    "2>/dev/full >/dev/null": 3,
    "2>&1 | head -2; exit ${PIPESTATUS[0]}": 3,
    "2>&1 >/dev/null | (exec <&-); exit ${PIPESTATUS[0]}": 3,
    "<&-": 3,
    "<&- 2>&-": 3,
    ">/dev/full": 1,
    ">/dev/full 2>/dev/full": 1,
    ">&-": 1,
    ">&- 2>&-": 1,
    "| (exec <&-); exit ${PIPESTATUS[0]}": 141,
    "2>/dev/full | (exec <&-); exit ${PIPESTATUS[0]}": 141,
}


@pytest.mark.parametrize(("streams", "code"), STREAMS.items(), ids=STREAMS)
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_the_exit_code_does_not_depend_on_stderr(
    demo_server: DemoServer, streams: str, code: int, unbuffered: str
) -> None:
    words = f"{C3S} top nodes --server {demo_server.url} --fail-if 'cpu>1m' {streams}"
    ran = bash(words, unbuffered=unbuffered)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [("top nodes --nope", 2), ("top", 1), ("top nodes --server http://127.0.0.1:1", 1), ("columns", 0), ("--help", 0)],
)
@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", "2>&1 >/dev/null | (exec <&-); exit ${PIPESTATUS[0]}"])
def test_what_is_said_on_a_broken_stderr_changes_no_code(words: str, code: int, streams: str) -> None:
    assert bash(f"{C3S} {words} {streams}").returncode == code


@pytest.mark.parametrize("words", ["--help", "top nodes --help", "--version", "columns", "completion bash"])
@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        (">/dev/full", 1, "error: write error: No space left on device\n"),
        (">&-", 1, "error: stdout is closed\n"),
        ("| (exec <&-); exit ${PIPESTATUS[0]}", 141, ""),
    ],
)
def test_every_command_says_that_its_output_was_lost(words: str, streams: str, code: int, said: str) -> None:
    ran = bash(f"{C3S} {words} {streams}")
    assert (ran.returncode, ran.stderr) == (code, said)


def test_a_plugin_or_a_socket_never_gets_the_number_of_a_closed_stream(demo_server: DemoServer) -> None:
    """Descriptor 2 is that of stderr even if it is closed: nobody writes error messages into a connection."""
    code = "import os, c3s_cli.__main__ as c3s; c3s._open_streams(); print(os.open('/dev/null', os.O_RDONLY) > 2)"
    assert bash(f'{sys.executable} -c "{code}" 2>&- <&-').stdout == "True\n"


def test_nohup_is_respected(demo_server: DemoServer, tmp_path: Path) -> None:
    words = f"exec nohup {C3S} watch nodes -i 0.05 --count 20 -o name --server {demo_server.url}"
    with subprocess.Popen(["bash", "-c", words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read().count(b"node/") > 100
        assert process.wait(PATIENT) == 0


def test_a_second_signal_does_not_stop_the_clean_up(tmp_path: Path) -> None:
    """What is left to do at the end, such as removing files with private keys, is done."""
    code = (
        "import time, c3s_cli.cli, c3s_cli.__main__ as c3s, c3s_cli.signals as signals\n"
        f"signals.UNDO.append(lambda: (time.sleep(0.5), open({str(tmp_path / 'done')!r}, 'w').close()))\n"
        "c3s_cli.cli.main = lambda: (print('ready', flush=True), time.sleep(600))\n"
        "c3s.entry_point()\n"
    )
    for first, ended in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)):
        (tmp_path / "done").unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.send_signal(first)
            time.sleep(0.2)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                process.send_signal(number)
            assert (process.wait(PATIENT), process.stderr.read()) == (ended, b"")
        assert (tmp_path / "done").exists()


def test_the_interpreter_is_not_torn_down_under_a_thread_that_still_runs() -> None:
    """Python frees its import lock there, and a thread that waits for it would crash the process."""
    code = (
        "import os, sys, threading, c3s_cli.cli, c3s_cli.__main__ as c3s\n"
        "class Held:\n"
        "    def __del__(self, write=os.write):\n"
        "        write(1, b'torn down')\n"
        "sys.modules['held'] = Held()\n"
        "def main():\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "    print('printed, ', end='')\n"
        "    raise KeyboardInterrupt\n"
        "c3s_cli.cli.main = main\n"
        "c3s.entry_point()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "printed, ", "")


@pytest.mark.parametrize(
    "module", ["c3s_cli.cli", "c3s_cli.errors", "typer", "c3s_cli.kube.cluster", "urllib3", "signal"]
)
@pytest.mark.parametrize("way", ["-m c3s_cli", "-c 'from c3s_cli.__main__ import entry_point; entry_point()'"])
def test_ctrl_c_during_an_import_leaves_no_traceback(
    demo_server: DemoServer, tmp_path: Path, module: str, way: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            sys.meta_path.remove(self)\n"
        "            raise KeyboardInterrupt\n"
        f"sys.modules.pop({module!r}, None)\n"
        "sys.meta_path.insert(0, Interrupted())\n"
    )
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} {way} top nodes --server {demo_server.url}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


# --- the last resort ------------------------------------------------------------------------------------------


class OddError(Exception):
    """An exception that nobody expects."""


def broken(*_: object, **__: object) -> None:
    raise OddError("Bearer canary")


@pytest.mark.parametrize("place", ["c3s_cli.cli.run", "c3s_cli.run.fleet.connect", "c3s_cli.run.printing.render"])
def test_a_bug_is_one_line_and_says_where_to_report_it(
    demo_server: DemoServer, run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(place, broken)
    result = run(f"top nodes --server {demo_server.url}")
    hint = f"hint: this is a bug in c3s; report it at {ISSUES}, with the output of the same command and -v\n"
    assert result == (1, "", f"error: internal error: OddError\n{hint}")


def test_a_timeout_that_nobody_expected_is_a_bug_and_no_full_disk(
    demo_server: DemoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("c3s_cli.run.printing.render", late)
    result = run(f"top nodes --server {demo_server.url}")
    assert result.err.startswith("error: internal error: TimeoutError\nhint: ")


def test_a_bug_in_a_thread_is_said_the_same_way(
    demo_server: DemoServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.sources.metrics_api.MetricsUsage.nodes", broken)
    assert run(f"top nodes --server {demo_server.url}").err.startswith("error: internal error: OddError\nhint: ")


@pytest.mark.parametrize("verbose", ["-v", "-v 6", "--v=6"])
def test_the_trace_of_a_bug_is_shown_with_v_and_quotes_nothing(
    demo_server: DemoServer, run: Run, monkeypatch: pytest.MonkeyPatch, verbose: str
) -> None:
    """The message of an exception might be a credential; http.client raises one with a header in it."""
    monkeypatch.setattr("c3s_cli.run.printing.render", broken)
    result = run(f"top nodes {verbose} --server {demo_server.url}")
    assert (result.code, result.out) == (1, "")
    trace = result.err[result.err.index("Traceback") :]
    assert re.search(r'File ".*/run/printing.py", line \d+, in write\n', trace)
    assert trace.splitlines()[-3:-1] == ["OddError", "error: internal error: OddError"]
    assert "canary" not in result.err


def test_no_memory_is_said_so(demo_server: DemoServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("c3s_cli.run.printing.render", full)
    assert run(f"top nodes --server {demo_server.url}") == (1, "", "error: out of memory\n")


class Broken:
    def __del__(self) -> None:
        raise ValueError("canary")


def break_in_the_background() -> int:
    """Raise in a thread and in a finalizer, where nobody catches it."""
    thread = threading.Thread(target=Broken().__del__)
    thread.start()
    thread.join()
    return 0


@pytest.mark.parametrize("flags", [[], ["-v"]])
def test_what_breaks_in_the_background_is_traced_with_v_only(flags: list[str]) -> None:
    code = (
        "import sys, c3s_cli.cli as cli, c3s_cli.__main__ as c3s, tests.commands.test_exit_codes as tests\n"
        "cli.main = tests.break_in_the_background\n"
        f"sys.argv[1:] = {flags}\n"
        "c3s.entry_point()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    traced = [line.strip() for line in ran.stderr.splitlines() if "__del__" in line or not line.startswith("  ")]
    where = f'File "{__file__}", line {Broken.__del__.__code__.co_firstlineno + 1}, in __del__'
    assert (ran.returncode, traced) == (0, ["Traceback (most recent call last):", where, "ValueError"] * 2 * len(flags))


def test_the_reference_has_every_code() -> None:
    page = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    rows = [f"| {int(code)} | {MEANINGS[code]} |\n" for code in ExitCode]
    assert [row for row in rows if row not in page] == []
