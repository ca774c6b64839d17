"""The process of an exec plugin: it ends at the deadline, and c3s prints that it is waiting for it."""

from __future__ import annotations

import json  # already imported by the client
import threading
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.kube.deadline import FOREVER, PATIENCE, announce

if TYPE_CHECKING:
    from subprocess import Popen

    from c3s_cli.kube.deadline import Deadline

# Seconds between SIGTERM and SIGKILL.
GRACE: Final = 0.5
# The output of each thread's last plugin.
PRINTED: Final = threading.local()


def process_class(deadline: Deadline) -> type[Popen[str]]:
    """Return a Popen class for the client: its `communicate` ends the process at the deadline."""
    import subprocess

    class Process(subprocess.Popen[str]):
        def communicate(self, _input: Any = None, _timeout: float | None = None) -> tuple[str, str]:
            try:
                printed = self._until_the_end()
            except BaseException:
                # At the deadline and on signals: the answer is no longer needed.
                self._end()
                raise
            PRINTED.text = printed[0]
            return printed

        def _end(self) -> None:
            self.terminate()
            try:
                self.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.kill()
                self.wait()
            for stream in filter(None, (self.stdout, self.stderr)):
                stream.close()

        def _until_the_end(self) -> tuple[str, str]:
            left = deadline.left()
            if left > PATIENCE:
                try:
                    return super().communicate(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    announce(f"exec plugin {_command(self.args)}")
                    left = deadline.left()
            try:
                return super().communicate(timeout=None if left == FOREVER else left)
            except subprocess.TimeoutExpired:
                raise TimeoutError from None

    return Process


def certificate_given() -> tuple[str, str]:
    """Return the certificate and key from this thread's last plugin; "" if it did not return one.

    The client drops them if there is also a token.
    """
    try:
        status = json.loads(getattr(PRINTED, "text", ""))["status"]
        certificate, key = (status.get(name) or "" for name in ("clientCertificateData", "clientKeyData"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", ""
    return str(certificate), str(key)


def _command(args: Any) -> str:
    return str(args[0] if isinstance(args, list) else args)
