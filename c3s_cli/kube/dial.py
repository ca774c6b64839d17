"""Connections opened while the client that will use them is still being imported.

The import takes as long as two round trips, for TCP and TLS, so the connection is ready when the client needs it. The
client sends the requests.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from socket import socket

    from c3s_cli.kube.tls import EarlyTls

PORTS: Final = {"http": 80, "https": 443}
# Seconds. A server may close a connection that stays idle longer, e.g. while a plugin prompts for a password.
FRESH: Final = 5.0


class Dial:
    """One connection being opened."""

    def __init__(self, host: bytes, port: int, timeout: float | None, tls: EarlyTls | None) -> None:
        self._begun = time.monotonic()
        self._socket: socket | None = None
        self._late = False
        self._unwanted = False
        self._tls = tls
        self._thread = threading.Thread(target=self._connect, args=(host, port, timeout), daemon=True)
        self._thread.start()

    def _connect(self, host: bytes, port: int, timeout: float | None) -> None:
        from socket import create_connection  # takes 3 ms, here in a thread

        try:
            made = create_connection((host, port), timeout)  # type: ignore[arg-type]  # bytes work, and avoid importing IDNA
            self._socket = self._tls.secured(made) if self._tls else made
        except TimeoutError:
            self._late = True
        except Exception:  # noqa: BLE001  nobody would catch it in this thread
            # The client will try again, and report the error itself.
            self._socket = None
        if self._unwanted:
            self.close()

    def answered(self, timeout: float | None) -> socket | None:
        """Wait for the connection. None if it cannot be used, TimeoutError if it is not open in time."""
        self._thread.join(timeout)
        if self._late or self._thread.is_alive():
            self.close()
            raise TimeoutError
        if self._socket is not None and time.monotonic() - self._begun > FRESH:
            self._socket.close()
            return None
        return self._socket

    def close(self) -> None:
        """Close the connection, now or as soon as it is open."""
        self._unwanted = True
        if self._socket is not None:
            self._socket.close()


def dial(server: str, connections: int, timeout: float | None, tls: EarlyTls | None = None) -> list[Dial]:
    """Open this many connections to the server of a URL, with TLS if `tls` is given.

    timeout: seconds for each wait, None for no limit.
    """
    try:
        parts = urlsplit(server)
        host, port = (parts.hostname or "").encode("ascii"), parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return []
    return [Dial(host, port, timeout, tls) for _ in range(connections)] if host else []
