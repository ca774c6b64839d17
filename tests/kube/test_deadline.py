"""One deadline for a whole reading: whatever hangs or drips, c3s ends in time and says what it waited for.

The file is long because each thing that may hang has a test.
"""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.kube import deadline
from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.faults import MEBI, SLOW, Listener, bomb, drip_handshake, endless, healthy, say_nothing
from tests.patience import FOR_EVER, PATIENT, Later
from tests.run.terminal_session import Terminal
from tests.servers import FakeApi, Fault, Reply, Request, Tunnel, node_metrics, pod, pod_metrics

C3S = [sys.executable, "-m", "c3s_cli"]
METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
LIST = {"items": [node_metrics("a")]}
HINT = "hint: set a longer --request-timeout\n"
# --request-timeout, in seconds.
TIMEOUT = 0.6


def config(path: Path, server: str, user: Any = None, **cluster: Any) -> Path:
    """Write a kubeconfig of one context, `c`."""
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path.write_text(json.dumps(document))
    return path


def in_time(run: Run, words: str, *, least: float = TIMEOUT) -> str:
    """Run a command that must fail at its deadline; give what it said."""
    begun = time.monotonic()
    result = run(f"{words} --request-timeout {TIMEOUT:g}s")
    spent = time.monotonic() - begun
    assert (result.code, result.out) == (1, "")
    assert least - 0.05 <= spent < PATIENT
    return result.err


@pytest.mark.slow
@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW)
def test_a_server_that_drips_ends_at_the_deadline(run: Run, api: FakeApi, fault: Fault) -> None:
    healthy(api).routes[METRICS] = Reply(LIST, fault=fault)
    said = in_time(run, f"top nodes --server {api.url}")
    assert said == f"Unable to connect to the server: timeout while waiting for 127.0.0.1:{api.port}\n{HINT}"


@pytest.mark.slow
@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW)
def test_a_server_that_drips_over_tls_ends_at_the_deadline(run: Run, tmp_path: Path, fault: Fault) -> None:
    files = write_files(tmp_path)
    with FakeApi(server_context()) as api:
        healthy(api).routes[METRICS] = Reply(LIST, fault=fault)
        path = config(tmp_path / "config", api.url, {"token": "t"}, **{"certificate-authority": files["ca.crt"]})
        assert "timeout while waiting for" in in_time(run, f"top nodes --kubeconfig {path}")


@pytest.mark.slow
@pytest.mark.parametrize("serve", [say_nothing, drip_handshake])
def test_tls_that_never_begins_ends_at_the_deadline(
    run: Run, serve: Callable[[socket.socket, threading.Event], None]
) -> None:
    with Listener(serve) as server:
        said = in_time(run, f"top nodes --insecure-skip-tls-verify --server https://127.0.0.1:{server.port}")
        assert f"timeout while waiting for 127.0.0.1:{server.port}" in said


def drip_tunnel(connected: socket.socket, ended: threading.Event) -> None:
    connected.recv(4096)
    connected.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not ended.wait(0.05):
        connected.sendall(b"a")


@pytest.mark.slow
@pytest.mark.parametrize("serve", [say_nothing, drip_tunnel])
def test_a_proxy_that_never_opens_its_tunnel_ends_at_the_deadline(
    run: Run, tmp_path: Path, serve: Callable[[socket.socket, threading.Event], None]
) -> None:
    with Listener(serve) as proxy:
        path = config(tmp_path / "config", "https://cluster.invalid", **{"proxy-url": f"http://127.0.0.1:{proxy.port}"})
        assert "timeout while waiting for cluster.invalid" in in_time(run, f"top nodes --kubeconfig {path}")


@pytest.mark.slow
def test_names_that_are_looked_up_for_ever_end_at_the_deadline(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """getaddrinfo has no timeout, neither for a server nor for its proxy."""
    over = threading.Event()

    def hanging(*_: Any, **__: Any) -> Any:
        over.wait(FOR_EVER)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    assert "timeout while waiting for cluster.example" in in_time(run, "top nodes --server https://cluster.example")
    path = config(tmp_path / "config", "https://cluster.example", **{"proxy-url": "http://proxy.example:1"})
    assert "timeout while waiting for cluster.example" in in_time(run, f"top nodes --kubeconfig {path}")
    over.set()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Give the clock of deadlines."""
    clock = Later()
    monkeypatch.setattr(deadline, "time", clock)
    return clock


def test_the_whole_reading_has_one_deadline_not_every_request(run: Run, api: FakeApi, later: Later) -> None:
    """Each page comes within the timeout, all of them together do not."""

    def slow(request: Request) -> Reply:
        later.seconds += 25
        page = int(dict(request.query).get("continue", "0"))
        return Reply({"metadata": {"continue": str(page + 1)}, "items": [pod("default", f"p{page}")]})

    api.pod_metrics(pod_metrics("default", "p0", ("app", "1m", "1Mi")), namespace="default")
    api.routes["/api/v1/namespaces/default/pods"] = slow
    result = run(f"top pods --columns cpu.requests --request-timeout 60s --server {api.url}")
    # On a busy machine the usage, which is read at the same time, may come too late, too.
    assert result.code in (5, 1)
    assert "Unable to connect to the server: timeout" in result.err
    assert 2 <= sum(request.path.endswith("/default/pods") for request in api.requests) <= 4


def test_pauses_that_a_server_asks_for_fit_the_deadline(run: Run, api: FakeApi) -> None:
    healthy(api).routes[METRICS] = Reply("later", 429, "text/plain", {"Retry-After": "0"})
    result = run(f"top nodes --request-timeout 500ms --server {api.url}")
    assert (result.code, result.out) == (1, "")
    healthy(api).routes[METRICS] = Reply("later", 429, "text/plain", {"Retry-After": "9"})
    result = run(f"top nodes -v --request-timeout 8s --server {api.url}")
    assert (result.code, "asks for a pause" in result.err) == (1, False)


def test_every_reading_of_a_watch_has_its_own_time(run: Run, api: FakeApi, later: Later) -> None:
    healthy(api)

    def slow(_request: Request) -> Reply:
        later.seconds += 25
        return Reply(LIST)

    api.routes[METRICS] = slow
    result = run(f"watch nodes --count 4 -i 0.01 --request-timeout 60s -o name --server {api.url}")
    assert (result.code, result.out) == (0, "node/a\n" * 4)


@pytest.mark.slow
def test_without_the_flag_there_is_a_deadline_too(run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Default: 10s without data, 5m in total."""
    assert (deadline.SILENCE, deadline.TOTAL) == (10.0, 300.0)
    monkeypatch.setattr(deadline, "TOTAL", TIMEOUT)
    for fault in SLOW.values():
        healthy(api).routes[METRICS] = Reply(LIST, fault=fault)
        assert "timeout while waiting" in run(f"top nodes --server {api.url}").err


# --- lists without end ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("same_token", [True, False])
@pytest.mark.parametrize("announced", [None, 0, 3, 10**12])
@pytest.mark.parametrize("what", ["pods", "node metrics", "pod metrics", "nodes"])
def test_a_list_without_end_is_an_error(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, what: str, announced: int | None, *, same_token: bool
) -> None:
    monkeypatch.setattr("c3s_cli.sources.calls.MOST_PAGES", 50)
    healthy(api)
    api.pod_metrics(pod_metrics("default", "p0", ("app", "1m", "1Mi")), namespace="default")
    scope = "/apis/metrics.k8s.io/v1beta1"
    path, item, words = {
        "pods": ("/api/v1/namespaces/default/pods", lambda page: pod("default", f"p{page}"), "top pods -o wide"),
        "node metrics": (METRICS, lambda page: node_metrics(f"n{page}"), "top nodes"),
        "pod metrics": (
            f"{scope}/namespaces/default/pods",
            lambda page: pod_metrics("default", f"p{page}", ("app", "1m", "1Mi")),
            "top pods",
        ),
        "nodes": ("/api/v1/nodes", lambda page: {"metadata": {"name": f"n{page}"}}, "top nodes"),
    }[what]
    api.routes[path] = endless(item, same_token=same_token, announced=announced)
    result = run(f"{words} --server {api.url}")
    assert result.code == (5 if what == "pods" else 1)
    assert ("repeats a page" if same_token else "has no end: ") in result.err
    assert api.paths().count(path) <= (3 if same_token else 55 if announced is None or announced > 3 else 20)


def test_metrics_that_come_in_pages_are_read_to_the_end(run: Run, api: FakeApi) -> None:
    """metrics-server sends whole lists; another implementation of the metrics API need not."""

    def nodes(request: Request) -> Reply:
        if "continue" in dict(request.query):
            return Reply({"metadata": {}, "items": [node_metrics("b")]})
        return Reply({"metadata": {"continue": "more"}, "items": [node_metrics("a")]})

    def pods(request: Request) -> Reply:
        number = 2 if "continue" in dict(request.query) else 1
        metadata = {} if number == 2 else {"continue": "more", "remainingItemCount": 1}
        return Reply({"metadata": metadata, "items": [pod_metrics("default", f"p{number}", ("app", "1m", "1Mi"))]})

    api.routes[METRICS] = nodes
    api.nodes()
    api.routes["/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"] = pods
    assert run(f"top nodes -o name --server {api.url}").out == "node/a\nnode/b\n"
    assert run(f"top pods -o name --server {api.url}").out == "pod/p1\npod/p2\n"


# --- memory ---------------------------------------------------------------------------------------------------


def peak_of(*words: str) -> tuple[int, str]:
    """Run c3s as a process; give its largest resident size in MiB, and what it said."""
    code = (
        "import resource, sys\nfrom c3s_cli.cli import main\ncode = main(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stdout)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=FOR_EVER
    )
    return int(ran.stdout.split()[-1]) >> 10, ran.stderr


@pytest.mark.process
def test_a_gzip_bomb_costs_no_more_than_the_largest_answer(api: FakeApi) -> None:
    healthy(api).routes[METRICS] = bomb(2048 * MEBI)
    peak, said = peak_of("top", "nodes", "--server", api.url)
    assert said == "error: the server's answer is larger than 256 MiB\n"
    assert peak < 1024


# --- files and plugins ----------------------------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Give a FIFO into which nobody writes."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.mark.slow
def test_a_kubeconfig_that_never_comes_ends_at_the_deadline(run: Run, fifo: Path) -> None:
    said = in_time(run, f"top nodes --kubeconfig {fifo}")
    assert said == f"error: timeout while reading the kubeconfig {str(fifo)!r}\n{HINT}"


@pytest.mark.slow
def test_a_token_that_never_comes_ends_at_the_deadline(run: Run, fifo: Path, tmp_path: Path) -> None:
    path = config(tmp_path / "config", "https://127.0.0.1:1", {"tokenFile": str(fifo)})
    said = in_time(run, f"top nodes --kubeconfig {path}")
    assert said == f"error: timeout while reading the token file {str(fifo)!r}\n{HINT}"


def test_a_kubeconfig_from_a_pipe_is_read(run: Run, api: FakeApi, fifo: Path, tmp_path: Path) -> None:
    content = config(tmp_path / "config", healthy(api).url).read_text()
    threading.Thread(target=fifo.write_text, args=(content,), daemon=True).start()
    assert run(f"top nodes -o name --kubeconfig {fifo}").out == "node/a\n"


def test_a_kubeconfig_without_end_is_refused(run: Run) -> None:
    result = run("top nodes --kubeconfig /dev/zero")
    assert result == (1, "", "error: the kubeconfig '/dev/zero' is larger than 32 MiB\n")


def sleeper(tmp_path: Path, seconds: float = FOR_EVER) -> dict[str, Any]:
    """Make an exec plugin that sleeps, and leaves its process id."""
    script = tmp_path / "plugin"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path / 'pid'}\nexec sleep {seconds}\n")
    script.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(script), "interactiveMode": "IfAvailable"}}


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or will at once."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.process
def test_a_plugin_that_hangs_ends_at_the_deadline_and_sends_nothing(run: Run, tmp_path: Path) -> None:
    with Listener(say_nothing) as server:
        path = config(tmp_path / "config", f"https://127.0.0.1:{server.port}", sleeper(tmp_path))
        said = in_time(run, f"top nodes --kubeconfig {path}")
        unable = "Unable to connect to the server: getting credentials: exec: timeout while waiting for executable"
        assert said == f"{unable} {tmp_path / 'plugin'}\n{HINT}"
        # On a busy machine it may not even have begun.
        pid = (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else ""
        assert not pid or is_gone(int(pid))


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_plugin_ends_with_c3s(tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = config(tmp_path / "config", "https://127.0.0.1:1", sleeper(tmp_path))
    with subprocess.Popen([*C3S, "top", "nodes", "--kubeconfig", str(path)], stderr=subprocess.PIPE) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        process.send_signal(number)
        assert (process.wait(PATIENT), process.stderr and process.stderr.read()) == (code, b"")
    assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.process
def test_a_plugin_ends_with_c3s_even_if_it_has_just_begun(tmp_path: Path) -> None:
    path = config(tmp_path / "config", "https://127.0.0.1:1", sleeper(tmp_path))
    code = (
        "import os, signal, subprocess, sys, c3s_cli.__main__ as c3s\n"
        "start = subprocess.Popen\n"
        "def interrupted(*words, **more):\n"
        "    process = start(*words, **more)\n"
        f"    open({str(tmp_path / 'begun')!r}, 'w').write(str(process.pid))\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return process\n"
        "subprocess.Popen = interrupted\n"
        f"sys.argv[1:] = ['top', 'nodes', '--kubeconfig', {str(path)!r}]\n"
        "c3s.entry_point()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=PATIENT)
    assert (ran.returncode, ran.stdout, ran.stderr) == (143, b"", b"")
    assert is_gone(int((tmp_path / "begun").read_text()))


def on_a_terminal(words: list[str], timeout: float = PATIENT) -> str:
    """Run c3s with its stderr on a terminal; give what it showed there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*C3S, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    process.communicate(timeout=timeout)
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:
        pass
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.process
def test_a_person_is_told_what_c3s_waits_for_after_two_seconds(tmp_path: Path) -> None:
    path = config(tmp_path / "config", "https://127.0.0.1:1", sleeper(tmp_path))
    begun = time.monotonic()
    shown = on_a_terminal(["top", "nodes", "--kubeconfig", str(path), "--request-timeout", "3500ms"])
    assert shown.startswith(f"waiting for exec plugin {tmp_path / 'plugin'}\n")
    assert "timeout while waiting for executable" in shown
    assert time.monotonic() - begun >= 3.4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_terminal", "patience", "said"), [(True, 0.1, True), (True, FOR_EVER, False), (False, 0.1, False)]
)
def test_a_person_is_told_only_on_a_terminal_and_after_a_while(
    run: Run, fifo: Path, monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, patience: float, said: bool
) -> None:
    assert deadline.ANNOUNCE_AFTER == 2.0
    stderr = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(deadline, "ANNOUNCE_AFTER", patience)
    assert run(f"top nodes --kubeconfig {fifo} --request-timeout {TIMEOUT}s").code == 1
    assert stderr.getvalue().startswith(f"waiting for kubeconfig {fifo}\n") == said
    assert ("waiting for kubeconfig" in stderr.getvalue()) == said


# --- signals --------------------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_a_reading_that_hangs_at_once(api: FakeApi, number: signal.Signals, code: int) -> None:
    for path in (METRICS, "/api/v1/nodes"):
        api.routes[path] = Reply(LIST, fault=SLOW["hang"])
    process = subprocess.Popen(
        [*C3S, "top", "nodes", "--request-timeout", f"{FOR_EVER:.0f}s", "--server", api.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(api.requests) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    assert process.communicate(timeout=PATIENT) == ("", "")
    assert process.returncode == code


def test_a_tunnel_is_used_within_the_deadline(run: Run, tmp_path: Path) -> None:
    """What dials, tunnels and encrypts still works with a deadline."""
    files = write_files(tmp_path)
    with FakeApi(server_context()) as api, Tunnel(api.port) as proxy:
        healthy(api)
        cluster = {"certificate-authority": files["ca.crt"], "tls-server-name": "127.0.0.1"}
        path = config(tmp_path / "config", "https://cluster.invalid", {"token": "t"}, **cluster)
        path.write_text(path.read_text().replace('"server"', f'"proxy-url": "http://{proxy.address}", "server"'))
        assert run(f"top nodes -o name --request-timeout 60s --kubeconfig {path}").out == "node/a\n"


@pytest.mark.parametrize(
    "words",
    [
        "top nodes",
        "top pods -A --from kubelet",
        "top pods --from prometheus",
        "fit --cpu 1",
        "watch --count 1",
        "doctor",
    ],
)
def test_a_time_that_is_over_before_anything_is_sent_is_said(run: Run, api: FakeApi, words: str) -> None:
    healthy(api)
    result = run(f"{words} --request-timeout 1ns --server {api.url}")
    assert f"timeout while waiting for 127.0.0.1:{api.port}" in (result.out if words == "doctor" else result.err)
    assert (result.code, api.requests) == (1, [])
