"""TCP connections that are begun while the client that will use them is still being imported.

The import takes as long as a round trip, so the connection is there when the client needs it. TLS, and everything else
that is sent over it, is up to the client.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from socket import socket

PORTS: Final = {"http": 80, "https": 443}
# A server may have given up one over which nothing came for longer, while a plugin asked somebody for a password.
FRESH: Final = 5.0


class Dial:
    """One connection under way."""

    def __init__(self, host: bytes, port: int, timeout: float | None) -> None:
        self._begun = time.monotonic()
        self._socket: socket | None = None
        self._late = False
        self._unwanted = False
        self._thread = threading.Thread(target=self._connect, args=(host, port, timeout), daemon=True)
        self._thread.start()

    def _connect(self, host: bytes, port: int, timeout: float | None) -> None:
        from socket import create_connection  # 3 ms, and this thread has the time

        try:
            self._socket = create_connection((host, port), timeout)  # type: ignore[arg-type]  # bytes do, and spare the import of IDNA
        except TimeoutError:
            self._late = True
        except Exception:  # noqa: BLE001  a thread has nobody to raise to
            # The client will try again, and say in its own words what is wrong.
            self._socket = None
        if self._unwanted:
            self.close()

    def answered(self, timeout: float | None) -> socket | None:
        """Wait for the connection: None if it cannot be used, TimeoutError if it is not there in time."""
        self._thread.join(timeout)
        if self._late or self._thread.is_alive():
            self.close()
            raise TimeoutError
        if self._socket is not None and time.monotonic() - self._begun > FRESH:
            self._socket.close()
            return None
        return self._socket

    def close(self) -> None:
        """Close what nobody took, now or as soon as it is there."""
        self._unwanted = True
        if self._socket is not None:
            self._socket.close()


def dial(server: str, connections: int, timeout: float | None) -> list[Dial]:
    """Begin as many connections to the server of a URL. `timeout`: seconds for each, None for no bound."""
    try:
        parts = urlsplit(server)
        host, port = (parts.hostname or "").encode("ascii"), parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return []
    return [Dial(host, port, timeout) for _ in range(connections)] if host else []
