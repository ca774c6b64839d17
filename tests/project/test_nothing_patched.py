"""Nothing patched: after any command, the modules and classes of others are as they have made them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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

code = main(sys.argv[1:])
assert type(sys.meta_path[-1]) is type and not any(is_ours(finder) for finder in sys.meta_path), sys.meta_path
assert inspect.isfunction(sys.modules["re"].compile)
print("patched:", sorted({*walk(), *instances()}), file=sys.stderr)
sys.exit(code)
"""

COMMANDS = [
    "top nodes",
    "top pods -A -o wide",
    "top pods -o json",
    "top cluster -o markdown",
    "top nodes -o grid",
    "top nodes --from kubelet",
    "watch pods --interval 1s --count 1",
    "fit --cpu 1",
    "doctor",
    "contexts --check",
    "columns",
    "--help",
    "nonsense",
]


@pytest.mark.process
@pytest.mark.parametrize("words", COMMANDS)
def test_no_attribute_of_others_is_replaced(demo_server: DemoServer, words: str) -> None:
    server = [] if words in ("columns", "--help", "nonsense") else ["--server", demo_server.url]
    ran = subprocess.run(
        [sys.executable, "-c", WALK, *words.split(), *server], capture_output=True, text=True, check=False
    )
    assert ran.stderr.splitlines()[-1] == "patched: []"


@pytest.mark.process
def test_the_walk_sees_what_is_replaced(demo_server: DemoServer) -> None:
    patching = "import c3s_cli.errors, ssl, urllib3\nssl.create_default_context = c3s_cli.errors.C3sError\n"
    patching += "urllib3.PoolManager.clear = c3s_cli.errors.C3sError\n"
    ran = subprocess.run(
        [sys.executable, "-c", patching + WALK, "top", "nodes", "--server", demo_server.url],
        capture_output=True,
        text=True,
        check=False,
    )
    words = (
        "patched: ['ssl.create_default_context', 'urllib3.PoolManager.clear', 'urllib3.poolmanager.PoolManager.clear']"
    )
    assert ran.stderr.splitlines()[-1] in (words, words.replace("'urllib3.PoolManager.clear', ", ""))


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
