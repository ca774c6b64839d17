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


def modules_after(code: str, **environment: str) -> set[str]:
    whole = f"{code}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return set(ran.stderr.split("\n"))


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
    assert not loaded & {"yaml", "wcwidth"}
    json_only = modules_after(f"from c3s_cli.cli import main\nmain({[*words, '-o', 'json']!r})")
    assert "tabulate" not in json_only
    assert len(loaded) < 395


def test_the_plain_import_gives_the_same_output(demo_server: DemoServer) -> None:
    words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "--server", demo_server.url]
    outputs = [
        subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "C3S_PLAIN_IMPORT": plain})
        for plain in ("", "1")
    ]
    assert outputs[0].stdout == outputs[1].stdout
    assert [ran.stderr for ran in outputs] == ["", ""]
