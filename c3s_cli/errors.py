"""Every failure of c3s: its message, its hint and its exit code.

A message is the whole first line on stderr, in kubectl's words where they exist. The hint says what to do next.
Only `c3s_cli.cli.main` turns an error into output and an exit code.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

ISSUES: Final = "https://github.com/c3s-cli/c3s/issues"


class ExitCode(IntEnum):
    """The exit codes, for scripts. `docs/reference.md` shows them as a table."""

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
    ExitCode.OK: "success, even if nothing was found (stderr says so)",
    ExitCode.FAILURE: "failure: the cluster, its answer, the output (a full disk, a closed stdout) or a bug",
    ExitCode.USAGE: "usage error: a flag, an argument or a value; nothing was read",
    ExitCode.CONDITION_MET: "a row matches --fail-if; with --fail-if-unknown, also if one could not be judged; not all "
    "pods of `c3s fit` fit",
    ExitCode.TIMED_OUT: "--until or --until-all was not met before --timeout, or within --count readings",
    ExitCode.INCOMPLETE: "a requested row or source could not be read, or `c3s fit` does not know an object with pods "
    "(with --strict, or did not consider a rule), or `c3s diff` could not judge --fail-if; with "
    "--fail-if-unknown, also if nothing was found that --fail-if could judge; the rest was printed",
    ExitCode.HANGUP: "the terminal was closed (SIGHUP)",
    ExitCode.INTERRUPTED: "interrupted (SIGINT, Ctrl-C)",
    ExitCode.BROKEN_PIPE: "the reader closed the pipe of stdout (SIGPIPE); stderr stays empty",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}


class C3sError(Exception):
    """A failure that a user or a server can cause.

    `message` is printed after `prefix`; `hint`, if any, is the line below it. `advice` stands for the hint in
    `c3s doctor`, where kubectl's message has none. may_pass: whether another try may succeed, without any change.
    instead: what would be right in place of the names on the command line; the hint is then that line.
    """

    may_pass: bool = False
    instead: str = ""
    code: ExitCode = ExitCode.FAILURE
    prefix: str = "error: "

    def __init__(self, message: str, *, hint: str | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.advice = advice

    def __str__(self) -> str:
        """Return the line for stderr, without the hint."""
        return self.prefix + self.message

    @property
    def first_line(self) -> str:
        """The line for stderr without those that list choices or causes."""
        return str(self).partition("\n")[0]


class UsageError(C3sError):
    """The command line is wrong; nothing was read."""

    code = ExitCode.USAGE


class ConfigError(C3sError):
    """A kubeconfig, a credential or a service account cannot be used. Messages never quote the content of a file."""


class NoCluster(ConfigError):
    """Nothing names a cluster: no kubeconfig, no service account, no --server."""


class Unreachable(C3sError):
    """No answer: connection refused or lost, unknown host, TLS, proxy, timeout. The message is the whole line."""

    may_pass = True
    prefix = ""


class TimedOut(Unreachable):
    """The deadline passed before the answer was complete."""


class BrokenOff(Unreachable):
    """TLS failed, or a connection ended too early. A server that refuses a client certificate may do either."""


class Silent(Unreachable):
    """A stream sent no data for too long."""


class InvalidAnswer(C3sError):
    """The server's answer is not JSON of the expected shape."""


class TooLarge(InvalidAnswer):
    """The server's answer is larger than c3s accepts."""


class ApiError(C3sError):
    """The API server answered with an error; the message is kubectl's.

    status: the HTTP status. reason: the Status's reason ("Forbidden"), "" if it has none.
    retry_after: the server's Retry-After in seconds, if sent. is_status: whether the answer was a Kubernetes Status.
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
        is_status: bool = True,
    ) -> None:
        if status == 401:
            words = f"error: You must be logged in to the server ({detail})"
        elif reason:
            words = f"Error from server ({reason}): {detail}"
        else:
            words = f"Error from server: {detail}"
        super().__init__(words, hint=hint)
        self.status = status
        self.may_pass = status >= 500 or status == 429
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.is_status = is_status


class NoSuchNamespace(C3sError):
    """No namespace of a cluster matches the patterns of -n."""


def is_absence(problem: object) -> bool:
    """Return whether a cluster answered that it does not have an object, or a namespace that matches."""
    return isinstance(problem, NoSuchNamespace) or (isinstance(problem, ApiError) and problem.reason == "NotFound")


class InternalError(C3sError):
    """A bug in c3s: an unexpected exception. Its message is not shown, since it might quote a credential."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(
            f"internal error: {type(problem).__name__}",
            hint=f"this is a bug in c3s; report it at {ISSUES}, with the output of the same command and -v",
        )
        self.problem = problem

    def trace(self) -> str:
        """Return the traceback for -v: files, lines and types, without the messages of exceptions."""
        from traceback import walk_tb  # only needed for a bug

        frames = [
            f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}\n'
            for frame, line in walk_tb(self.problem.__traceback__)
        ]
        return "".join(["Traceback (most recent call last):\n", *frames, f"{type(self.problem).__name__}\n"])


class QueryFailed(C3sError):
    """A Prometheus refused a query. too_large: whether a smaller query may succeed."""

    def __init__(self, message: str, *, hint: str | None = None, too_large: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.too_large = too_large


class ReaderGone(C3sError):
    """The reader of the output closed the pipe. No message is printed."""

    code = ExitCode.BROKEN_PIPE
    prefix = ""


class MixedClusters(C3sError):
    """The figures of several clusters would be added up. Nothing that depends on them can be shown."""


class MetricsUnavailable(C3sError):
    """The cluster has no metrics, or none yet."""
