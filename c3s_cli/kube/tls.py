"""The TLS context of a cluster: its CA, and the client's certificate."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.answers import UNABLE

if TYPE_CHECKING:
    from ssl import SSLContext

    from c3s_cli.kube.access import Access

LOADING: Final = Lock()

# OpenSSL's errors for client certificates and keys, and Go's words for them.
KEY_WORDS: Final = {
    "": "tls: failed to find any PEM data in certificate or key input",
    "KEY_VALUES_MISMATCH": "tls: private key does not match public key",
}


def tls_context(configuration: Any, access: Access) -> SSLContext:
    """Return the TLS context of a cluster, from the client's Configuration.

    Raises ConfigError if the CA cannot be read, Unreachable if the client's certificate or key cannot.
    """
    import ssl  # already imported by urllib3

    if configuration.verify_ssl:
        authority = configuration.ssl_ca_cert or None
        # Do not share the context: urllib3 changes it for another server name, and the certificate is this client's.
        own = authority or configuration.cert_file or access.cluster.get("tls-server-name")
        try:
            context = _verifying(authority) if own else _of_the_system()
        except (OSError, ssl.SSLError):
            raise ConfigError(
                f'the certificate authority of context "{access.name}" cannot be read',
                hint="it must contain certificates in PEM format",
            ) from None
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
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


def _of_the_system() -> SSLContext:
    """Return the context shared by all clusters that use the system's CAs: loading those takes 22 ms."""
    with LOADING:
        return _loaded()


_loaded = cache(lambda: _verifying(None))


def _verifying(authority: str | None) -> SSLContext:
    import ssl  # already loaded by urllib3

    context = ssl.create_default_context(cafile=authority)
    # Python 3.13 refuses CAs without a key identifier, which Go accepts. The chain and the host name are still
    # verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
