"""Choose the proxy for a server as kubectl does."""

from __future__ import annotations

import os
import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from c3s_cli.errors import ConfigError
from c3s_cli.kube.access import Access

LOOPBACK: Final = r"localhost|127(\.\d{1,3}){3}|::1"
PROXIES: Final = ("http", "https", "socks5", "socks5h")


def set_proxy(configuration: Any, access: Access) -> None:
    """Set the proxy as kubectl does: the cluster's proxy-url wins; loopback is otherwise never proxied."""
    # Not ALL_PROXY, which kubectl ignores.
    proxy = proxy_of(access)
    if proxy and not access.cluster.get("proxy-url"):
        from kubernetes.client.rest import should_bypass_proxies  # the client is loaded by now

        if should_bypass_proxies(access.server, configuration.no_proxy):
            proxy = None
    configuration.proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy or ""
    if not configuration.proxy:
        return
    scheme, rest = configuration.proxy.split("://", 1)
    if scheme not in PROXIES:
        # Do not quote the address: it may contain a password.
        raise ConfigError(f'invalid proxy: unsupported scheme "{scheme}", must be http, https, or socks5')
    if not scheme.startswith("socks"):
        _authenticate_proxy(configuration)
        return
    try:
        import socks  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: F401  an optional extra
    except ImportError:
        raise ConfigError("a SOCKS proxy needs PySocks", hint="pip install 'c3s-cli[socks]'") from None
    # As in Go, the proxy resolves the server's name.
    configuration.proxy = f"socks5h://{rest}"


def exempt_hosts() -> str:
    """Return the hosts that are reached without a proxy, separated by commas: $NO_PROXY, or $no_proxy if it is empty.

    "*.domain" means ".domain", as in Go.
    """
    hosts = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(host.strip().removeprefix("*") if len(host.strip()) > 1 else host for host in hosts.split(","))


def proxy_of(access: Access) -> str | None:
    """Return the proxy of a server as configured. $NO_PROXY may exempt the server."""
    own = access.cluster.get("proxy-url")
    if own:
        return str(own)
    if is_loopback(access.server):
        return None
    variable = f"{urlsplit(access.server).scheme}_proxy"
    return os.environ.get(variable.upper()) or os.environ.get(variable) or None


def _authenticate_proxy(configuration: Any) -> None:
    """Set the header for the user and password in the proxy's URL, which the client drops."""
    import urllib3  # already imported with the Configuration

    try:
        parts = urlsplit(configuration.proxy)
    except ValueError:
        raise ConfigError("invalid proxy: its address is not a URL") from None
    if parts.username is None:
        return
    user, password = unquote(parts.username), unquote(parts.password or "")
    configuration.proxy_headers = urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")
    configuration.proxy = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def is_loopback(server: str) -> bool:
    """Whether the server of a URL is this machine."""
    return re.fullmatch(LOOPBACK, (urlsplit(server).hostname or "").lower()) is not None
