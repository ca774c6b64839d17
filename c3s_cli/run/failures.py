"""Messages for the failure of one of several clusters: which cluster, why, and what to do."""

from __future__ import annotations

import re
from typing import Final

from c3s_cli.errors import C3sError
from c3s_cli.model.sample import WHOLE, Failure
from c3s_cli.report import Report

# The place in a hint where a command asks the cluster.
KUBECTL: Final = r"\bkubectl (?=-n |auth |create |describe |get |version\b)"


def failure_of(context: str, problem: C3sError) -> Failure:
    """Make the Failure of a cluster that could not be read. Its hint names the context."""
    message = problem.first_line.removeprefix("error: ")
    hint = problem.hint or "run c3s doctor to find the cause"
    return Failure(context, WHOLE, message, of_context(hint, context))


def lost_contexts(report: Report) -> set[str]:
    """Return the contexts whose cluster could not be read at all."""
    return {failure.context for failure in report.failures if failure.source == WHOLE}


def of_context(hint: str, context: str) -> str:
    """Name the context in the commands of a hint."""
    import shlex  # only failures need it

    flag = f"--context {shlex.quote(context)}"
    hint = hint.replace("c3s doctor ", f"c3s doctor {flag} ")
    return re.sub(KUBECTL, lambda _: f"kubectl {flag} ", hint)


def line_of(failure: Failure, *, with_context: bool = False) -> str:
    """Write a Failure as one line. with_context: whether several contexts are read."""
    if with_context:
        words = f"{failure.message}; hint: {failure.hint}" if failure.source == WHOLE else line_of(failure)
        return f"{failure.context}: {words}"
    if failure.source == "quantity":
        return failure.message
    return f"{failure.source}{'' if failure.partial else ' could not be read'}: {failure.message}"
