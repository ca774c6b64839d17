"""The credentials of one cluster, and the connections that use them.

Both are replaced together when a token file, a certificate or a plugin has newer credentials.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import time as clock
from typing import TYPE_CHECKING, Final, TypeVar

from c3s_cli.errors import ApiError, BrokenOff, C3sError, ConfigError, Unreachable
from c3s_cli.kube.access import Access
from c3s_cli.kube.answers import unreachable
from c3s_cli.kube.client_import import connections_module
from c3s_cli.kube.credentials import configuration_of, proxy_of
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.dial import Dial, dial
from c3s_cli.kube.headers import sendable
from c3s_cli.kube.secrets import Secrets

if TYPE_CHECKING:
    from c3s_cli.kube.connections import RestClient
    from c3s_cli.kube.tls import Tls

Result = TypeVar("Result")
# How often to check the files, in seconds, as in client-go.
EVERY: Final = 60.0
FILES: Final = ("tokenFile", "client-certificate", "client-key")

Stamp = tuple[object, ...]


class Session:
    """One user on one server. Several threads may borrow connections at once.

    load: returns the access with a plugin's credentials. headers: other headers of every request. authorization: the
    value of that header, if any. secrets: the credentials that are sent, to hide them in the server's messages.
    connections: how many to open early, before the credentials are loaded.
    """

    def __init__(
        self,
        access: Access,
        load: Callable[[], Access],
        headers: Sequence[tuple[str, str]],
        deadline: Deadline,
        trace: Callable[[str], None],
        connections: int = 0,
    ) -> None:
        self._access = access
        self._load = load
        self._headers = headers
        direct = connections > 0 and not proxy_of(access)
        # An exec plugin may return a client certificate.
        self._early = _tls_of(access) if direct and not access.user.get("exec") else None
        try:
            self._dials = dial(access.server, connections, deadline.wait(), self._early) if direct else []
        except TimeoutError as problem:
            # The steps before took all of the time.
            raise unreachable(problem, access.server) from None
        self._deadline = deadline
        self._trace = trace
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[RestClient] = []
        self._rotation = Rotation(access)
        try:
            self._open()
        except BaseException:
            self._close_dials()
            raise

    def _open(self) -> None:
        """Load the credentials and prepare to connect with them. If they cannot be used, keep the old ones."""
        stamp = self._rotation.stamp()
        access = self._load()
        configuration = configuration_of(access, self._deadline)
        import urllib3  # already imported with the client

        token = configuration.api_key.get("BearerToken") if access.secure else None
        authorization = sendable("Authorization", token) if token else None
        # That of the early handshakes; without those, or for newer credentials, a new one.
        tls, self._early = self._early or _tls_of(access), None
        if tls is not None:
            _ = tls.context  # raises what is wrong with it
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._configuration, self.authorization, self._tls = configuration, authorization, tls
        self.secrets = Secrets.of([*self._headers, ("Authorization", authorization or "")], access.user)
        self._rotation.loaded(stamp, access.expires)
        outdated, self._idle = self._idle, [self.client(self._deadline, self._dials)]
        # An open connection keeps using the certificate that it was opened with.
        for client in outdated:
            client.close()

    def client(self, deadline: Deadline, dials: list[Dial]) -> RestClient:
        """Return a new REST client, for one thread at a time. dials: early connections that it may use.

        All clients share one TLS context. Otherwise urllib3 would load the certificates into it for every connection,
        which is slow, and crashes OpenSSL while another thread is in a handshake.
        """
        connections = connections_module()
        try:
            line = connections.Line(self._access.server, dials, deadline, self._tls)
            client: RestClient = connections.RestClient(self._configuration, line)
        except (MemoryError, ImportError):
            raise
        except Exception as problem:  # noqa: BLE001  the client raises many types, for example for an invalid proxy URL
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        return client

    @contextmanager
    def borrowed(self) -> Iterator[RestClient]:
        """Lend a client that no other thread uses; its connection stays open for the next borrower."""
        with self._lock:
            generation = self._generation
            client = self._idle.pop() if self._idle else None
        client = client or self.client(self._deadline, self._dials)
        try:
            yield client
        finally:
            with self._lock:
                current = generation == self._generation
                if current:
                    self._idle.append(client)
            if not current:
                client.close()

    def close(self) -> None:
        """Close the connections."""
        for client in self._idle:
            client.close()
        self._close_dials()

    def _close_dials(self) -> None:
        """Close the early connections that nobody has taken; another thread may take one at the same time."""
        while True:
            try:
                left = self._dials.pop()
            except IndexError:
                return
            left.close()

    def renewing(self, attempt: Callable[[], Result]) -> Result:
        """Run a function that uses the credentials; if they seem to make it fail, once more with newer ones."""
        self._keep_fresh()
        generation = self._generation
        try:
            return attempt()
        except C3sError as problem:
            if not self._rotation.may_help(problem):
                raise
        self._renew(generation)
        return attempt()

    def _renew(self, generation: int) -> None:
        """Reload the credentials, once for all threads that were refused with the old ones."""
        with self._lock:
            if self._generation == generation:
                # Connections that were opened early belong to the old TLS context.
                self._close_dials()
                self._open()
                self._generation += 1

    def _keep_fresh(self) -> None:
        """Reload the credentials if their files have changed. Keep the old ones until the new ones can be used."""
        if not self._rotation.due():
            return
        try:
            self._renew(self._generation)
        except C3sError as problem:
            self._trace(f"newer credentials cannot be used yet: {problem}")


def _tls_of(access: Access) -> Tls | None:
    if not access.secure:
        return None
    from c3s_cli.kube.tls import Tls  # not needed for plain HTTP

    return Tls(access)


class Rotation:
    """Watches the files from which the credentials of an Access were read."""

    def __init__(self, access: Access) -> None:
        names = [access.cluster.get("certificate-authority"), *(access.user.get(key) for key in FILES)]
        self._secure = access.secure
        self._paths = [str(name) for name in names if name] if access.secure else []
        self._plugin = "exec" in access.user
        self._loaded: Stamp = ()
        self._due = 0.0
        self._expires = float("inf")

    def stamp(self) -> Stamp:
        """Return the modification times and sizes of the files, to be taken before reading them."""
        return tuple([_stamp(path) for path in self._paths])

    def loaded(self, stamp: Stamp, expires: float) -> None:
        """Remember the files that were read, and when a plugin's answer expires, in seconds since 1970."""
        self._loaded = stamp
        # A plugin whose answers have always expired is asked again when the server refuses one.
        self._expires = expires if expires > clock() else float("inf")
        self._due = time.monotonic() + EVERY

    def due(self) -> bool:
        """Return whether a plugin's answer has expired, or files have changed. These are checked once a minute."""
        if clock() >= self._expires:
            return True
        if not self._paths or time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + EVERY
        return self.stamp() != self._loaded

    def may_help(self, problem: C3sError) -> bool:
        """Return whether a request may have failed because of old credentials that files or a plugin can replace.

        A server that refuses a certificate may send a TLS alert, or just close the connection.
        """
        if not self._secure or not isinstance(problem, ApiError | Unreachable):
            return False
        if isinstance(problem, ApiError):
            return problem.status == 401
        return self.stamp() != self._loaded or (self._plugin and isinstance(problem, BrokenOff))


def _stamp(path: str) -> object:
    """Return the modification time, size and inode; None for a missing file or a pipe, which can be read only once."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if stat.S_ISREG(status.st_mode) else None
