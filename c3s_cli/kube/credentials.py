"""Access → the official client's Configuration, by kubectl's rules. Messages never quote a credential."""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from c3s_cli.errors import ConfigError
from c3s_cli.kube.access import Access
from c3s_cli.kube.client_import import configuration_class
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_text

CONNECTIONS: Final = 8
LOOPBACK: Final = r"localhost|127(\.\d{1,3}){3}|::1"
PROXIES: Final = ("http", "https", "socks5", "socks5h")


def configuration_of(access: Access, deadline: Deadline) -> Any:
    """Return the client's Configuration for a server and user. Raises ConfigError.

    Inline certificates and keys are not in it, since it names files; `Tls` has them.
    """
    authorization = authorization_of(access, deadline)
    new = configuration_class()
    import urllib3  # already imported with the client

    cluster, user = access.cluster, access.user
    inline = cluster.get("certificate-authority-data")
    return new(
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
        no_proxy=_exempt_hosts(),
        **_proxy_settings(access),
    )


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
    advice = "see tokenFile of the kubeconfig's user; log in again, or use another context"
    token = read_text(path, deadline, "token file", advice).strip()
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


def is_loopback(server: str) -> bool:
    """Whether the server of a URL is this machine."""
    return re.fullmatch(LOOPBACK, (urlsplit(server).hostname or "").lower()) is not None


def proxy_of(access: Access) -> str | None:
    """Return the proxy of a server as configured: the cluster's proxy-url; else none for loopback, as in kubectl.

    $NO_PROXY may exempt the server. ALL_PROXY is not read.
    """
    own = access.cluster.get("proxy-url")
    if own:
        return str(own)
    if is_loopback(access.server):
        return None
    variable = f"{urlsplit(access.server).scheme}_proxy"
    return os.environ.get(variable.upper()) or os.environ.get(variable) or None


def _exempt_hosts() -> str:
    """Return the hosts that are reached without a proxy, separated by commas: $NO_PROXY, or $no_proxy if it is empty.

    "*.domain" means ".domain", as in Go.
    """
    hosts = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(host.strip().removeprefix("*") if len(host.strip()) > 1 else host for host in hosts.split(","))


def _proxy_settings(access: Access) -> dict[str, Any]:
    """Return the proxy of a server, "" for none, and its headers, as the Configuration takes them."""
    import urllib3  # both already imported with the client
    from kubernetes.client.rest import should_bypass_proxies

    proxy = proxy_of(access) or ""
    if not proxy or (not access.cluster.get("proxy-url") and should_bypass_proxies(access.server, _exempt_hosts())):
        return {"proxy": ""}
    scheme, _, rest = (proxy if "://" in proxy else f"http://{proxy}").partition("://")
    if scheme not in PROXIES:
        # Do not quote the address: it may contain a password.
        raise ConfigError(f'invalid proxy: unsupported scheme "{scheme}", must be http, https, or socks5')
    if scheme.startswith("socks"):
        try:
            import socks  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: F401  an optional extra
        except ImportError:
            raise ConfigError("a SOCKS proxy needs PySocks", hint="pip install 'c3s-cli[socks]'") from None
        # As in Go, the proxy resolves the server's name.
        return {"proxy": f"socks5h://{rest}"}
    try:
        parts = urlsplit(f"{scheme}://{rest}")
    except ValueError:
        raise ConfigError("invalid proxy: its address is not a URL") from None
    if parts.username is None:
        return {"proxy": f"{scheme}://{rest}"}
    # The client drops user and password.
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return {"proxy": address, "proxy_headers": urllib3.make_headers(proxy_basic_auth=login)}
