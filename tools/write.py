"""`python -m tools.write [FILE...]`: run c3s and write its output into the docs; with --check, only compare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cogapp import Cog

from tools.recording import svg
from tools.schema import written

ROOT: Final = Path(__file__).parent.parent
SCHEMA: Final = ROOT / "docs" / "schema.json"
RECORDING: Final = ROOT / "docs" / "watch.svg"


def pages() -> list[str]:
    """Return the pages that have cog blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [str(page) for page in found if "[[[cog" in page.read_text(encoding="utf-8")]


def main(argv: list[str]) -> int:
    """Write or check the pages, the schema and the recording, or only the given files."""
    check = "--check" in argv
    wanted = [str(Path(word).resolve()) for word in argv if not word.startswith("-")]
    chosen = [page for page in pages() if not wanted or page in wanted]
    mode = ["--check", "--diff"] if check else ["-r"]
    code = (
        Cog().main(["cog", *mode, "-P", "-n", "utf-8", "-p", "from tools.samples import *", *chosen]) if chosen else 0
    )
    for path, text in ((SCHEMA, written), (RECORDING, svg)):
        if wanted and str(path) not in wanted:
            continue
        if not check:
            path.write_text(text(), encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text():
            print(f"docs/{path.name} is out of date: make docs")
            code = code or 1
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
