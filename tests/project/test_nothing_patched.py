"""Nothing patched: after any command, the modules and classes of others are as they have made them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from c3s_cli.cli import BUILTINS, COMMANDS
from c3s_cli.demo.server import DemoServer

HERE = Path(__file__)

# Runs in a process of its own: a command, then a walk over what others own.
WALK = """
import gc, inspect, sys, types
from c3s_cli.cli import main

OTHERS = ("urllib3", "ssl", "http", "re", "threading", "kubernetes", "typer", "tabulate", "socket", "subprocess")
# Hooks that are documented to be set.
HOOKS = {("threading", "excepthook")}

def of_others(name):
    return str(name).partition(".")[0] in OTHERS

def is_ours(value):
    owner = value if isinstance(value, (type, types.FunctionType)) else type(value)
    return str(getattr(owner, "__module__", "")).partition(".")[0] == "c3s_cli"

def walk():
    for name, module in list(sys.modules.items()):
        if not of_others(name):
            continue
        if type(module) is not types.ModuleType or module.__spec__ is None or module.__spec__.name != name:
            yield f"{name} is not the module that was imported"
        for attribute, value in list(vars(module).items()):
            if is_ours(value) and (name, attribute) not in HOOKS:
                yield f"{name}.{attribute}"
            if isinstance(value, type) and value.__module__ == name:
                yield from (f"{name}.{attribute}.{key}" for key, each in list(vars(value).items()) if is_ours(each))

def instances():
    for value in gc.get_objects():
        kind = type(value)
        if not of_others(kind.__module__) or not hasattr(value, "__dict__"):
            continue
        # What a class or its constructor takes is a use of it. A function in place of a method is not.
        for attribute, each in list(vars(value).items()):
            replaced = getattr(kind, attribute, None)
            if is_ours(each) and callable(replaced) and not isinstance(replaced, type):
                yield f"{kind.__module__}.{kind.__name__}().{attribute}"

for line in sys.stdin.read().splitlines():
    code = main(line.split())
    assert type(sys.meta_path[-1]) is type and not any(is_ours(finder) for finder in sys.meta_path), sys.meta_path
    assert inspect.isfunction(sys.modules["re"].compile)
    patched = sorted({*walk(), *instances()})
    print("walked:", line.partition(" --server")[0], code, patched, file=sys.stderr)
"""

# Each with its exit code; one process runs a list of them, one after another.
CLUSTER = {
    "top nodes": 0,
    "top pods -A -o wide": 0,
    "top pods -o json": 0,
    "top cluster -o markdown": 0,
    "top volumes -A --from kubelet": 5,
    "top nodes -o grid": 0,
    "top nodes --from kubelet": 5,
    "top pods -A --from prometheus": 0,
    "watch pods --interval 1s --count 1": 0,
    "fit --cpu 1": 0,
    "rightsize -A": 5,
    "doctor": 1,
    "contexts --check": 1,
}
RECORDED = {
    "record RECORDING --count 1": 0,
    "recordings RECORDING": 0,
    "top nodes --from RECORDING": 0,
    "watch nodes --from RECORDING --speed 100": 0,
    "rightsize --from RECORDING -o json": 5,
    "diff nodes RECORDING": 0,
}
ALONE = {
    "columns": 0,
    "completion bash": 0,
    "man top pods": 0,
    "--help": 0,
    "--version": 0,
    "demo --at nonsense": 2,
    "nonsense": 2,
}
OFFLINE = ("recordings", "contexts", "columns", "completion", "man", "--help", "--version", "demo", "nonsense")


def after(code: str, lines: list[str]) -> list[str]:
    """Run command lines in one new process, and return what was found after each."""
    ran = subprocess.run(
        [sys.executable, "-c", code], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    return [line for line in ran.stderr.splitlines() if line.startswith("walked:")] or [ran.stderr]


@pytest.mark.process
@pytest.mark.parametrize("commands", [CLUSTER, RECORDED, ALONE], ids=["cluster", "recorded", "alone"])
def test_no_attribute_of_others_is_replaced(demo_server: DemoServer, tmp_path: Path, commands: dict[str, int]) -> None:
    lines = {words.replace("RECORDING", str(tmp_path / "load.c3s")): code for words, code in commands.items()}
    reads = [f"{line} --server {demo_server.url}" if needs_server(line) else line for line in lines]
    assert after(WALK, reads) == [f"walked: {line} {code} []" for line, code in lines.items()]


def needs_server(line: str) -> bool:
    return line.split(maxsplit=1)[0] not in OFFLINE and "--from /" not in line


def test_every_command_is_walked() -> None:
    walked = " ; ".join([*CLUSTER, *RECORDED, *ALONE])
    aliases = {("nodes",), ("pods",), ("cluster",), ("volumes",), ("watch", "nodes"), ("watch", "cluster")}
    assert [
        path for path in {*COMMANDS, *BUILTINS} - aliases - {("help",), ("version",)} if path[-1] not in walked
    ] == []


@pytest.mark.process
def test_the_walk_sees_what_is_replaced(demo_server: DemoServer) -> None:
    patching = "import c3s_cli.errors, ssl, urllib3\nssl.create_default_context = c3s_cli.errors.C3sError\n"
    patching += "urllib3.PoolManager.clear = c3s_cli.errors.C3sError\n"
    (found,) = after(patching + WALK, [f"top nodes --server {demo_server.url}"])
    words = ["urllib3.poolmanager.PoolManager.clear", "ssl.create_default_context"]
    assert found.startswith("walked: top nodes 1 [")
    assert [word for word in words if repr(word) not in found] == []


def test_the_code_has_no_word_of_patching() -> None:
    house = HERE.parents[2] / "c3s_cli"
    words = (
        "sys.modules[",
        "sys.meta_path",
        "_run_exitfuncs",
        ".urlopen =",
        "wrap_socket =",
        "__class__ =",
        "re.compile =",
    )
    found = {
        (str(path.relative_to(house)), word)
        for path in house.rglob("*.py")
        for word in words
        if word in path.read_text(encoding="utf-8")
    }
    assert found <= {("kube/client_import.py", "sys.modules[")}
