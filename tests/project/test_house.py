"""Structure: the map of the packages, the contracts, and no dead code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "c3s_cli"
ENTRIES = sorted(entry.name for entry in HOUSE.iterdir() if entry.name != "__pycache__")
ROOMS = [name for name in ENTRIES if (HOUSE / name).is_dir()]
FILES = [file for folder in ("c3s_cli", "tests", "tools", "benchmarks") for file in (ROOT / folder).rglob("*.py")]
PICTURE = re.compile(r"^```\n(__init__\.py .*?)^```$", re.MULTILINE | re.DOTALL)
# Called by the system, not by name: by the console script, and by io.BufferedReader.
CALLED_FROM_OUTSIDE = {"complete_plugin", "create_module", "readable"}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def test_the_picture_shows_what_ls_shows() -> None:
    picture = PICTURE.search((ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8"))
    assert picture is not None
    shown = [line.split()[0].rstrip("/") for line in picture[1].splitlines() if not line.startswith(" ")]
    assert sorted(shown) == ENTRIES


def test_every_path_in_how_it_works_exists() -> None:
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", page))
    assert named
    assert [name for name in named if not (HOUSE / name).exists() and not (ROOT / name).exists()] == []


def test_the_contracts_name_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    others = {f"c3s_cli.{name.removesuffix('.py')}" for name in ENTRIES if not name.startswith("__")}
    demo, client = contracts[1], contracts[2]
    assert set(demo["forbidden_modules"]) == others - {"c3s_cli.demo"}
    assert set(client["source_modules"]) == others - {"c3s_cli.kube"}


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node uses, in strings too: getattr() and attrgetter() take those."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
            yield name
        case ast.Constant(value=str(text)):
            yield from re.findall(r"\w+", text)
        case _:
            pass


@pytest.mark.slow
def test_nothing_is_there_for_tests_alone() -> None:
    used: Counter[str] = Counter()
    defined: dict[str, str] = {}
    for file in [*HOUSE.rglob("*.py"), *(ROOT / "tools").glob("*.py")]:
        for node in ast.walk(tree(file)):
            used.update(names_in(node))
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and HOUSE in file.parents:
                defined[node.name] = str(file.relative_to(ROOT))
    dead = {name: where for name, where in defined.items() if not used[name] and not name.startswith("__")}
    assert {name: where for name, where in dead.items() if name not in CALLED_FROM_OUTSIDE} == {}
