"""The process: signals, standard streams, the exit code, and what is not imported before it is used.

Everything is imported inside functions, so that Ctrl-C during an import ends the program without a traceback.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Modules that other modules import, but that hardly any command uses.
SELDOM_USED = {
    *("bz2", "calendar", "email.base64mime", "email.header", "email.quoprimime", "hmac", "linecache", "locale", "lzma"),
    *("mimetypes", "msgspec.inspect", "msgspec.msgpack", "msgspec.toml", "msgspec.yaml", "random", "shellingham"),
    *("subprocess", "tempfile", "tokenize"),
}


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
    _defer_patterns()
    _defer_modules()
    from c3s_cli.cli import main, say_error
    from c3s_cli.errors import C3sError, ExitCode
    from c3s_cli.terminal.stderr import silence

    _on_signals()
    _open_streams()
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


def _defer_patterns() -> None:
    """Let a module's regular expressions be compiled when they are first used.

    The modules that c3s imports define 200 of them. Compiling all would take 40 ms, a tenth of a command, and most are
    never used.
    """
    import re
    from _thread import RLock  # before threading is imported

    compiled, optimized = re.compile, 0x1  # inspect.CO_OPTIMIZED
    compiling = RLock()

    class Pattern:
        """A regular expression that is compiled when a method or attribute of it is first used."""

        # For isinstance, which the functions of re use.
        __class__ = property(lambda _self: re.Pattern)

        def __init__(self, *given: Any) -> None:
            self._given = given

        def __getattr__(self, name: str) -> Any:
            with compiling:  # otherwise several threads would compile the same
                value = getattr(compiled(*self._given), name)
            # The next use finds the attribute itself.
            setattr(self, name, value)
            return value

    def deferred(pattern: Any, flags: Any = 0) -> Any:
        # Only the code of functions is optimized. A function expects to hear whether a pattern is valid.
        of_function = sys._getframe(1).f_code.co_flags & optimized  # noqa: SLF001
        return compiled(pattern, flags) if of_function else Pattern(pattern, flags)

    re.compile = deferred


def _defer_modules() -> None:
    """Let the modules that are seldom used be loaded when they are first used. Loading them would take 15 ms."""
    from _thread import RLock
    from importlib.machinery import PathFinder
    from types import ModuleType

    loading = RLock()

    class Later:
        """A loader that leaves the loading to the first use."""

        def __init__(self, loader: Any) -> None:
            self.loader = loader

        def create_module(self, spec: Any) -> ModuleType:
            return Deferred(spec.name)

        def exec_module(self, _module: ModuleType) -> None:
            pass

    class Deferred(ModuleType):
        """A module that is loaded when an attribute of it is first used."""

        def __getattr__(self, name: str) -> Any:
            # The import system asks for some, such as __path__.
            if name.startswith("__") and name != "__all__":
                raise AttributeError(name)
            with loading:  # otherwise several threads would load the same
                spec: Any = self.__spec__
                if isinstance(spec.loader, Later):
                    spec.loader = self.__loader__ = spec.loader.loader
                    spec.loader.exec_module(self)
                    self.__class__ = ModuleType  # type: ignore[assignment]  # from here on, an ordinary module
            return ModuleType.__getattribute__(self, name)

    class Finder:
        """Finds the modules that are seldom used."""

        @staticmethod
        def find_spec(name: str, path: Any = None, _target: Any = None) -> Any:
            spec: Any = PathFinder.find_spec(name, path) if name in SELDOM_USED else None
            if spec is not None:
                spec.loader = Later(spec.loader)
            return spec

    sys.meta_path.insert(0, Finder)


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
    import threading

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
    # Python would print tracebacks for exceptions in threads and finalizers, where nobody can catch them.
    threading.excepthook = lambda _raised: None
    sys.unraisablehook = lambda _raised: None


def _leave(code: int) -> None:
    """Exit. Neither another signal, nor a filled buffer, nor a running thread changes the exit code."""
    import atexit
    import os
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        from c3s_cli.terminal.stderr import silence

        silence(1)
    # Python itself would first free every module, which takes 5 ms, and crash if a daemon thread waits for a lock.
    # Files are still removed.
    atexit._run_exitfuncs()  # noqa: SLF001  there is no public function to run them before os._exit
    os._exit(code)


if __name__ == "__main__":
    entry_point()
