"""The findings of c3s doctor, and how to turn an error into one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError

OK, WARNING, BROKEN, UNKNOWN = "ok", "warning", "broken", "unknown"
# How many characters of an error are shown: some servers answer with a whole page.
LONGEST: Final = 300
ANONYMOUS: Final = "system:anonymous"
NOBODY: Final = "not logged in: the kubeconfig's user has no credentials that the server accepts"
# How lines begin that list sources to choose from.
SOURCE: Final = "  --from "
LOGS: Final = "kubectl -n kube-system logs deployment/metrics-server"


class Finding(Struct, frozen=True):
    """The result of one check. result: ok, warning, broken or unknown. hint: what to do, "" if nothing."""

    check: str
    result: str
    finding: str
    hint: str = ""


def words_of(problem: C3sError) -> str:
    """Return the first line of an error, and the sources that the next ones list, without prefix, cut if it is long."""
    first, *rest = str(problem).removeprefix("error: ").split("\n")
    words = " ".join([first, ", ".join(line.strip() for line in rest if line.startswith(SOURCE))]).strip()
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def broken(check: str, problem: C3sError, hint: str = "") -> Finding:
    """Turn an error into a finding. hint: what to do; by default the error's own."""
    words = words_of(problem)
    if f'User "{ANONYMOUS}"' in words:
        hint = NOBODY
    return Finding(check, BROKEN, words, hint or problem.hint or problem.advice)
