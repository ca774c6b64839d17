"""The credentials of one cluster, and the connections that use them.

Both are replaced together when a token file, a certificate or a plugin has newer credentials.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from c3s_cli.errors import C3sError, ConfigError
from c3s_cli.kube.access import Access
from c3s_cli.kube.client_import import connections_module
from c3s_cli.kube.credentials import configuration_of
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.dial import Dial
from c3s_cli.kube.headers import sendable
from c3s_cli.kube.rotation import Rotation
from c3s_cli.kube.secrets import Secrets
from c3s_cli.kube.tls import Tls

if TYPE_CHECKING:
    from c3s_cli.kube.connections import Line, RestClient

Result = TypeVar("Result")


class Session:
    """One user on one server. Several threads may borrow connections at once.

    load: returns the access with a plugin's credentials. headers: other headers of every request. authorization: the
    value of that header, if any. secrets: the credentials that are sent, to hide them in the server's messages. early:
    the TLS of the dials.
    """

    def __init__(
        self,
        access: Access,
        load: Callable[[], Access],
        headers: Sequence[tuple[str, str]],
        dials: list[Dial],
        deadline: Deadline,
        trace: Callable[[str], None],
        early: Tls | None = None,
    ) -> None:
        self._early = early
        self._access = access
        self._load = load
        self._headers = headers
        self._dials = dials
        self._deadline = deadline
        self._trace = trace
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[RestClient] = []
        self._rotation = Rotation(access)
        self._open()

    def _open(self) -> None:
        """Load the credentials and prepare to connect with them. If they cannot be used, keep the old ones."""
        stamp = self._rotation.stamp()
        access = self._load()
        configuration = configuration_of(access, self._deadline)
        import urllib3  # already imported with the client

        token = configuration.api_key.get("BearerToken") if access.secure else None
        authorization = sendable("Authorization", token) if token else None
        # That of the early handshakes; without those, or for newer credentials, a new one.
        tls, self._early = self._early or (Tls(access) if access.secure else None), None
        if tls is not None:
            _ = tls.context  # raises what is wrong with it
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._configuration, self.authorization, self._tls = configuration, authorization, tls
        self._line = self._line_until(self._deadline, self._dials)
        self.secrets = Secrets.of([*self._headers, ("Authorization", authorization or "")], access.user)
        self._rotation.loaded(stamp, access.expires)
        outdated, self._idle = self._idle, [self._client(self._line)]
        # An open connection keeps using the certificate that it was opened with.
        for client in outdated:
            client.close()

    def _line_until(self, deadline: Deadline, dials: list[Dial]) -> Line:
        line: Line = connections_module().Line(self._access.server, dials, deadline, self._tls)
        return line

    def _client(self, line: Line) -> RestClient:
        """Return a new REST client, for one thread at a time. They share one TLS context.

        Otherwise urllib3 would load the certificates into it for every connection, which takes up to 36 ms and crashes
        OpenSSL while another thread is in a handshake.
        """
        try:
            client: RestClient = connections_module().RestClient(self._configuration, line)
        except (MemoryError, ImportError):
            raise
        except Exception as problem:  # noqa: BLE001  the client raises many types, for example for an invalid proxy URL
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        return client

    @contextmanager
    def own(self, deadline: Deadline) -> Iterator[RestClient]:
        """Return a new client for one stream, with its own deadline."""
        client = self._client(self._line_until(deadline, []))
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def borrowed(self) -> Iterator[RestClient]:
        """Lend a client that no other thread uses; its connection stays open for the next borrower."""
        with self._lock:
            generation = self._generation
            client = self._idle.pop() if self._idle else None
        client = client or self._client(self._line)
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
