"""Packaging: metadata, versions, workflows, licences."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from c3s_cli import __version__
from tools import licences, release_notes

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REGISTRY = re.compile(r"index[-_]url|pypi\.org|pythonhosted|artifactory|\[\[?tool\.uv\.(index|sources)", re.IGNORECASE)


CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Rights beyond reading the code, and the jobs that need them.
RIGHTS = {"publish": {"id-token": "write"}, "announce": {"contents": "write"}}


def test_every_section_of_the_changelog_can_be_read() -> None:
    headings = [line for line in CHANGELOG.splitlines() if line.startswith("## ")]
    sections = release_notes.sections(CHANGELOG)
    assert len(sections) == len(headings)
    kinds = {line for section in sections for line in section.text.splitlines() if line.startswith("#")}
    assert kinds <= {f"### {kind}" for kind in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")}
    # Right after a release nothing is unreleased.
    assert [each.name for each in sections if "### " not in each.text and (each.text or each.date)] == []
    links = dict(re.findall(r"^\[([^]]+)\]: (\S+)$", CHANGELOG, re.MULTILINE))
    assert list(links) == [section.name for section in sections]
    assert [link for link in links.values() if not link.startswith(f"{PROJECT['urls']['Homepage']}/")] == []


def test_every_release_in_the_changelog_has_a_date_and_the_newest_is_this_version() -> None:
    unreleased, *releases = release_notes.sections(CHANGELOG)
    assert (unreleased.name, unreleased.date) == ("Unreleased", None)
    assert releases[0].name == __version__
    days = [section.date for section in releases if section.date is not None]
    assert len(days) == len(releases)
    assert days == sorted(days, reverse=True)


def test_a_tag_releases_what_the_version_and_the_changelog_say() -> None:
    changelog = (
        "# C\n\n## [Unreleased]\n\n- new\n\n## [1.1] - 2026-01-02\n\n- x\n\n## [1.0]\n\n- y\n\n[1.1]: https://x\n"
    )
    assert release_notes.notes("v1.1", "1.1", changelog) == "- x"
    for tag, version, words in (
        ("v1.2", "1.1", "the tag must be v1.1"),
        ("1.1", "1.1", "the tag must be v1.1"),
        ("v1.0", "1.0", "has no date"),
        ("v2", "2", "has no section for 2"),
    ):
        with pytest.raises(ValueError, match=words):
            release_notes.notes(tag, version, changelog)


def test_the_release_notes_are_those_of_the_checkout(capsys: pytest.CaptureFixture[str]) -> None:
    assert release_notes.main(f"v{__version__}") == 0
    (section,) = (section for section in release_notes.sections(CHANGELOG) if section.name == __version__)
    assert capsys.readouterr().out == f"{section.text}\n"
    assert release_notes.main("v0.0.0") == 1
    assert __version__ in capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)]
    made = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.process
@pytest.mark.process
def test_the_wheel_holds_the_program_its_types_and_its_addresses(built: Path) -> None:
    (file,) = built.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = wheel.namelist()
        metadata = message_from_bytes(wheel.read(f"c3s_cli-{__version__}.dist-info/METADATA"))
    assert "c3s_cli/py.typed" in names
    assert f"c3s_cli-{__version__}.dist-info/licenses/LICENSE" in names
    extra = {f"c3s_cli-{__version__}.{kind}" for kind in ("dist-info", "data")}
    assert {name.split("/")[0] for name in names} == {"c3s_cli", *extra}
    manual = {name.rpartition("/")[2] for name in names if "/data/share/man/man1/" in name}
    assert manual == {file.name for file in (ROOT / "docs" / "man").iterdir()} >= {"c3s.1", "c3s-top-pods.1"}
    addresses = dict(line.split(", ", 1) for line in metadata.get_all("Project-URL", []))
    assert addresses == PROJECT["urls"]
    assert addresses.keys() >= {"Homepage", "Documentation", "Changelog", "Issues"}
    assert (metadata["Version"], metadata["License-Expression"]) == (__version__, "Apache-2.0")


@pytest.mark.process
def test_the_sdist_holds_what_its_tests_need(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    needed = {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml", "tests/lowest.txt"}
    needed |= {str(file.relative_to(ROOT)) for file in [*WORKFLOWS, *(ROOT / "tools").glob("*.py")]}
    assert needed <= names
    assert [name for name in names if name.startswith((".venv", "dist/"))] == []


def workflow(file: Path) -> dict[Any, Any]:
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in workflow(file)["jobs"].values():
        yield from job.get("steps", ())


def test_there_are_workflows() -> None:
    assert {file.stem for file in WORKFLOWS} >= {"test", "audit", "release"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_and_says_its_version(file: Path) -> None:
    used = re.findall(r"^[ -]*uses: *(.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    pinned = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml")
    assert [action for action in used if not pinned.fullmatch(action)] == []
    assert "/latest/" not in file.read_text(encoding="utf-8")


def test_one_action_has_one_version() -> None:
    used = {found for file in WORKFLOWS for found in re.findall(r"uses: (\S+@.+)", file.read_text(encoding="utf-8"))}
    assert sorted({action.split("@")[0] for action in used}) == sorted(action.split("@")[0] for action in used)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_has_no_right_that_it_does_not_need(file: Path) -> None:
    assert workflow(file)["permissions"] == {"contents": "read"}
    given = {name: job["permissions"] for name, job in workflow(file)["jobs"].items() if "permissions" in job}
    assert given == {name: rights for name, rights in RIGHTS.items() if file.stem == "release"}
    assert "secrets." not in file.read_text(encoding="utf-8")
    checkouts = [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []
    # What an outsider may name, a tag or a branch, is a variable of the shell's and not a part of the script.
    assert [step["run"] for step in steps(file) if "${{" in step.get("run", "")] == []


# Workflows that a push of main does not start, and the push that does.
ONLY_ON = {"release": {"tags": ["v*"]}, "newest": None}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_ends_and_runs_once(file: Path) -> None:
    read = workflow(file)
    # A job that calls another workflow has no time of its own.
    jobs = {name: job for name, job in read["jobs"].items() if "uses" not in job}
    assert [name for name, job in jobs.items() if not 0 < job.get("timeout-minutes", 0) <= 60] == []
    assert read["concurrency"]["group"].startswith(f"{file.stem}-")
    # Bash that is asked for by name fails with the first part of a pipe, too.
    assert read["defaults"] == {"run": {"shell": "bash"}}
    # YAML 1.1 takes the word "on" for true.
    pushed = read[True].get("push")
    if file.stem in ONLY_ON:
        assert pushed == ONLY_ON[file.stem]
    else:
        assert pushed.get("branches") == ["main"]
    cancels = "${{ github.event_name == 'pull_request' }}" if file.stem not in ONLY_ON else False
    assert read["concurrency"]["cancel-in-progress"] == cancels


def test_only_a_protected_environment_may_publish() -> None:
    jobs = workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    publishing = [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})]
    assert publishing == ["publish"]
    assert jobs["publish"]["environment"] == "release"
    assert set(jobs["publish"]["needs"]) == {"test", "build"}
    assert [step for step in jobs["publish"]["steps"] if "run" in step] == []


def test_dependencies_and_actions_are_kept_up_to_date() -> None:
    updates = workflow(ROOT / ".github" / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip"}


def test_forms_for_issues_can_be_read() -> None:
    for file in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = workflow(file)
        if file.stem == "config":
            (link,) = form["contact_links"]
            assert link["url"].startswith(f"{PROJECT['urls']['Homepage']}/security/")
        else:
            assert {"name", "description", "body"} <= form.keys()
            assert len({part["id"] for part in form["body"]}) == len(form["body"])


class Package(Distribution):
    """A package that only has metadata."""

    def __init__(self, **fields: str | list[str]) -> None:
        self.fields = {"name": "x", "version": "1", **fields}

    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        message = Message()
        for name, value in self.fields.items():
            for line in [value] if isinstance(value, str) else value:
                message[name.replace("_", "-")] = line
        return message.as_string()

    def locate_file(self, path: object) -> Path:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("fields", "licence", "allowed"),
    [
        ({"license_expression": "Apache-2.0 AND MIT"}, "Apache-2.0 AND MIT", True),
        ({"license_expression": "(MIT OR GPL-3.0-only)"}, "(MIT OR GPL-3.0-only)", False),
        ({"license_expression": "MIT", "license": "GPL-3.0"}, "MIT", True),
        ({"license": "Apache 2.0"}, "Apache-2.0", True),
        ({"license": "GPLv3"}, "GPLv3", False),
        ({"license": "MIT and something else"}, "MIT and something else", False),
        ({"classifier": ["License :: OSI Approved :: MIT License"]}, "MIT", True),
        (
            {"classifier": ["License :: OSI Approved", "License :: OSI Approved :: ISC License (ISCL)"]},
            "ISC",
            True,
        ),
        (
            {"classifier": ["License :: OSI Approved :: MIT License", "License :: Other/Proprietary License"]},
            "MIT AND Other/Proprietary License",
            False,
        ),
        ({"license": "UNKNOWN"}, "unknown", False),
        ({}, "unknown", False),
    ],
)
def test_a_licence_is_told_and_judged(fields: dict[str, str | list[str]], licence: str, allowed: bool) -> None:  # noqa: FBT001  a table
    told = licences.licence_of(Package(**fields).metadata)
    assert (told, licences.is_allowed(told)) == (licence, allowed)


def test_the_list_of_licences_fails_on_one_that_is_not_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    good = [Package(name="Beta", license_expression="MIT"), Package(name="alpha", version="1.10", license="ISC")]
    ours = [Package(name="c3s-cli"), Package(name="pip", license_expression="GPL-3.0-only")]
    assert licences.main([*good, *ours]) == 0
    assert capsys.readouterr() == ("alpha  1.10  ISC\nbeta   1     MIT\n", "")
    assert licences.main([*good, Package(name="bad", license="GPLv3")]) == 1
    assert capsys.readouterr().err == "not on the list of allowed licences: bad 1: GPLv3\n"
    assert licences.main(ours) == 1
    assert "nothing to list" in capsys.readouterr().err


def test_lowest_versions_are_the_declared_ones() -> None:
    declared = dict(re.findall(r"^(\w+)>=([\d.]+)", "\n".join(PROJECT["dependencies"]), re.MULTILINE))
    tested = dict(re.findall(r"^(\w+)==([\d.]+)", (ROOT / "tests/lowest.txt").read_text("utf-8"), re.MULTILINE))
    assert tested.keys() == declared.keys()
    assert [name for name, version in tested.items() if not f"{version}.".startswith(f"{declared[name]}.")] == []


def test_every_dependency_has_an_upper_bound_and_is_tried_without_it() -> None:
    bounded = re.findall(r"^(\w+)>=[\d.]+,<[\d.]+$", "\n".join(PROJECT["dependencies"]), re.MULTILINE)
    assert len(bounded) == len(PROJECT["dependencies"])
    assert re.findall(r"^\w+$", (ROOT / "tests/newest.txt").read_text("utf-8"), re.MULTILINE) == bounded


@pytest.mark.parametrize("name", ["c3s", "kubectl-c3s", "kubectl_complete-c3s"])
def test_console_scripts_lead_to_functions(name: str) -> None:
    (script,) = (script for script in entry_points(group="console_scripts", name=name) if "c3s_cli" in script.value)
    assert script.value == PROJECT["scripts"][name]
    assert callable(script.load())


@pytest.mark.process
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
