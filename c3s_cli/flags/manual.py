"""Manual pages (roff) from the same pages as --help."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from c3s_cli.errors import MEANINGS
from c3s_cli.flags.help import ARGUMENTS, EXAMPLES, Entry, Page

# Words of flags, set in bold; the rest of a flag's name is the value that it takes.
FLAG: Final = re.compile(r"--?[A-Za-z][a-z-]*")


def manual(path: Sequence[str], page: Page, others: Sequence[Sequence[str]]) -> str:
    """Write the manual page of a command, section 1. others: the commands that it refers to."""
    return "\n".join(_lines(path, page, others)) + "\n"


def title_of(path: Sequence[str]) -> str:
    """Return the name of a manual page: `c3s-top-pods`."""
    return "-".join(("c3s", *path))


def _lines(path: Sequence[str], page: Page, others: Sequence[Sequence[str]]) -> Iterator[str]:
    text, _, examples = page.text.partition(EXAMPLES)
    first, _, rest = text.strip().partition("\n")
    title = title_of(path)
    yield f'.TH "{title.upper()}" 1 "" "c3s" "User Commands"'
    yield ".SH NAME"
    yield f"{_plain(title)} \\- {_plain(first.removesuffix('.'))}"
    yield ".SH SYNOPSIS"
    words = " ".join(("c3s", *path))
    yield f".B {_plain(words)}"
    yield _plain(page.usage[len(" ".join(path)) :].strip())
    yield ".SH DESCRIPTION"
    for paragraph in (first, *filter(None, rest.strip().split("\n\n"))):
        yield ".PP"
        yield _plain(" ".join(paragraph.split()))
    for section, entries in page.sections:
        yield f".SH {_plain(section.upper())}"
        for entry in entries:
            yield from _entry(entry, bold=section != ARGUMENTS)
    if examples:
        yield f".SH {EXAMPLES.removesuffix(':').upper()}"
        lines = [line.strip() for line in examples.strip().split("\n")]
        for about, command in zip(lines[::2], lines[1::2], strict=True):
            yield from (".PP", _plain(about.removeprefix("# ")), ".PP", ".EX", f"    {_plain(command)}", ".EE")
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from (".TP", f"\\fB{code.value}\\fR", _plain(meaning))
    yield ".SH SEE ALSO"
    yield ", ".join(f"\\fB{_plain(name)}\\fR(1)" for name in (*map(title_of, others), "kubectl"))


def _entry(entry: Entry, *, bold: bool) -> Iterator[str]:
    yield ".TP"
    name = _plain(entry.name.strip())
    if not entry.name.strip().startswith("-"):
        yield f"\\fB{name}\\fR" if bold else f"\\fI{name}\\fR"
    else:
        yield FLAG.sub(lambda flag: f"\\fB{flag[0]}\\fR", entry.name.strip()).replace("-", "\\-")
    yield _plain(entry.about)


def _plain(text: str) -> str:
    """Escape a line of text: backslashes, hyphens that are minus signs, arrows, and a leading dot or quote."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
