"""`python -m tools.write`: run the program and write its output into the docs; with --check, only compare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cogapp import Cog

from tools.schema import written

ROOT: Final = Path(__file__).parent.parent
SCHEMA: Final = ROOT / "docs" / "schema.json"


def pages() -> list[str]:
    """Return the pages that have cog blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [str(page) for page in found if "[[[cog" in page.read_text(encoding="utf-8")]


def main(argv: list[str]) -> int:
    """Write, or check, the pages and the schema."""
    check = "--check" in argv
    mode = ["--check", "--diff"] if check else ["-r"]
    code = Cog().main(["cog", *mode, "-P", "-n", "utf-8", "-p", "from tools.samples import *", *pages()])
    if check:
        fresh = SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == written()
        if not fresh:
            print("docs/schema.json is out of date: make docs")
        return code or int(not fresh)
    SCHEMA.write_text(written(), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
