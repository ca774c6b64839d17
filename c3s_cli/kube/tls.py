"""The TLS context of a cluster: its CA, and the client's certificate. And handshakes made ahead."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.answers import UNABLE

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext, SSLSocket

    from c3s_cli.kube.access import Access

LOADING: Final = Lock()

# OpenSSL's errors for client certificates and keys, and Go's words for them.
KEY_WORDS: Final = {
    "": "tls: failed to find any PEM data in certificate or key input",
    "KEY_VALUES_MISMATCH": "tls: private key does not match public key",
}
# A user with one of these may have a client certificate, which the client's Configuration names.
MAY_HAVE_CERTIFICATE: Final = ("exec", "client-certificate", "client-certificate-data")


class EarlyTls:
    """The TLS of one cluster before the official client is imported, so that handshakes take place meanwhile.

    Several threads may use it at once.
    """

    def __init__(self, access: Access) -> None:
        name = access.cluster.get("tls-server-name") or urlsplit(access.server).hostname or ""
        # Bytes avoid importing IDNA. UnicodeEncodeError for a name that needs it.
        self._name = str(name).encode("ascii")
        self._access = access
        self._lock = Lock()
        self._context: SSLContext | None = None

    @property
    def context(self) -> SSLContext:
        """The context, made when it is first needed. Raises OSError or ValueError if the CA cannot be used."""
        with self._lock:
            if self._context is None:
                self._context = self._made()
            return self._context

    def _made(self) -> SSLContext:
        import base64  # the client imports it, too

        cluster = self._access.cluster
        inline = cluster.get("certificate-authority-data")
        authority = None if inline else cluster.get("certificate-authority") or None
        data = base64.b64decode(inline).decode("ascii") if inline else None
        if data == "":
            # ssl would use the system's CAs instead.
            raise ValueError("no certificate")
        context = _context(self._access, authority, data, own=bool(authority or data))
        context.set_alpn_protocols(["http/1.1"])
        return context

    def secured(self, plain: socket) -> socket:
        """Do the handshake on an open connection, or close it. The context lets urllib3 use the result as it is."""
        try:
            return self.context.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise


def early_tls(access: Access) -> EarlyTls | None:
    """Return the TLS for early handshakes; None without TLS, or if a client certificate may have to be loaded."""
    if not access.secure or any(access.user.get(key) for key in MAY_HAVE_CERTIFICATE):
        return None
    try:
        return EarlyTls(access)
    except ValueError:
        return None


def tls_context(configuration: Any, access: Access) -> SSLContext:
    """Return the TLS context of a cluster, from the client's Configuration.

    Raises ConfigError if the CA cannot be read, Unreachable if the client's certificate or key cannot.
    """
    import ssl  # already imported by urllib3

    authority = configuration.ssl_ca_cert or None
    try:
        context = _context(access, authority, None, own=bool(authority or configuration.cert_file))
    except (OSError, ssl.SSLError):
        raise ConfigError(
            f'the certificate authority of context "{access.name}" cannot be read',
            hint="it must contain certificates in PEM format",
        ) from None
    if configuration.cert_file:
        try:
            # Pass a password, so that OpenSSL does not prompt for one if the key is encrypted.
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password="")
        except ssl.SSLError as problem:
            words = KEY_WORDS.get(problem.reason or "", "tls: failed to parse private key")
            raise Unreachable(f"{UNABLE}{words}") from None
        except OSError as problem:
            raise ConfigError(f"unable to read the client certificate or its key: {problem.strerror}") from None
    return context


def _context(access: Access, authority: str | None, data: str | None, *, own: bool) -> SSLContext:
    """Return a context without a client certificate. authority, data: the CA's file or text; None for the system's.

    own: whether it must not be shared with other clusters.
    """
    import ssl  # takes 10 ms

    if access.cluster.get("insecure-skip-tls-verify"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return _accepting_early(context)
    # urllib3 changes the context for another server name.
    if own or access.cluster.get("tls-server-name"):
        return _verifying(authority, data)
    return _of_the_system()


def _of_the_system() -> SSLContext:
    """Return the context shared by all clusters that use the system's CAs: loading those takes 22 ms."""
    with LOADING:
        return _loaded()


_loaded = cache(lambda: _verifying(None, None))


def _verifying(authority: str | None, data: str | None) -> SSLContext:
    import ssl  # already imported by the caller

    context = ssl.create_default_context(cafile=authority, cadata=data)
    # Python 3.13 refuses CAs without a key identifier, which Go accepts. The chain and the host name are still
    # verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return _accepting_early(context)


def _accepting_early(context: SSLContext) -> SSLContext:
    """Let `wrap_socket` return connections as they are that had their handshake with this context (EarlyTls)."""
    handshake = context.wrap_socket

    def wrap_socket(connection: Any, *args: Any, **more: Any) -> Any:
        secured = getattr(connection, "context", None) is context
        return connection if secured else handshake(connection, *args, **more)

    context.wrap_socket = wrap_socket  # type: ignore[method-assign,assignment]
    context.sslsocket_class = _socket_class()
    return context


@cache
def _socket_class() -> type[SSLSocket]:
    import ssl  # already imported by the caller

    class Closing(ssl.SSLSocket):
        """A connection that ssl does not leave open if the server is gone before the handshake."""

        def getpeername(self) -> Any:
            # ssl asks for the server's address before each handshake.
            try:
                return super().getpeername()
            except OSError:
                self.close()
                raise

    return Closing
