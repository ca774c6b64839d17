"""Exec plugins at a terminal: who may ask when, what is shown of them, and what they leave behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.authority import server_context, write_files
from tests.fleets import NODE_METRICS, kubeconfig
from tests.patience import FOR_EVER, PATIENT
from tests.run.test_terminal import C3S, ENTERED, Session
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status

pytestmark = pytest.mark.process
VERSION = "client.authentication.k8s.io/v1"
# Ask on the terminal, as most tools do: not where it is only the standard input.
ASK = "import getpass\ntoken = getpass.getpass('Password: ')\n"
SLEEP = f"import time\ntime.sleep({FOR_EVER})\n"

Fleet = Callable[..., Path]


def answer(wanted: str, body: Any, refuse: Path, request: Request) -> Reply:
    known = not refuse.exists() and request.header("Authorization") == f"Bearer {wanted}"
    return Reply(body) if known else status(401, "Unauthorized", "Unauthorized")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Give a function that writes a kubeconfig: each context has a server that wants its name as token, and a plugin.

    A plugin is a script that leaves the token in `token`, and maybe when it `expires`. No token is good any more once
    there is a file named `refuse`.
    """
    refuse = tmp_path / "refuse"
    authority = write_files(tmp_path)["ca.crt"]
    with ExitStack() as stack:

        def write(mode: str = "IfAvailable", **scripts: str) -> Path:
            urls, users = {}, {}
            for name, script in scripts.items():
                api = stack.enter_context(FakeApi(server_context()))
                api.routes[NODE_METRICS] = partial(answer, name, {"items": [node_metrics(f"of-{name}")]}, refuse)
                api.routes["/api/v1/nodes"] = partial(answer, name, {"items": [node(f"of-{name}")]}, refuse)
                urls[name] = api.url
                plugin = tmp_path / f"login-{name}"
                plugin.write_text(
                    f"#!{sys.executable}\nimport json\nexpires = None\n{script}\n"
                    f"answer = {{'apiVersion': '{VERSION}', 'kind': 'ExecCredential', "
                    "'status': {'token': token, 'expirationTimestamp': expires}}\nprint(json.dumps(answer))\n"
                )
                plugin.chmod(0o755)
                users[name] = {"exec": {"apiVersion": VERSION, "command": str(plugin), "interactiveMode": mode}}
            path = kubeconfig(tmp_path / "config", urls, **users)
            document = json.loads(path.read_text())
            for each in document["clusters"]:
                each["cluster"]["certificate-authority"] = authority
            path.write_text(json.dumps(document))
            return path

        yield write


def test_a_plugin_that_hangs_holds_up_no_other_context(fleet: Fleet) -> None:
    path = fleet(a="token = 'a'", b=SLEEP)
    words = ["watch", "nodes", "--all-contexts", "-o", "json", "--interval", "0.2", "--count", "4"]
    begun = time.monotonic()
    ended = subprocess.run([*C3S, *words, "--kubeconfig", str(path)], capture_output=True, text=True, check=False)
    assert time.monotonic() - begun < PATIENT
    readings = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [[item["name"] for item in each["items"]] for each in readings] == [["of-a"]] * 4
    reasons = [[(failure["context"], failure["message"][:13]) for failure in each["failures"]] for each in readings]
    assert reasons == [[("b", "no answer for")]] * 4


@pytest.mark.parametrize("mode", ["IfAvailable", "Always"])
def test_prompts_of_several_contexts_come_one_after_the_other_and_are_named(fleet: Fleet, mode: str) -> None:
    path = fleet(mode, a=ASK, b=ASK, c="token = 'c'" if mode == "IfAvailable" else ASK)
    session = Session(*C3S, "top", "nodes", "--all-contexts", "--kubeconfig", str(path), size=(200, 24))
    try:
        asked = ""
        for number in range(1, 3 if mode == "IfAvailable" else 4):
            while session.written.count(b"Password: ") < number:
                session.until("Password: ")
                session.pump(0.05)
            # Nobody else asks before this one has its answer.
            session.pump(0.3)
            assert session.written.count(b"Password: ") == number
            (name,) = re.findall(rb"login-(\w) for context \1:\r\nPassword: $", session.written)
            asked += name.decode()
            session.type(f"{name.decode()}\n")
        assert session.ended() == 0
        look = [line.split()[:2] for line in session.screen.display]
        assert [words for words in look if words and words[0] in "abc"] == [[name, f"of-{name}"] for name in "abc"]
        # A plugin that can do without the terminal never gets it.
        assert sorted(asked) == (["a", "b"] if mode == "IfAvailable" else ["a", "b", "c"])
    finally:
        session.close()


def test_a_plugin_whose_own_answer_is_refused_is_asked_on_the_terminal(fleet: Fleet) -> None:
    """It should fail without a terminal, but makes something up."""
    ask = "import sys\nsys.stderr.write('Who? ')\nsys.stderr.flush()\ntoken = sys.stdin.readline().strip() or 'nobody'"
    path = fleet(a=ask, b="token = 'b'")
    session = Session(*C3S, "top", "nodes", "--all-contexts", "--kubeconfig", str(path), size=(200, 24))
    try:
        session.until("login-a for context a:")
        session.type("a\n")
        assert session.ended() == 0
        assert [line.split()[:2] for line in session.screen.display if " of-" in line] == [["a", "of-a"], ["b", "of-b"]]
    finally:
        session.close()


@pytest.mark.parametrize("names", ["a", "ab"])
def test_a_prompt_that_the_deadline_ends_leaves_the_terminal_as_it_was(fleet: Fleet, names: str) -> None:
    path = fleet(**dict.fromkeys(names, ASK))
    words = ["top", "nodes", "--all-contexts", "--kubeconfig", str(path), "--request-timeout", "3s"]
    session = Session(*C3S, *words, size=(200, 24))
    try:
        session.until("Password: ")
        session.type("half a pass")
        assert session.ended() == 1
        assert b"timeout while waiting for executable" in session.written
        assert b"half a pass" not in session.written
    finally:
        session.close()


def test_lines_of_a_plugin_have_a_place_of_their_own_in_a_live_view(fleet: Fleet, tmp_path: Path) -> None:
    """Its first token is refused after a while; for the second one it wants something, and takes its time."""
    wait = (
        "import os, pathlib, sys, time\n"
        f"token, ran = 'a', pathlib.Path({str(tmp_path / 'ran')!r})\n"
        "if ran.exists():\n"
        "    words = 'open https://login.example/device', 'and enter ABCD'\n"
        "    print(*words, sep='\\n' * 30, file=sys.stderr, flush=True)\n"
        "    try: os.write(os.open('/dev/tty', os.O_WRONLY), b'SCROLL\\n' * 30)\n"
        "    except OSError: pass\n"
        f"    while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.05)\n"
        "ran.touch()\n"
    )
    session = Session(*C3S, "watch", "nodes", "--interval", "0.5", "--kubeconfig", str(fleet(a=wait)))
    try:
        session.until("1–1 of 1")
        (tmp_path / "refuse").touch()
        look = session.until("and enter ABCD")
        place = look.index("open https://login.example/device")
        assert look[place + 1] == "and enter ABCD"
        assert [line.split()[0] for line in look[place + 3 :] if line][:2] == ["NAME", "of-a"]
        assert sum("of-a" in line for line in look) == 1
        (tmp_path / "go").touch()
        session.type("q")
        assert session.ended() == 0
        assert b"SCROLL" not in session.written
    finally:
        session.close()


def test_a_plugin_that_must_ask_does_not_get_the_terminal_of_a_live_view(fleet: Fleet, tmp_path: Path) -> None:
    path = fleet("Always", a="token = input()")
    session = Session(*C3S, "watch", "nodes", "--interval", "0.5", "--kubeconfig", str(path), size=(200, 24))
    try:
        session.type("a\n")
        session.until("1–1 of 1")
        (tmp_path / "refuse").touch()
        session.until(f"exec: executable {tmp_path / 'login-a'} needs the terminal, which the live view uses")
        session.type("q")
        assert session.ended() == 0
        assert session.written.count(ENTERED) == 1
    finally:
        session.close()


def test_a_live_view_begins_when_nobody_asks_any_more(fleet: Fleet) -> None:
    """One context answers at once, another one's plugin asks: the view would hide what it asks, and take the answer."""
    path = fleet("Always", a="token = 'a'", b=ASK)
    words = ["watch", "nodes", "--all-contexts", "--interval", "0.5", "--kubeconfig", str(path)]
    session = Session(*C3S, *words, size=(120, 24))
    try:
        session.until("Password: ")
        session.pump(3)
        assert ENTERED not in session.written
        session.type("b\n")
        look = session.until("1–2 of 2")
        assert [re.findall(r"\w+ +of-\w", line) for line in look if " of-" in line] == [
            ["a         of-a"],
            ["b         of-b"],
        ]
        session.type("q")
        assert session.ended() == 0
    finally:
        session.close()
