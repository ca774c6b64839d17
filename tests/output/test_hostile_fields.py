"""A hostile text in every field that any answer has: nothing on any screen or in any format obeys it.

The answers are those of the demo, which have every field that c3s reads; a proxy puts the text before each string. What
refers to an object still does so, since the name of that object begins with the same text.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlencode
from urllib.request import Request as Question
from urllib.request import urlopen

import pytest

from c3s_cli.demo.server import start
from c3s_cli.sources.kubelet import polling
from tests.conftest import AT, Run
from tests.fleets import kubeconfig
from tests.output.test_untrusted import FORMATS, TEMPLATES, cells_of, is_harmless
from tests.run.terminal_session import TerminalSession
from tests.servers import Answers, FakeApi, Reply, Request

HOSTILE = "=\x1b]0;owned\x07![a](b)|<i>`c`\u202e"
# Without these an answer is refused, or an object is left out: what they may be is fixed.
STRUCTURE = {"kind", "apiVersion", "groupVersion", "resourceVersion", "continue", "status", "type", "phase"}
STRUCTURE |= {"operator", "effect", "resultType", "conditionType", "whenUnsatisfiable"}
NUMBER = re.compile(r"[0-9].*")
LABEL = re.compile(r'(?<=[{,])([a-z_]+)="')


def spoilt(value: Any, key: str = "", *, everything: bool) -> Any:
    """Put the text before each string. everything: also where the structure of an answer depends on it."""
    if isinstance(value, dict):
        return {
            (HOSTILE + name if key in ("labels", "annotations") and "/" not in name else name): spoilt(
                inner, name, everything=everything
            )
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [spoilt(each, key, everything=everything) for each in value]
    fixed = key in STRUCTURE or (isinstance(value, str) and NUMBER.fullmatch(value)) or key == "__name__"
    return value if not isinstance(value, str) or not value or (fixed and not everything) else HOSTILE + value


class Spoiling(dict[str, Answers]):
    """The routes of a proxy in front of a server that answers the same question in the same way."""

    def __init__(self, url: str, *, everything: bool) -> None:
        super().__init__()
        self._url, self._everything = url, everything
        self._known: dict[Any, Reply] = {}

    def get(self, path: str, _default: Any = None) -> Answers:
        return partial(self._passed_on, path)

    def _passed_on(self, path: str, request: Request) -> Reply:
        plain = unquote(path).replace(HOSTILE, "")
        query = urlencode([(name, value.replace(HOSTILE, "")) for name, value in request.query])
        form = request.method == "POST" and request.body is None
        url = f"{self._url}{quote(plain)}" + (f"?{query}" if query and not form else "")
        body = query.encode() if form else None if request.body is None else json.dumps(request.body).encode()
        headers = {"Accept": request.header("Accept") or "*/*"}
        if body is not None:
            headers["Content-Type"] = request.header("Content-Type") or ""
        asked = url, body, headers["Accept"]
        if asked not in self._known:
            self._known[asked] = self._answered(Question(url, body, headers))  # noqa: S310  the demo's
        return self._known[asked]

    def _answered(self, question: Question) -> Reply:
        try:
            with urlopen(question) as answer:  # noqa: S310  the demo's
                return self._spoilt(answer.status, answer.headers["Content-Type"], answer.read())
        except HTTPError as refused:
            return self._spoilt(refused.code, refused.headers["Content-Type"], refused.read())

    def _spoilt(self, code: int, kind: str, body: bytes) -> Reply:
        if "json" in kind:
            return Reply(json.dumps(spoilt(json.loads(body), everything=self._everything)), code, kind)
        escaped = HOSTILE.replace("\\", "\\\\")
        return Reply(LABEL.sub(lambda match: match[0] + escaped, body.decode()), code, kind)


@pytest.fixture(scope="module", params=[False, True], ids=["names", "everything"])
def words(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Give the flags that read a cluster in which everything is hostile, the kubeconfig too.

    It has a pod of nearly every workload of the demo.
    """
    with start(at=AT, nodes=4, pods_per_node=12) as server, FakeApi() as api:
        api.routes = Spoiling(server.url, everything=request.param)
        servers = {HOSTILE: api.url, f"{HOSTILE}2": "http://127.0.0.1:1"}
        path = kubeconfig(tmp_path_factory.mktemp("hostile") / "config", servers)
        yield ["--kubeconfig", str(path)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE", 0.0)
    monkeypatch.setattr(polling, "STILL", 0.0)


ONE, ALL = ["--context", HOSTILE], ["--all-contexts"]
COMMANDS = (
    ("top nodes --columns all", ALL),
    ("top pods -A --columns all", ONE),
    ("top pods -A --containers --limit 30", ONE),
    ("top pods -A --by owner,label:app,zone", ONE),
    ("top deployments -A", ONE),
    ("top cluster -o wide", ALL),
    ("top volumes -A --from kubelet", ONE),
    ("top nodes --from kubelet", ONE),
    ("top pods -A --from prometheus:monitoring/prometheus-server:80 --columns all --limit 30", ONE),
    ("fit --cpu 1 --memory 1Gi --by pool", ONE),
    ("fit --without-where cpu.requests>0 --limit 20", ONE),
    ("contexts --check", ALL),
    ("doctor", ONE),
    ("doctor --from prometheus:monitoring/prometheus-server:80", ONE),
)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "contexts"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_no_field_of_any_answer_is_obeyed_in_any_format(
    run: Run, request: pytest.FixtureRequest, words: list[str], command: str, contexts: list[str]
) -> None:
    seen = 0
    for form in (*FORMATS, *TEMPLATES):
        if command.startswith(("contexts", "doctor")) and form not in ("table", "markdown", "csv", "json", "yaml"):
            continue
        if "-o wide" in command and form != "wide":
            continue
        output = [] if "-o wide" in command else ["-o", form]
        result = run(*command.split(), *output, *contexts, *words)
        assert "internal error" not in result.err
        assert is_harmless(result.out, tabs=form in ("tsv", "name", TEMPLATES[1])), form
        assert is_harmless(result.err), result.err
        if result.code in (1, 2) and not result.out:
            continue
        seen += 1
        if form == "json" and output:
            assert HOSTILE in "".join(strings(json.loads(result.out)))
        elif form in ("csv", "tsv") and output:
            for row in csv.reader(io.StringIO(result.out), "excel-tab" if form == "tsv" else "excel"):
                assert not [cell for cell in row if cell.startswith(("=", "@"))], row
        elif form == "markdown" and output:
            lines = result.out.splitlines()
            assert len({len(cells_of(line)) for line in lines}) <= 1
            bare = re.sub(r"\\[\\`*_~\[\]|.:]", "", result.out)
            assert re.search(r"[<`]|!\[", bare) is None
    assert seen > 0 or request.node.callspec.params["words"]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["watch nodes", "watch pods -A -o wide", "watch cluster", "watch nodes --from kubelet"]
)
def test_no_field_of_any_answer_is_obeyed_on_any_screen(run: Run, words: list[str], command: str) -> None:
    session = TerminalSession(run)
    session(f"{command} {shlex.join([*ALL, *words])}", "", "/", "o", "enter", "h", "h", "", size=(160, 40))
    is_ours = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]")
    assert is_harmless(is_ours.sub("", "".join(session.console.written)))
