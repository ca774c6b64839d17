"""c3s where the machine grants little: no threads, little memory, nowhere to write, no Unicode."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer
from tests.authority import server_context, write_files
from tests.conftest import AT, Run
from tests.fleets import Clusters, kubeconfig
from tests.patience import PATIENT
from tests.run.test_terminal import Session
from tests.servers import FakeApi, node, node_metrics

pytestmark = pytest.mark.process
ENTER = "from c3s_cli.__main__ import entry_point; entry_point()"
# As where a limit of processes is reached; the root user of the tests has none.
NO_THREADS = f"""
import threading
def start(_thread): raise RuntimeError("can't start new thread")
threading.Thread.start = start
{ENTER}"""
# As on a system without files in memory; and where no directory can be made.
NO_MEMORY_FILES = "import os; del os.memfd_create\n"
READ_ONLY = "import errno\ndef mkdir(*_): raise OSError(errno.EROFS, os.strerror(errno.EROFS))\nos.mkdir = mkdir\n"
ONE_NODE = "NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)\na      1000m        25%      1024Mi          12%\n"


def c3s(words: str, code: str = ENTER, before: str = "", cwd: Path | None = None) -> tuple[int, str, str]:
    """Run c3s by some Python code, after a command of the shell."""
    start = f"{before}exec {shlex.join([sys.executable, '-c', code])} {words}"
    ran = subprocess.run(["bash", "-c", start], capture_output=True, text=True, check=False, timeout=PATIENT, cwd=cwd)
    return ran.returncode, ran.stdout, ran.stderr


# --- threads and memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "top nodes",
        "top pods -A -o wide --request-timeout 60s",
        "top cluster -o json",
        "watch nodes --count 2 --interval 0.1 -o name",
    ],
)
def test_where_no_thread_can_be_started_one_is_enough(run: Run, demo_server: DemoServer, words: str) -> None:
    words = f"{words} --server {demo_server.url}"
    answer = run(words)
    assert answer.code == 0
    assert c3s(words, NO_THREADS) == answer


@pytest.mark.parametrize("command", ["top", "watch --count 1"])
def test_a_fleet_is_read_one_after_the_other_where_no_thread_can_be_started(tmp_path: Path, command: str) -> None:
    with Clusters() as clusters:
        for name in ("a", "b", "c"):
            clusters(name)
        path = kubeconfig(tmp_path / "config", clusters.urls)
        words = command.replace("watch", "watch nodes") if "watch" in command else f"{command} nodes"
        code, out, err = c3s(f"{words} --all-contexts -o name --kubeconfig {path}", NO_THREADS)
    assert (code, out.splitlines(), err) == (0, ["a\tnode/n", "b\tnode/n", "c\tnode/n"], "")


def test_a_plugin_runs_where_no_thread_can_be_started(tmp_path: Path) -> None:
    credential = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "bash",
        "args": ["-c", f"echo words >&2; echo '{credential}'"],
        "interactiveMode": "Never",
    }
    files = write_files(tmp_path)
    with FakeApi(server_context()) as api:
        api.nodes(node("a"))
        api.node_metrics(node_metrics("a"))
        path = kubeconfig(tmp_path / "config", {"c": api.url}, c={"exec": plugin})
        path.write_text(
            path.read_text().replace('{"server"', f'{{"certificate-authority": "{files["ca.crt"]}", "server"')
        )
        assert c3s(f"top nodes --kubeconfig {path}", NO_THREADS) == (0, ONE_NODE, "words\n")
        assert {request.header("authorization") for request in api.requests} == {"Bearer t"}


def test_a_demo_without_a_thread_is_an_error_in_words() -> None:
    hint = "hint: raise the limit of processes (ulimit -u, or the container's)\n"
    assert c3s("top nodes --demo", NO_THREADS) == (1, "", f"error: no thread can be started\n{hint}")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no such limit is kept")
@pytest.mark.parametrize("kilobytes", [45_000, 60_000, 120_000])
def test_little_memory_is_enough_or_is_said(run: Run, demo_server: DemoServer, kilobytes: int) -> None:
    words = f"top pods -A -o wide --server {demo_server.url}"
    assert c3s(words, before=f"ulimit -v {kilobytes}; ") in (run(words), (1, "", "error: out of memory\n"))


# --- temporary files ------------------------------------------------------------------------------------------


def mutual(folder: Path, api: FakeApi) -> Path:
    """Write a kubeconfig that has a certificate and a key in it."""
    data = {name: b64encode(Path(path).read_bytes()).decode() for name, path in write_files(folder).items()}
    user = {"client-certificate-data": data["client.crt"], "client-key-data": data["client.key"]}
    path = kubeconfig(folder / "config", {"c": api.url}, c=user)
    authority = f'{{"certificate-authority-data": "{data["ca.crt"]}", "server"'
    path.write_text(path.read_text().replace('{"server"', authority))
    return path


@pytest.mark.parametrize(
    ("code", "before", "why"),
    [(READ_ONLY, "", "Read-only file system"), ("", "ulimit -f 0; ", "File too large")],
    ids=["read-only", "full"],
)
def test_keys_without_a_place_are_an_error_and_not_in_the_working_directory(
    tmp_path: Path, code: str, before: str, why: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with FakeApi(server_context(clients=True)) as api:
        words = f"top nodes --kubeconfig {mutual(tmp_path, api)}"
        before = f"export TMPDIR={empty}; {before}"
        ended = c3s(words, f"{NO_MEMORY_FILES}{code}{ENTER}", before, cwd=empty)
    hint = "hint: set $TMPDIR to a directory in which c3s can write\n"
    assert ended == (1, "", f"error: no place for the client's certificate and key: {why}\n{hint}")
    assert list(empty.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs files in memory")
def test_keys_in_memory_need_no_place(tmp_path: Path) -> None:
    with FakeApi(server_context(clients=True)) as api:
        api.nodes(node("a"))
        api.node_metrics(node_metrics("a"))
        words = f"top nodes --kubeconfig {mutual(tmp_path, api)}"
        assert c3s(words, f"import os\n{READ_ONLY}{ENTER}") == (0, ONE_NODE, "")


def test_without_keys_nothing_is_written(demo_server: DemoServer) -> None:
    words = f"top nodes -o name --server {demo_server.url}"
    assert c3s(words, f"{NO_MEMORY_FILES}{READ_ONLY}{ENTER}") == c3s(words)


# --- encodings ------------------------------------------------------------------------------------------------

ENCODINGS = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "iso-8859-1"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_live_view_without_unicode_is_drawn_with_plain_characters(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    for name, value in ENCODINGS[encoding].items():
        monkeypatch.setenv(name, value)
    session = Session(sys.executable, "-m", "c3s_cli", "watch", "--demo-at", AT, "--interval", "60", size=(80, 13))
    try:
        look = session.until("9 of 10")
        assert look[0] == "CPU ##.... 28%  MEMORY #|.... 23%  nodes 10/10 ready  pods 93"
        assert look[-1].split("  ")[0] == "1-9 of 10"
        session.type("h")
        assert "  ^ v     move; also k j PgUp PgDn Home End g G" in session.until("move;")
        session.type("qq")
        assert session.ended() == 0
        assert session.written.isascii()
    finally:
        session.close()
