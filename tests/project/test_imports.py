"""Start-up is a promise: what a run must not load. Modules are counted, not seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from c3s_cli.demo.server import DemoServer

pytestmark = pytest.mark.process

HEAVY = {"pydantic", "requests", "rich"}


def modules_after(code: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stderr.split("\n"))


def test_nothing_is_loaded_before_signals_are_handled() -> None:
    """Ctrl-C during an import of ours would print a traceback."""
    code = "import sys; before = {*sys.modules}; import c3s_cli.__main__; print(*sorted({*sys.modules} - before))"
    root = Path(__file__).parents[2]
    words = [sys.executable, "-S", "-c", code]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    assert ran.stdout == "c3s_cli c3s_cli.__main__\n"


@pytest.mark.parametrize("words", ["--version", "top nodes --help"])
def test_words_alone_load_no_client(words: str) -> None:
    loaded = modules_after(f"from c3s_cli.cli import main\nmain({words.split()!r})")
    assert not loaded & {*HEAVY, "kubernetes", "urllib3", "yaml"}
    assert ("typer" in loaded) == (words != "--version")


def test_a_reading_loads_only_the_low_level_client(demo_server: DemoServer) -> None:
    words = ["top", "nodes", "--server", demo_server.url]
    loaded = modules_after(f"from c3s_cli.cli import main\nmain({words!r})")
    assert "kubernetes.client.rest" in loaded
    assert not loaded & {*HEAVY, "tabulate", "kubernetes.config", "kubernetes.client.api_client"}
    assert len(loaded) < 406
    assert len([name for name in loaded if name.startswith("c3s_cli")]) < 110


def test_patterns_are_compiled_where_they_are_used(demo_server: DemoServer) -> None:
    code = f"""
import re, sys
from c3s_cli.cli import main
main(["top", "pods", "-A", "-o", "name", "--server", {demo_server.url!r}])
ours = [module for name, module in sys.modules.items() if name.startswith("c3s_cli")]
print(*(name for module in ours for name, value in vars(module).items() if isinstance(value, re.Pattern)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[-2] == ""


def test_others_may_import_more_of_the_client_afterwards(demo_server: DemoServer) -> None:
    words = ["top", "nodes", "-o", "name", "--server", demo_server.url]
    after = (
        "import kubernetes.watch, kubernetes.config\nassert kubernetes.watch.Watch and kubernetes.config.load_config"
    )
    assert "kubernetes.client.api_client" in modules_after(f"from c3s_cli.cli import main\nmain({words!r})\n{after}")


def test_the_plain_import_gives_the_same_output(demo_server: DemoServer) -> None:
    words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "--server", demo_server.url]
    outputs = [
        subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "C3S_PLAIN_IMPORT": plain})
        for plain in ("", "1")
    ]
    assert outputs[0].stdout == outputs[1].stdout
    assert [ran.stderr for ran in outputs] == ["", ""]
