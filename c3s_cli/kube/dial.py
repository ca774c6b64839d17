"""Connections opened while the client that will use them is still being imported.

The import takes as long as two round trips, for TCP and TLS, so the connection is ready when the client needs it. The
client sends the requests.
"""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from c3s_cli.kube.deadline import Job

if TYPE_CHECKING:
    from socket import socket

    from c3s_cli.kube.tls import Tls

PORTS: Final = {"http": 80, "https": 443}
# Seconds. A server may close a connection that stays idle longer, e.g. while a plugin prompts for a password.
FRESH: Final = 5.0
# Seconds until the next address of a name is tried, too, as Go does between IPv6 and IPv4.
NEXT: Final = 0.3


class Dial:
    """One connection being opened, with TLS if `tls` is given."""

    def __init__(self, host: str, port: int, timeout: float | None, tls: Tls | None) -> None:
        def connect() -> socket:
            opened = open_connection(host, port, timeout)
            return tls.secured(opened) if tls else opened

        self._begun = time.monotonic()
        self._job = Job(connect)

    def answered(self, timeout: float | None) -> socket | None:
        """Wait for the connection. None if it cannot be used, TimeoutError if it is not open in time."""
        try:
            opened = self._job.result(timeout)
        except TimeoutError:
            self.close()
            raise
        except Exception:  # noqa: BLE001  the client tries again, and reports the error itself
            return None
        if time.monotonic() - self._begun > FRESH:
            opened.close()
            return None
        return opened

    def close(self) -> None:
        """Close the connection, now or as soon as it is open."""
        self._job.drop()


def dial(server: str, connections: int, timeout: float | None, tls: Tls | None = None) -> list[Dial]:
    """Open this many connections to the server of a URL, with TLS if `tls` is given.

    timeout: seconds for each wait, None for no limit.
    """
    try:
        host, port = host_and_port(server)
    except (ValueError, KeyError):
        return []
    return [Dial(host, port, timeout, tls) for _ in range(connections)] if host.isascii() and host else []


def host_and_port(server: str) -> tuple[str, int]:
    """Return where to connect to for a URL. ValueError or KeyError if it says nothing that can be used."""
    parts = urlsplit(server)
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


def open_connection(host: str, port: int, timeout: float | None) -> socket:
    """Connect to a name; if it has several addresses, to the first that answers. TimeoutError after `timeout` seconds.

    The next address is tried when one fails, and when none has answered for NEXT seconds. The lookup has no limit.
    """
    import selectors  # usually in a thread, with socket
    import socket

    # Bytes avoid importing IDNA.
    addresses = socket.getaddrinfo(host.encode() if host.isascii() else host, port, type=socket.SOCK_STREAM)
    end = float("inf") if timeout is None else time.monotonic() + timeout
    problem = OSError("the name has no address")
    with selectors.DefaultSelector() as selector:
        try:
            while addresses or selector.get_map():
                if addresses:
                    try:
                        selector.register(_begin(addresses.pop(0)), selectors.EVENT_WRITE)
                    except OSError as at_once:
                        problem = at_once
                        continue
                left = min(end - time.monotonic(), NEXT if addresses else float("inf"))
                for key, _ in selector.select(None if left == float("inf") else left):
                    opened: Any = key.fileobj
                    selector.unregister(opened)
                    failed = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not failed:
                        opened.settimeout(timeout)
                        return opened  # type: ignore[no-any-return]
                    opened.close()
                    problem = OSError(failed, os.strerror(failed))
                if time.monotonic() >= end:
                    raise TimeoutError
            raise problem
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]


def _begin(address: tuple[Any, ...]) -> socket:
    """Begin to connect to one of the addresses that `getaddrinfo` returns. OSError if that fails at once."""
    import socket

    family, kind, protocol, _, where = address
    connection = socket.socket(family, kind, protocol)
    connection.settimeout(0)
    code = connection.connect_ex(where)
    if code not in (0, errno.EINPROGRESS):
        connection.close()
        raise OSError(code, os.strerror(code))
    return connection
