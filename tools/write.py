"""`python -m tools.write [FILE...]`: run c3s and write its output into the docs; with --check, only compare."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from cogapp import Cog

from c3s_cli.cli import manual_page, manuals
from c3s_cli.flags.manual import title_of
from tools.recording import svg
from tools.schema import written

ROOT: Final = Path(__file__).parent.parent
SCHEMA: Final = ROOT / "docs" / "schema.json"
RECORDING: Final = ROOT / "docs" / "watch.svg"
MANUAL: Final = ROOT / "docs" / "man"


def pages() -> list[str]:
    """Return the pages that have cog blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [str(page) for page in found if "[[[cog" in page.read_text(encoding="utf-8")]


def main(argv: list[str]) -> int:
    """Write or check the pages, the schema, the recording and the manual, or only the given files."""
    check = "--check" in argv
    wanted = [str(Path(word).resolve()) for word in argv if not word.startswith("-")]
    chosen = [page for page in pages() if not wanted or page in wanted]
    mode = ["--check", "--diff"] if check else ["-r"]
    code = (
        Cog().main(["cog", *mode, "-P", "-n", "utf-8", "-p", "from tools.samples import *", *chosen]) if chosen else 0
    )
    manual: list[tuple[Path, Callable[[], str]]] = [
        (MANUAL / f"{title_of(path)}.1", partial(manual_page, path)) for path in manuals()
    ]
    for path, text in ((SCHEMA, written), (RECORDING, svg), *manual):
        if wanted and str(path) not in wanted:
            continue
        if not check:
            path.write_text(text(), encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text():
            print(f"{path.relative_to(ROOT)} is out of date: make docs")
            code = code or 1
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
