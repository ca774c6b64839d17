"""The official REST client with connections of our own: early sockets, one TLS context, one deadline.

urllib3 limits each wait separately, so a server that sends one byte a second could keep it waiting forever. These
connections check the deadline before every wait: for DNS, the connection, TLS, a proxy's tunnel, the headers and the
body.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from functools import partial
from http.client import HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

import urllib3
from kubernetes.client.rest import RESTClientObject, is_socks_proxy_url
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError

from c3s_cli.kube.deadline import Deadline, within
from c3s_cli.kube.dial import Dial, host_and_port, open_connection

if TYPE_CHECKING:
    from c3s_cli.kube.tls import Tls


class Line:
    """What the connections of one cluster have in common.

    dials: those that are already open, for the first that ask. tls: None for plain HTTP. Several threads may use it.
    """

    def __init__(self, server: str, dials: list[Dial], deadline: Deadline, tls: Tls | None) -> None:
        self._where = host_and_port(server)
        self._dials = dials
        self.deadline = deadline
        self.tls = tls

    def connected(self, connection: HTTPConnection) -> socket.socket:
        """Return an open socket for a connection, secured if the server is; raise urllib3's exceptions."""
        host, port = self._where
        try:
            wait = self.deadline.wait()
            opened = self._early(wait) or within(wait, partial(open_connection, host, port, wait))
        except TimeoutError:
            raise ConnectTimeoutError(connection, "timed out") from None
        except socket.gaierror as problem:
            raise NameResolutionError(host, connection, problem) from problem
        except OSError as problem:
            raise NewConnectionError(connection, f"cannot connect: {problem}") from problem
        for option in connection.socket_options or ():
            opened.setsockopt(*option)
        opened.settimeout(self.deadline.wait())
        return self.tls.secured(opened) if self.tls and not hasattr(opened, "context") else opened

    def _early(self, wait: float | None) -> socket.socket | None:
        try:
            return self._dials.pop().answered(wait)
        except IndexError:
            return None


class Response(HTTPResponse):
    """An answer of which no read waits beyond the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **more: Any) -> None:
        super().__init__(_Timed(sock, deadline), *args, **more)  # type: ignore[arg-type]  # it only calls makefile


class _Timed(RawIOBase):
    """The bytes of a socket; no read waits beyond the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._raw: Any = sock.makefile("rb", buffering=0)
        self._begun = False

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.wait())
        try:
            count: int | None = self._raw.readinto(buffer)
        except ssl.SSLEOFError:
            # The end without that of TLS: a cut, or of a connection that was idle, if no answer has begun.
            if self._begun:
                raise IncompleteRead(b"") from None
            return 0
        self._begun = True
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Bounded:
    """What differs from urllib3's connections. `_new_conn` and `_tunnel` are for proxies: see docs/decisions.md."""

    def __init__(self, *args: Any, line: Line, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line = line
        self.response_class: Any = partial(Response, deadline=line.deadline)

    def _new_conn(self) -> socket.socket:
        try:
            opened: socket.socket = within(self.line.deadline.wait(), super()._new_conn)  # type: ignore[misc]
            opened.settimeout(self.line.deadline.wait())
        except TimeoutError:
            raise ConnectTimeoutError(self, "timed out") from None
        return opened

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]
        self.sock: socket.socket
        # TLS follows, with the time that is left.
        self.sock.settimeout(self.line.deadline.wait())


class PlainConnection(_Bounded, HTTPConnection):
    """A connection over plain HTTP."""

    def connect(self) -> None:
        """Connect, to a proxy in urllib3's way."""
        if self.proxy:
            super().connect()
        else:
            self.sock = self.line.connected(self)


class _Secured(_Bounded):
    """What differs for connections over TLS."""

    sock: Any

    def connect(self) -> None:
        """Connect in urllib3's way."""
        super().connect()  # type: ignore[misc]
        # As in Tls.secured: urllib3 has no parameter for it.
        self.sock.suppress_ragged_eofs = False

    def send(self, data: Any) -> None:
        """Send bytes. If the server has already gone, raise the alert that it sent first, if any."""
        try:
            super().send(data)  # type: ignore[misc]
        except OSError:
            # In TLS 1.3 the server refuses a client certificate, or that there is none, after the handshake.
            with suppress(TimeoutError, ConnectionError, ssl.SSLEOFError, ValueError):
                self.sock.recv(1)
            raise


class TlsConnection(_Secured, HTTPSConnection):
    """A connection over TLS."""

    def connect(self) -> None:
        """Connect, through a proxy in urllib3's way."""
        if self.proxy:
            super().connect()
        else:
            self.sock = self.line.connected(self)
            self.is_verified = self.line.tls is not None and self.line.tls.verifies


class PlainPool(urllib3.HTTPConnectionPool):
    """Connections over plain HTTP."""

    ConnectionCls = PlainConnection


class TlsPool(urllib3.HTTPSConnectionPool):
    """Connections over TLS."""

    ConnectionCls = TlsConnection


class _Pools:
    """What differs from urllib3's pool managers."""

    def __init__(self, line: Line, plain: type = PlainPool, tls: type = TlsPool, **settings: Any) -> None:
        super().__init__(**settings)
        self.pool_classes_by_scheme: Any = {"http": partial(plain, line=line), "https": partial(tls, line=line)}

    def urlopen(self, *args: Any, **more: Any) -> Any:
        """Send a request. Redirects are not followed: urllib3 would lose a connection whose target it cannot parse."""
        return super().urlopen(*args, **{**more, "redirect": False})  # type: ignore[misc]


class DirectPools(_Pools, urllib3.PoolManager):
    """Connections to servers."""


class ProxyPools(_Pools, urllib3.ProxyManager):
    """Connections through an HTTP proxy."""


class RestClient(RESTClientObject):  # type: ignore[misc]  # the client has no types
    """The official REST client. For one thread at a time."""

    def __init__(self, configuration: Any, line: Line) -> None:
        super().__init__(configuration)
        settings = {
            "maxsize": configuration.connection_pool_maxsize,
            "retries": configuration.retries,
            # A complete one, into which urllib3 need not load anything for each connection.
            "ssl_context": line.tls and line.tls.context,
            "server_hostname": configuration.tls_server_name,
            "cert_reqs": "CERT_REQUIRED" if configuration.verify_ssl else "CERT_NONE",
        }
        self.pool_manager: Any
        if not configuration.proxy:
            self.pool_manager = DirectPools(line, **settings)
        elif is_socks_proxy_url(configuration.proxy):
            self.pool_manager = _socks_pools(line, proxy_url=configuration.proxy, **settings)
        else:
            headers = configuration.proxy_headers
            self.pool_manager = ProxyPools(line, proxy_url=configuration.proxy, proxy_headers=headers, **settings)


def _socks_pools(line: Line, **settings: Any) -> Any:
    """Return a pool manager for a SOCKS proxy, which needs PySocks."""
    from urllib3.contrib import socks

    class ThroughProxy(_Bounded):
        def _new_conn(self) -> socket.socket:
            try:
                return super()._new_conn()
            except NewConnectionError as problem:
                raise ProxyError("cannot connect through the proxy", problem) from problem

    class PlainSocks(ThroughProxy, socks.SOCKSConnection):
        pass

    class TlsSocks(ThroughProxy, _Secured, socks.SOCKSHTTPSConnection):
        pass

    class PlainSocksPool(urllib3.HTTPConnectionPool):
        ConnectionCls = PlainSocks

    class TlsSocksPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = TlsSocks

    class SocksPools(_Pools, socks.SOCKSProxyManager):
        pass

    return SocksPools(line, PlainSocksPool, TlsSocksPool, **settings)
