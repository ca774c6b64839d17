"""The process: standard streams and the exit code.

Everything is imported inside functions, after the handlers of signals are there. Until then, each import is a moment at
which Ctrl-C would print a traceback.
"""

import sys  # Python has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def entry_point() -> None:
    """Run the command line of this process, and exit."""
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # That raises, in the next imports, too: Python may ignore it there, and keep its import lock for ever.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from c3s_cli import signals

        signals.handle()
        code = _run()
    except KeyboardInterrupt:
        # Before the handlers were there.
        code = 130
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    from c3s_cli import signals

    signals.leave(_flushed(code))


def complete_plugin() -> None:
    """Run as kubectl_complete-c3s, which completes the arguments of `kubectl c3s`."""
    sys.argv[1:1] = ["__complete"]
    entry_point()


def _run() -> int:
    """Run the command line. Return the exit code of the command, or another one if stdout cannot be written."""
    import gc

    # A process that runs for a second need not collect garbage; watch collects after every reading.
    gc.disable()
    from c3s_cli import signals
    from c3s_cli.cli import main, say_error
    from c3s_cli.errors import C3sError, ExitCode
    from c3s_cli.terminal.stderr import silence

    _open_streams()
    signals.listen()
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
            stream.reconfigure(errors=_errors_of(stream))  # type: ignore[union-attr]  # the real streams have this method


def _errors_of(stream: "TextIO") -> str:
    """Return the name of what handles characters that a stream cannot encode."""
    if stream.encoding.lower() == "utf-8":
        return "backslashreplace"
    from c3s_cli.terminal.encoding import error_handler

    return error_handler()


def _report_threads() -> None:
    """Print exceptions of threads and finalizers, which nobody can catch, only with -v."""
    import threading

    from c3s_cli.cli import wants_traces
    from c3s_cli.errors import InternalError
    from c3s_cli.terminal.stderr import tell

    def report(raised: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if isinstance(raised.exc_value, Exception):
            tell(InternalError(raised.exc_value).trace())

    hook = report if wants_traces(sys.argv[1:]) else lambda _raised: None
    threading.excepthook = hook
    sys.unraisablehook = hook


def _flushed(code: int) -> int:
    """Write what is left of the output. A failure has been reported before, or is that of the reader."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        from c3s_cli.terminal.stderr import silence

        silence(1)
    return code


if __name__ == "__main__":
    entry_point()
