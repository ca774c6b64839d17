"""Every failure of c3s: its words, its advice and its exit code.

A message is the whole first line as stderr shows it, in kubectl's words where kubectl has some. The hint is
what to do next. Only `c3s_cli.cli.main` turns an error into output and an exit code.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the program's end means to a script. `docs/reference.md` prints this table."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    CONDITION_MET = 3
    TIMED_OUT = 4
    INCOMPLETE = 5
    HANGUP = 129
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.OK: "fine, also when nothing was found (stderr says so)",
    ExitCode.FAILURE: "failed: the cluster, its answer or the output",
    ExitCode.USAGE: "wrong usage: a flag, an argument or a value; nothing was read",
    ExitCode.CONDITION_MET: "a row matches the condition of --fail-if",
    ExitCode.TIMED_OUT: "--until was not met before --timeout, or within --count readings",
    ExitCode.INCOMPLETE: "a requested row or source could not be read; the rest was printed",
    ExitCode.HANGUP: "the terminal went away (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (SIGINT, Ctrl-C)",
    ExitCode.BROKEN_PIPE: "the reader of the pipe went away (SIGPIPE); nothing is said",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}


class C3sError(Exception):
    """A failure that a user or a server can cause.

    `message` is said after `prefix`; `hint`, if any, is the one line of advice below it.
    """

    code: ExitCode = ExitCode.FAILURE
    prefix: str = "error: "

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Give the words of stderr, without the hint."""
        return self.prefix + self.message


class UsageError(C3sError):
    """The command line is wrong; nothing was read."""

    code = ExitCode.USAGE


class ConfigError(C3sError):
    """A kubeconfig, a credential or a service account cannot be used. Never quotes a file's contents."""


class Unreachable(C3sError):
    """No answer came: refused, unknown host, TLS, proxy, timeout, broken off. The message is the whole line."""

    prefix = ""


class InvalidAnswer(C3sError):
    """The server answered something that is no JSON of the expected shape."""


class ApiError(C3sError):
    """The API server answered with an error, said as kubectl says it.

    status: the HTTP status. reason: the Status's reason ("Forbidden"), "" if it gave none.
    retry_after: seconds, if the server asked for a pause.
    """

    prefix = ""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        retry_after: float | None = None,
        hint: str | None = None,
    ) -> None:
        if status == 401:
            words = f"error: You must be logged in to the server ({detail})"
        elif reason:
            words = f"Error from server ({reason}): {detail}"
        else:
            words = f"Error from server: {detail}"
        super().__init__(words, hint=hint)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after


class QueryFailed(C3sError):
    """A Prometheus refused a query. too_large: whether a smaller one may do."""

    def __init__(self, message: str, *, hint: str | None = None, too_large: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.too_large = too_large


class ReaderGone(C3sError):
    """Whoever read the output went away. Nothing is said: they know."""

    code = ExitCode.BROKEN_PIPE
    prefix = ""


class MetricsUnavailable(C3sError):
    """The cluster serves no metrics, or none yet."""
