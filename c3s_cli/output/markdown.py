"""Markdown tables, in GitHub's dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from c3s_cli.output.bordered import bordered
from c3s_cli.output.table import with_footer
from c3s_cli.report import Report
from c3s_cli.request.view import View

# Characters with a meaning in Markdown. Underscores between letters or alone have none.
MARKUP: Final = re.compile(r"[\\`*~\[\]|]|(?<![^\W_])_+(?=[^\W_])|(?<=[^\W_])_+(?![^\W_])")
# GitHub turns these into links, even without brackets.
BARE_LINK: Final = re.compile(r"(?i)(https?|ftp|mailto|xmpp|www)([:.])")


def markdown(report: Report, view: View) -> Iterator[str]:
    """Write the table of a report; nothing if there are no rows."""
    return markdown_table(with_footer(report, view)) if report.rows else iter(())


def markdown_table(columns: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Write headings with their cells as literal text: no markup, no HTML, no link, no extra cell."""
    return bordered([(_escaped(heading), list(map(_escaped, cells))) for heading, cells in columns], "github")


def _escaped(cell: str) -> str:
    text = (
        MARKUP.sub(lambda match: "".join(f"\\{sign}" for sign in match[0]), cell)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
    )
    return BARE_LINK.sub(r"\g<1>\\\g<2>", text)
