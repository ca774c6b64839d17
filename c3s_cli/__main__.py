"""The process: signals, standard streams and the exit code.

Everything is imported inside functions, so that Ctrl-C during an import ends the program without a traceback.
"""

from __future__ import annotations

import sys


def entry_point() -> None:
    """Run the command line of this process, and exit."""
    try:
        code = _run()
    except KeyboardInterrupt:
        code = 130
    except SystemExit as ended:
        # A signal: see _on_signals.
        code = ended.code if isinstance(ended.code, int) else 1
    _leave(code)


def complete_plugin() -> None:
    """Run as kubectl_complete-c3s, which completes the arguments of `kubectl c3s`."""
    sys.argv[1:1] = ["__complete"]
    entry_point()


def _run() -> int:
    """Run the command line. Return the exit code of the command, or another one if stdout cannot be written."""
    import gc

    # A process that runs for a second need not collect garbage; watch collects after every reading.
    gc.disable()
    from c3s_cli.cli import main, say_error
    from c3s_cli.errors import C3sError, ExitCode
    from c3s_cli.terminal.stderr import silence

    _on_signals()
    _open_streams()
    _report_threads()
    if sys.stdout is None:
        say_error(C3sError("stdout is closed"))
        return ExitCode.FAILURE
    descriptor = sys.stdout.fileno()
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        silence(descriptor)
        return ExitCode.BROKEN_PIPE
    except OSError as problem:
        silence(descriptor)
        say_error(C3sError(f"write error: {problem.strerror}"))
        return ExitCode.FAILURE
    return code


def _on_signals() -> None:
    """Turn SIGTERM and SIGHUP into an exception, so that files with private keys are removed at exit."""
    import signal

    from c3s_cli.errors import ExitCode

    def end(number: int, _frame: object) -> None:
        sys.exit({signal.SIGTERM: ExitCode.TERMINATED, signal.SIGHUP: ExitCode.HANGUP}[signal.Signals(number)])

    for number in (signal.SIGTERM, signal.SIGHUP):
        # nohup ignores SIGHUP; so must the commands that it runs.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _open_streams() -> None:
    """Prepare the standard streams, so that only the output of commands appears on them."""
    import os

    if None in (sys.stdin, sys.stdout, sys.stderr):
        # Otherwise new files and sockets would get the numbers of closed streams, which exec plugins inherit.
        descriptor = os.open(os.devnull, os.O_RDWR)
        while descriptor < 2:
            descriptor = os.dup(descriptor)
        if descriptor > 2:
            os.close(descriptor)
    if sys.stdout is not None and getattr(sys.stdout, "write_through", False):
        # With PYTHONUNBUFFERED, every piece would be a separate write, and data would be lost silently on a full disk.
        sys.stdout = os.fdopen(sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # the real streams have this method


def _report_threads() -> None:
    """Print exceptions of threads and finalizers, which nobody can catch, only with -v."""
    import threading

    from c3s_cli.cli import wants_traces
    from c3s_cli.errors import InternalError
    from c3s_cli.terminal.stderr import tell

    def report(raised: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
        if isinstance(raised.exc_value, Exception):
            tell(InternalError(raised.exc_value).trace())

    hook = report if wants_traces(sys.argv[1:]) else lambda _raised: None
    threading.excepthook = hook
    sys.unraisablehook = hook


def _leave(code: int) -> None:
    """Exit. Neither another signal, nor a filled buffer, nor a running thread changes the exit code."""
    import os
    import signal

    from c3s_cli.kube.keys import remove_keys

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        from c3s_cli.terminal.stderr import silence

        silence(1)
    remove_keys()
    # Python would free every module first, and crash if a daemon thread waits for a lock.
    os._exit(code)


if __name__ == "__main__":
    entry_point()
