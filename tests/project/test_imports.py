"""Start-up is a promise: what a run must not load. Modules are counted, not seconds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from c3s_cli.demo.server import DemoServer

# Whoever imports one of these makes every start slower.
NEVER_BY_CLI = {"kubernetes", "tabulate", "rich", "requests", "yaml", "pydantic", "http.server", "asyncio"}
NEVER_BY_A_READING = {"rich", "requests", "pydantic", "oauthlib", "dateutil", "websocket", "asyncio", "http.server"}
NEVER_BY_A_READING |= {"multiprocessing", "importlib.metadata", "wcwidth", "urllib.request", "kubernetes.utils.retry"}


def modules_after(code: str, **environment: str) -> set[str]:
    whole = f"{code}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return set(ran.stderr.split("\n"))


def lines_printed_by(code: str) -> list[str]:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def test_the_cli_loads_nothing_heavy() -> None:
    loaded = modules_after("import c3s_cli.cli")
    assert not loaded & NEVER_BY_CLI
    assert "typer" not in loaded


@pytest.mark.parametrize("words", ["--help", "top nodes --help", "columns", "completion bash"])
def test_words_alone_load_no_client(words: str) -> None:
    loaded = modules_after(f"from c3s_cli.cli import main\nmain({words.split()!r})")
    assert not loaded & {"kubernetes", "urllib3", "yaml", "rich", "pydantic"}


def test_the_version_loads_no_typer() -> None:
    assert "typer" not in modules_after("from c3s_cli.cli import main\nmain(['--version'])")


def test_a_reading_loads_only_the_low_level_client(demo_server: DemoServer) -> None:
    words = ["top", "nodes", "--server", demo_server.url]
    loaded = modules_after(f"from c3s_cli.cli import main\nmain({words!r})")
    assert "kubernetes.client.rest" in loaded
    assert not loaded & NEVER_BY_A_READING
    assert not {name for name in loaded if name.startswith(("kubernetes.client.models", "kubernetes.client.api"))}
    assert "yaml" not in loaded
    assert "tabulate" in loaded
    json_only = modules_after(f"from c3s_cli.cli import main\nmain({[*words, '-o', 'json']!r})")
    assert "tabulate" not in json_only
    assert len(loaded) < 360


def test_the_plain_import_gives_the_same_output(demo_server: DemoServer) -> None:
    words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "--server", demo_server.url]
    outputs = [
        subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "C3S_PLAIN_IMPORT": plain})
        for plain in ("", "1")
    ]
    assert outputs[0].stdout == outputs[1].stdout
    assert [ran.stderr for ran in outputs] == ["", ""]


PATTERNS = """
import re, sys
from c3s_cli import __main__
real = type(re.compile("a"))
__main__._defer_patterns()
OF_MODULE = re.compile("(?P<letter>[a-c])", re.IGNORECASE)
class Text:
    OF_CLASS = re.compile(b"x+")
def of_function():
    return re.compile("y")
def invalid():
    try:
        re.compile("(")
    except re.error:
        return "invalid"
print(type(OF_MODULE) is real, type(Text.OF_CLASS) is real, type(of_function()) is real, invalid())
print(OF_MODULE.match("B")["letter"], OF_MODULE.match("d"), OF_MODULE.groups, Text.OF_CLASS.sub(b"-", b"axxb"))
print(re.sub(OF_MODULE, "-", "ABd"), isinstance(OF_MODULE, re.Pattern), re.compile(OF_MODULE).pattern)
"""


def test_patterns_of_modules_are_compiled_when_they_are_used() -> None:
    assert lines_printed_by(PATTERNS) == [
        "False False True invalid",
        "B None 1 b'a-b'",
        "--d True (?P<letter>[a-c])",
    ]


MODULES = """
import sys, threading
from c3s_cli import __main__
__main__._defer_modules()
import calendar, hmac, mimetypes
print(*sorted({type(module).__name__ for module in (calendar, hmac, mimetypes)}), "digest" in vars(hmac))
import hmac as again
print(again is hmac, hasattr(hmac, "__path__"), hasattr(hmac, "nothing"), "digest" in vars(hmac), type(hmac).__name__)
print(hmac.compare_digest("a", "a"), hmac.__spec__.loader is hmac.__loader__, type(hmac.__loader__).__name__)
loads, asked = [], threading.Barrier(8)
load = mimetypes.__spec__.loader.loader.exec_module
mimetypes.__spec__.loader.loader.exec_module = lambda module: loads.append(load(module))
def ask():
    asked.wait()
    found.append(mimetypes.guess_type("a.txt")[0])
found = []
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(set(found), len(found), len(loads))
from calendar import timegm
print(timegm((1970, 1, 2, 0, 0, 0)), type(calendar).__name__)
everything = {}
exec("from tokenize import *", everything)
print("generate_tokens" in everything)
"""


def test_modules_that_are_seldom_used_are_loaded_when_they_are_used() -> None:
    assert lines_printed_by(MODULES) == [
        "Deferred False",
        "True False False True module",
        "True True SourceFileLoader",
        "{'text/plain'} 8 1",
        "86400 module",
        "True",
    ]


def test_an_ordinary_reading_loads_no_module_that_is_seldom_used(demo_server: DemoServer) -> None:
    code = """
import atexit, sys
from c3s_cli import __main__
def tell():
    known = __main__.SELDOM_USED & set(sys.modules)
    print(len(known) > 15, [name for name in known if type(sys.modules[name]).__name__ != "Deferred"], file=sys.stderr)
atexit.register(tell)
__main__.entry_point()
"""
    words = ["top", "pods", "-A", "-o", "wide", "--server", demo_server.url]
    # Coverage would load some of them.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, env=plain)
    assert ran.stderr == "True []\n"
