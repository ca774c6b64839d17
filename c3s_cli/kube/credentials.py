"""Access → the official client's Configuration: credentials, certificates, plugins.

The client's own kubeconfig loader does the work. Where it differs from kubectl, this module follows kubectl. Messages
never quote a credential.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.access import CREDENTIALS, Access
from c3s_cli.kube.client_import import adapt_plugins, kubeconfig_loader, rest_client
from c3s_cli.kube.deadline import HINT, Deadline
from c3s_cli.kube.files import read_file
from c3s_cli.kube.keys import file_with_key, folder_for_keys
from c3s_cli.kube.plugin import certificate_given
from c3s_cli.kube.proxies import exempt_hosts, set_proxy

if TYPE_CHECKING:
    from io import StringIO

CONNECTIONS: Final = 8
# The client writes inline certificates and keys to files, and never removes a file that two threads write at once.
LOADING: Final = Lock()
SECRETS: Final = re.compile(r"(?i)bearer \S+|\beyJ[\w.+/=-]+")
# The client's Authorization header if a plugin returns an empty token or none.
NO_TOKENS: Final = ("Bearer", "Bearer None")
CERTIFICATES: Final = ("client-certificate", "client-certificate-data")
# With one of these, kubectl does not run an exec plugin.
BEFORE_PLUGINS: Final = ("token", "username", *CERTIFICATES)


def configuration_of(access: Access, deadline: Deadline) -> Any:
    """Return the client's Configuration for a server and user. Raises ConfigError, or Unreachable for a plugin."""
    return _plain(access) if _is_plain(access) else _loaded(access, deadline)


def _is_plain(access: Access) -> bool:
    """Return whether there is only an address: neither credentials nor certificates."""
    return not access.user and set(access.cluster) <= {"server", "extensions"}


def _plain(access: Access) -> Any:
    """Return the client's Configuration for a server, without credentials."""
    configuration_class, _ = rest_client()
    import urllib3  # already imported with the client

    # If one of them were None, the client would read the environment itself.
    configuration = configuration_class(host=access.server, proxy="", no_proxy=exempt_hosts())
    configuration.retries = urllib3.Retry(0, redirect=False, raise_on_redirect=False)
    configuration.client_go_retries = False
    configuration.connection_pool_maxsize = CONNECTIONS
    set_proxy(configuration, access)
    return configuration


def _loaded(access: Access, deadline: Deadline) -> Any:
    """Return the client's Configuration with everything from the kubeconfig."""
    configuration = _plain(access)
    loader = kubeconfig_loader()
    cluster, user = dict(access.cluster, server=access.server), _user_of(access, deadline)
    plugin = user.get("exec")
    if plugin and plugin.get("provideClusterInfo"):
        _inline_authority(cluster, deadline)
    try:
        with LOADING:
            plain = {key: value for key, value in user.items() if key != "exec"}
            _load(loader, cluster, plain, configuration)
        with _heard() as said:
            if plugin:
                adapt_plugins(deadline)
                _load(loader, cluster, user, configuration)
    except Exception as problem:  # noqa: BLE001  the client raises exceptions of any type
        # Its message may quote credentials.
        raise ConfigError(
            f'the credentials of context "{access.name}" cannot be used: {_safe_words(problem)}'
        ) from None
    token = " ".join(str(configuration.api_key.get("BearerToken") or "").split())
    if plugin:
        if token in NO_TOKENS or not (token or configuration.cert_file):
            raise _plugin_failed(plugin, said.getvalue(), deadline)
        _add_certificate(configuration)
    if not token and not configuration.cert_file and any(user.get(key) for key in (*CREDENTIALS, *CERTIFICATES)):
        raise ConfigError(f'the client found no credentials for context "{access.name}"')
    if token:
        configuration.api_key["BearerToken"] = token
    configuration.refresh_api_key_hook = None
    set_proxy(configuration, access)
    return configuration


def _user_of(access: Access, deadline: Deadline) -> dict[str, Any]:
    """Return the kubeconfig's user with only the token that applies, and without a plugin that does not apply."""
    user = dict(access.user)
    token_file = user.pop("tokenFile", None)
    if token_file:
        user["token"] = _token_of(str(token_file), deadline)
    if user.get("auth-provider"):
        user["token"] = _oidc_token(user.pop("auth-provider"))
    if any(user.get(key) for key in BEFORE_PLUGINS):
        user.pop("exec", None)
    return user


def _add_certificate(configuration: Any) -> None:
    """Use the certificate that a plugin gave together with a token, as kubectl does."""
    certificate, key = certificate_given()
    if configuration.cert_file:
        return  # there was no token
    if bool(certificate) != bool(key):
        words = "exec plugin returned only certificate or key, not both"
        raise Unreachable(f"Unable to connect to the server: getting credentials: {words}")
    if certificate:
        configuration.cert_file, configuration.key_file = file_with_key(certificate), file_with_key(key)


def _load(loader: Any, cluster: Mapping[str, Any], user: Mapping[str, Any], configuration: Any) -> None:
    document = {
        "current-context": "c3s",
        "contexts": [{"name": "c3s", "context": {"cluster": "c3s", "user": "c3s"}}],
        "clusters": [{"name": "c3s", "cluster": cluster}],
        "users": [{"name": "c3s", "user": user}],
    }
    folder = folder_for_keys() if "exec" in user or any(key.endswith("-data") for key in (*cluster, *user)) else None
    loader.load_kube_config_from_dict(
        document, client_configuration=configuration, persist_config=False, temp_file_path=folder
    )


@contextmanager
def _heard() -> Iterator[StringIO]:
    """Catch what the client logs about a failing plugin: it would only print it and continue without credentials."""
    import logging  # already imported by urllib3
    from io import StringIO

    said = StringIO()
    handler, root = logging.StreamHandler(said), logging.getLogger()
    handler.setLevel(logging.ERROR)
    # Another thread may run another plugin at the same time.
    here = get_ident()
    handler.addFilter(lambda record: record.thread == here)
    root.addHandler(handler)
    try:
        yield said
    finally:
        root.removeHandler(handler)


def _inline_authority(cluster: dict[str, Any], deadline: Deadline) -> None:
    """Pass the CA to a plugin as data, as kubectl does, instead of as a file name."""
    import base64  # only needed for plugins with provideClusterInfo

    path = cluster.pop("certificate-authority", None)
    if not path or cluster.get("certificate-authority-data"):
        return
    try:
        authority = read_file(path, deadline, "certificate authority")
        cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
    except OSError as problem:
        raise ConfigError(f"unable to read certificate-authority {path!r}: {problem.strerror}") from None


def _safe_words(problem: Exception) -> str:
    words = str(problem)
    return words if "File does not exist" in words and len(words) < 300 else type(problem).__name__


def _token_of(path: str, deadline: Deadline) -> str:
    """Read a token file. ConfigError if it is empty: requests would be anonymous."""
    try:
        token = read_file(path, deadline, "token file").decode().strip()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise ConfigError(f"cannot read the token file {path!r}: {why}") from None
    if not token:
        raise ConfigError(f"read empty token from file {path!r}")
    return token


def _plugin_failed(plugin: Mapping[str, Any], said: str, deadline: Deadline) -> Unreachable:
    """Return the reason why a plugin gave no credentials, in kubectl's words. said: what the client logged."""
    from shutil import which  # only on failure

    command = str(plugin.get("command", ""))
    if deadline.is_over():
        words = f"exec: timeout while waiting for executable {command}"
        return Unreachable(f"Unable to connect to the server: getting credentials: {words}", hint=HINT)
    failed = re.match(r"exec: process returned (-?\d+)(?:\. (.*))?", said, re.DOTALL)
    hint: str | None = "run it by hand to see why; c3s sent nothing to the cluster"
    if failed:
        words = f"exec: executable {command} failed with exit code {failed[1]}"
        hint = _safe_line(failed[2]) or hint
    elif os.sep in command and os.path.exists(command) and which(command) is None:
        words = f"exec: fork/exec {command}: permission denied"
    elif which(command) is None:
        words = f"exec: executable {command} not found"
        hint = _safe_line(str(plugin.get("installHint") or "").strip().split("\n", 1)[0])
    elif said.startswith("exec: plugin api version"):
        words = "exec plugin is configured to use another API version than it returned"
    elif "has no attribute 'strip'" in said:
        # The client raises this if a plugin that used the terminal failed.
        words, hint = f"exec: executable {command} failed", "see its own message above"
    else:
        words = "exec plugin didn't return a token or cert/key pair"
    return Unreachable(f"Unable to connect to the server: getting credentials: {words}", hint=hint)


def _safe_line(text: str | None) -> str | None:
    """Return a plugin's output as one line without anything like a token; only the end if it is long."""
    line = "; ".join(filter(None, map(str.strip, SECRETS.sub("…", text or "").split("\n"))))
    return line[-300:] or None


def _oidc_token(provider: Mapping[str, Any]) -> str:
    """Return the token of an OIDC provider. ConfigError if it has expired or has no expiry time.

    The client would refresh it in the last five minutes without verifying the issuer's certificate, and would ignore a
    malformed token and send anonymous requests. So the client gets only the token.
    """
    import base64  # only OIDC needs it
    import json

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
