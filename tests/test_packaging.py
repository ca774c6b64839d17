"""What stands around the program: metadata, versions, and no trace of whoever packaged it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from c3s_cli import __version__

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REGISTRY = re.compile(r"index[-_]url|pypi\.org|pythonhosted|artifactory|\[\[?tool\.uv\.(index|sources)", re.IGNORECASE)


def test_version_is_in_the_changelog() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {__version__}" in changes


def test_lowest_versions_are_the_declared_ones() -> None:
    declared = dict(re.findall(r"^(\w+)>=([\d.]+)", "\n".join(PROJECT["dependencies"]), re.MULTILINE))
    tested = dict(re.findall(r"^(\w+)==([\d.]+)", (ROOT / "tests/lowest.txt").read_text("utf-8"), re.MULTILINE))
    assert tested.keys() == declared.keys()
    assert [name for name, version in tested.items() if not f"{version}.".startswith(f"{declared[name]}.")] == []


@pytest.mark.parametrize("name", ["c3s", "kubectl-c3s", "kubectl_complete-c3s"])
def test_console_scripts_lead_to_functions(name: str) -> None:
    (script,) = (script for script in entry_points(group="console_scripts", name=name) if "c3s_cli" in script.value)
    assert script.value == PROJECT["scripts"][name]
    assert callable(script.load())


def test_no_lock_file_and_no_registry() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [Path(name) for name in listed.stdout.splitlines()]
    assert [str(file) for file in files if file.name in ("uv.lock", "poetry.lock", "Pipfile.lock", "pip.conf")] == []
    configuration = [ROOT / file for file in files if file.suffix in (".toml", ".cfg", ".ini", ".yml", ".txt")]
    configuration += [ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert [str(file) for file in configuration if file.is_file() and REGISTRY.search(file.read_text("utf-8"))] == []


def test_readme_names_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([\w-]+)", readme, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert [name for name in named if not re.search(rf"^{name}:", recipes, re.MULTILINE)] == []
