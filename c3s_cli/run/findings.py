"""What an examination finds, and how an error becomes a finding."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.run.advice import advice_on

OK, WARNING, BROKEN, UNKNOWN = "ok", "warning", "broken", "unknown"
# Characters of an error: some servers answer with a page.
LONGEST: Final = 300
ANONYMOUS: Final = "system:anonymous"
NOBODY: Final = "nobody is logged in: the kubeconfig's user has no credentials that the server accepts"
LOGS: Final = "kubectl -n kube-system logs deployment/metrics-server"


class Finding(Struct, frozen=True):
    """One thing that was looked at. result: ok, warning, broken or unknown. hint: what to do, "" for nothing."""

    check: str
    result: str
    finding: str
    hint: str = ""


def words_of(problem: C3sError) -> str:
    """Return the first line of an error, without the prefix, and cut if it is long."""
    words = str(problem).split("\n", 1)[0].removeprefix("error: ")
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def broken(check: str, problem: C3sError, hint: str = "") -> Finding:
    """Make a finding of what went wrong. hint: what to do; otherwise the error's own advice, or what is known of it."""
    words = words_of(problem)
    if f'User "{ANONYMOUS}"' in words:
        hint = NOBODY
    return Finding(check, BROKEN, words, hint or problem.hint or advice_on(words))
