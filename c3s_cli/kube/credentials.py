"""Access → the official client's Configuration, by kubectl's rules. Messages never quote a credential."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any, Final

from c3s_cli.errors import ConfigError
from c3s_cli.kube.access import Access
from c3s_cli.kube.client_import import configuration_class
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_file
from c3s_cli.kube.proxies import exempt_hosts, set_proxy

CONNECTIONS: Final = 8


def configuration_of(access: Access, deadline: Deadline) -> Any:
    """Return the client's Configuration for a server and user. Raises ConfigError.

    Inline certificates and keys are not in it, since it names files; `Tls` has them.
    """
    authorization = authorization_of(access, deadline)
    new = configuration_class()
    import urllib3  # already imported with the client

    cluster, user = access.cluster, access.user
    inline = cluster.get("certificate-authority-data")
    configuration = new(
        host=access.server,
        api_key={"BearerToken": authorization} if authorization else {},
        verify_ssl=not cluster.get("insecure-skip-tls-verify"),
        ssl_ca_cert=None if inline else cluster.get("certificate-authority") or None,
        cert_file=user.get("client-certificate") or None,
        key_file=user.get("client-key") or None,
        tls_server_name=cluster.get("tls-server-name") or None,
        retries=urllib3.Retry(0, redirect=False, raise_on_redirect=False),
        connection_pool_maxsize=CONNECTIONS,
        # If one of them were None, the client would read the environment itself.
        proxy="",
        no_proxy=exempt_hosts(),
    )
    set_proxy(configuration, access)
    return configuration


def authorization_of(access: Access, deadline: Deadline) -> str | None:
    """Return the Authorization header of a user, None for a user without one. ConfigError if it cannot be had."""
    user = access.user
    if user.get("tokenFile"):
        return f"Bearer {_token_of(str(user['tokenFile']), deadline)}"
    if user.get("auth-provider"):
        return f"Bearer {_oidc_token(user['auth-provider'])}"
    token = str(user.get("token") or "").strip()
    if token:
        return f"Bearer {token}"
    if user.get("token"):
        raise ConfigError(f'the token of context "{access.name}" is blank')
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}"
        return f"Basic {base64.b64encode(pair.encode('utf-8', 'surrogateescape')).decode()}"
    if user.get("password"):
        raise ConfigError(f'the user of context "{access.name}" has a password but no user name')
    return None


def _token_of(path: str, deadline: Deadline) -> str:
    """Read a token file. ConfigError if it is empty: requests would be anonymous."""
    try:
        token = read_file(path, deadline, "token file").decode().strip()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise ConfigError(
            f"cannot read the token file {path!r}: {why}",
            advice="see tokenFile of the kubeconfig's user; log in again, or use another context",
        ) from None
    if not token:
        raise ConfigError(f"read empty token from file {path!r}")
    return token


def _oidc_token(provider: Mapping[str, Any]) -> str:
    """Return the token of an OIDC provider. ConfigError if it has expired or has no expiry time.

    c3s does not refresh it: kubectl does, and writes the kubeconfig.
    """
    import json  # only OIDC needs it

    token = str((provider.get("config") or {}).get("id-token") or "")
    try:
        _, payload, _ = token.split(".")
        expires = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        expired = float(expires) <= time.time()
    except (ValueError, KeyError, TypeError, RecursionError):
        expired = True
    if expired:
        raise ConfigError("the OIDC id-token has expired", hint="run `kubectl version` once to refresh the token")
    return token
