"""The TLS of a cluster: one context for all of its connections, and the handshake."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from socket import socket
from ssl import SSLContext, SSLSocket
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.access import Access
from c3s_cli.kube.answers import UNABLE

LOADING: Final = Lock()

# OpenSSL's errors for client certificates and keys, and Go's words for them.
KEY_WORDS: Final = {
    "": "tls: failed to find any PEM data in certificate or key input",
    "KEY_VALUES_MISMATCH": "tls: private key does not match public key",
}
# kubectl's words for the files of a kubeconfig.
FILES: Final = {
    "certificate-authority": "certificate-authority",
    "client-certificate": "client-cert",
    "client-key": "client-key",
}


class Tls:
    """The TLS of one cluster. The context is made when it is first needed. Several threads may use it at once."""

    def __init__(self, access: Access) -> None:
        name = str(access.cluster.get("tls-server-name") or urlsplit(access.server).hostname or "").rstrip(".")
        # Bytes avoid importing IDNA.
        self._name = name.encode() if name.isascii() else name
        self._access = access
        self._lock = Lock()
        self._context: SSLContext | None = None

    @property
    def context(self) -> SSLContext:
        """The context. Raises ConfigError if the CA cannot be read, that or Unreachable if the certificate cannot."""
        with self._lock:
            if self._context is None:
                self._context = _context_of(self._access)
            return self._context

    @property
    def verifies(self) -> bool:
        """Whether the server's certificate is verified."""
        return not self._access.cluster.get("insecure-skip-tls-verify")

    def secured(self, plain: socket) -> SSLSocket:
        """Do the handshake on an open connection, or close it."""
        try:
            # A connection that is cut must not look like the end of an answer.
            return self.context.wrap_socket(plain, server_hostname=self._name, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise


def _context_of(access: Access) -> SSLContext:
    import ssl  # not needed for plain HTTP

    cluster, user = access.cluster, access.user
    named = user.get("client-certificate") or user.get("client-certificate-data")
    inline, file = cluster.get("certificate-authority-data"), cluster.get("certificate-authority")
    if cluster.get("insecure-skip-tls-verify"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.sslsocket_class = _socket_class()
    elif inline or file:
        try:
            # Without any text, ssl would use the system's CAs.
            text = _decoded(cluster, "certificate-authority-data").decode("ascii") if inline else None
            context = _verifying(None if inline else file, text if text != "" else "no certificate")
        except (OSError, ValueError):
            _check_file(access, cluster, "certificate-authority", access.cluster_name)
            raise ConfigError(
                f'the certificate authority of context "{access.name}" cannot be read',
                hint="it must contain certificates in PEM format",
            ) from None
    else:
        # urllib3 sets what it is told on a context, so one with a certificate or a name is not shared.
        context = _verifying(None, None) if named or cluster.get("tls-server-name") else _of_the_system()
    context.set_alpn_protocols(["http/1.1"])
    if named:
        _load_certificate(context, access)
    return context


def _load_certificate(context: SSLContext, access: Access) -> None:
    import ssl  # already imported by the caller

    from c3s_cli.kube.keys import file_of  # only client certificates need it

    user = access.user
    with ExitStack() as stack:
        try:
            certificate, key = (
                stack.enter_context(file_of(content))
                if (content := _decoded(user, f"{kind}-data"))
                else str(user[kind])
                for kind in ("client-certificate", "client-key")
            )
            # Pass a password, so that OpenSSL does not prompt for one if the key is encrypted.
            context.load_cert_chain(certificate, key, password="")
        except ssl.SSLError as problem:
            words = KEY_WORDS.get(problem.reason or "", "tls: failed to parse private key")
            raise Unreachable(f"{UNABLE}{words}") from None
        except OSError as problem:
            for kind in ("client-certificate", "client-key"):
                _check_file(access, user, kind, access.user_name)
            raise ConfigError(f"unable to read the client certificate or its key: {problem.strerror}") from None


def _decoded(entry: Mapping[str, Any], field: str) -> bytes:
    """Return the inline data of a field, b"" if it has none."""
    try:
        return base64.b64decode("".join(str(entry.get(field) or "").split()), validate=True)
    except ValueError:
        raise ConfigError(f"{field} of the kubeconfig is not valid base64") from None


def _check_file(access: Access, entry: Mapping[str, Any], kind: str, owner: str) -> None:
    """Raise ConfigError in kubectl's words if a file is the reason why something could not be loaded."""
    path = entry.get(kind)
    if not path or entry.get(f"{kind}-data"):
        return
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as problem:
        why = f"open {path}: {(problem.strerror or '').lower()}"
        raise ConfigError(
            f"unable to read {FILES[kind]} {path} for {owner or access.name} due to {why}",
            advice="see the kubeconfig's user and cluster; log in again, or use another context",
        ) from None


def _of_the_system() -> SSLContext:
    """Return the context shared by all clusters that use the system's CAs, which are loaded once."""
    with LOADING:
        return _loaded()


_loaded = cache(lambda: _verifying(None, None))


def _verifying(authority: str | None, data: str | None) -> SSLContext:
    import ssl  # already imported by the caller

    context = ssl.create_default_context(cafile=authority, cadata=data)
    # Python 3.13 refuses CAs without a key identifier, which Go accepts. The chain and the host name are still
    # verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
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
