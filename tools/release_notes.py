"""Print the changelog section of a version, for the tag that releases it: python -m tools.release_notes v1.2.3.

Fails unless the tag matches the package's version and the changelog has a dated section for it.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
HEADING: Final = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.MULTILINE)
LINK: Final = re.compile(r"^\[[^\]]+\]: \S+$", re.MULTILINE)
VERSION: Final = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


class Section(NamedTuple):
    """The changelog's section for one version; "Unreleased" has no date."""

    name: str
    date: date | None
    text: str


def sections(changelog: str) -> list[Section]:
    """Return the sections of a changelog in its order, newest first."""
    headings = list(HEADING.finditer(changelog))
    ends = [heading.start() for heading in headings[1:]] + [len(changelog)]
    found = []
    for heading, end in zip(headings, ends, strict=True):
        day = date.fromisoformat(heading["date"]) if heading["date"] else None
        found.append(Section(heading["name"], day, LINK.sub("", changelog[heading.end() : end]).strip()))
    return found


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the release notes. ValueError if the tag, the version and the changelog do not agree."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, the package's version is {version}: the tag must be v{version}")
    for section in sections(changelog):
        if section.name == version:
            if section.date is None or not section.text:
                raise ValueError(f"the changelog's section for {version} has no date or no text")
            return section.text
    raise ValueError(f"the changelog has no section for {version}")


def main(tag: str) -> int:
    """Print the release notes of this checkout. Returns the exit code."""
    version = VERSION.search((ROOT / "c3s_cli" / "__init__.py").read_text("utf-8"))
    try:
        text = notes(tag, version[1] if version else "unknown", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.release_notes TAG")
    sys.exit(main(sys.argv[1]))
