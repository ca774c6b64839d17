"""docs/reliability.md: every promise names a test that exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROMISES = PAGE.partition("\n## Random inputs\n")[0]
ROWS = [
    line for line in PROMISES.splitlines() if line.startswith("| ") and not line.startswith(("| Fault", "| Never |"))
]
NAMED = re.compile(r"\| `([\w/]+\.py)::(test_\w+(?:\[[^]]+\])?)` \|$")


@pytest.mark.process
def test_every_promise_names_a_test_that_exists(request: pytest.FixtureRequest) -> None:
    named = [match.groups() for match in map(NAMED.search, ROWS) if match]
    assert [row for row in ROWS if not NAMED.search(row)] == []
    listed = [item.nodeid for item in request.session.items]
    # A run of the whole suite has collected them; a run of a few files has not.
    files = {f"tests/{file}" for file, _ in named} - {test.partition("::")[0] for test in listed}
    if files:
        words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(files)]
        listed += subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    existing = set(listed) | {line.partition("[")[0] for line in listed}
    assert [each for each in (f"tests/{file}::{test}" for file, test in named) if each not in existing] == []


def test_there_are_at_least_sixty_faults_and_nevers() -> None:
    assert len(ROWS) == len(set(ROWS)) >= 60


def test_the_page_is_found_from_where_people_look() -> None:
    for page in ("README.md", "SECURITY.md", "docs/how-it-works.md", "docs/guide.md"):
        assert "reliability.md" in (ROOT / page).read_text(encoding="utf-8")
