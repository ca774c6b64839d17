"""Flags and kubeconfig → Access: the server, cluster and user of one context."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from msgspec import Struct, structs

from c3s_cli.errors import ConfigError, NoCluster, Unreachable
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.kubeconfig import Entry, Merged, merge, unknown_context
from c3s_cli.request.target import Target

NO_CLUSTER: Final = (
    "no cluster to read: there is no kubeconfig (--kubeconfig, $KUBECONFIG, ~/.kube/config), no service account "
    "of a pod, and no --server"
)
# Where a pod finds its service account.
SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
EXEC_GROUP: Final = "client.authentication.k8s.io"
EXEC_VERSIONS: Final = (f"{EXEC_GROUP}/v1", f"{EXEC_GROUP}/v1beta1")
# With one of these, kubectl does not run an exec plugin.
BEFORE_PLUGINS: Final = ("token", "tokenFile", "username", "client-certificate", "client-certificate-data")
IMPERSONATION: Final = ("as", "as-groups", "as-uid", "as-user-extra")
CREDENTIALS: Final = ("token", "tokenFile", "exec", "auth-provider", "username", "password")
KUBECTLS_WORDS: Final = {"clusters": "cluster", "users": "auth info"}


class Access(Struct, frozen=True):
    """Everything that a connection needs. name: for messages; cluster, user: their kubeconfig entries and names.

    expires: when the user's credentials do, if a plugin returned them: in seconds since 1970.
    """

    name: str
    namespace: str
    server: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    cluster_name: str = ""
    user_name: str = ""
    expires: float = float("inf")

    def __repr__(self) -> str:
        """Return the name only, so that credentials are never printed."""
        return f"Access({self.name!r})"

    @property
    def secure(self) -> bool:
        """Whether the connection uses TLS; without it no credentials are sent."""
        return self.server.startswith("https://")


def access_of(
    target: Target, context: str | None = None, merged: Merged | None = None, deadline: Deadline | None = None
) -> Access:
    """Return how to reach a context, None for the current one: by flags and kubeconfig, else as the pod that c3s is in.

    merged: the kubeconfig files, if they have been read. ConfigError names a file but never quotes its contents.
    """
    merged = merged or merge(target.kubeconfig, deadline or Deadline(target.request_timeout))
    name = context or merged.current
    chosen = merged.entries["contexts"].get(name)
    if name and chosen is None and (context or merged.found):
        raise unknown_context(name, merged)
    if not name and not target.server:
        return _in_cluster(target) or _undecided(merged)
    chosen = chosen or {}
    cluster_name = str(target.cluster or chosen.get("cluster") or "")
    user_name = str(target.user or chosen.get("user") or "")
    cluster = _named(merged, "clusters", cluster_name, required=bool(target.cluster))
    user = _named(merged, "users", user_name, required=bool(target.user))
    cluster, user = _with_flags(target, cluster, user, user_name)
    secure = str(cluster.get("server")).startswith("https:")
    if secure and user_name not in {"", *merged.entries["users"]} and not (target.token or target.client_certificate):
        # Requests would be anonymous.
        raise ConfigError(undefined_user(name, user_name), hint="is it in another file of $KUBECONFIG? Or log in again")
    server = address(str(cluster.get("server") or ""))
    if not server:
        raise ConfigError(
            f'no server is known for context "{name}"',
            hint="its cluster is missing from the kubeconfig; add it, or use --server",
        )
    namespace = str(chosen.get("namespace") or "")
    access = Access(name or host_of(server), namespace, server, cluster, user, cluster_name, user_name)
    return checked(access, user_name)


def _in_cluster(target: Target) -> Access | None:
    """Return the access of the pod that c3s runs in, with flags applied; None outside of pods, or without a token."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    token_file = f"{SERVICE_ACCOUNT}/token"
    if not host or not port or not os.path.isfile(token_file):
        return None
    namespace = ""
    with suppress(OSError, ValueError), open(f"{SERVICE_ACCOUNT}/namespace", encoding="utf-8") as file:
        namespace = file.read().strip()
    server = address(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}")
    authority = {"certificate-authority": f"{SERVICE_ACCOUNT}/ca.crt"}
    cluster, user = _with_flags(target, authority, {"tokenFile": token_file}, "in-cluster")
    return checked(Access("in-cluster", namespace, server, cluster, user), "in-cluster")


def _undecided(merged: Merged) -> NoReturn:
    """Raise ConfigError: neither the kubeconfig nor a flag names a cluster."""
    if merged.found:
        raise ConfigError(
            "the kubeconfig names no current context",
            hint="use kubectl config use-context NAME, --context NAME or --server URL",
        )
    if merged.unread:
        raise ConfigError(
            f"$KUBECONFIG: no such file: {', '.join(merged.unread)}", hint="unset KUBECONFIG to use ~/.kube/config"
        )
    raise NoCluster(NO_CLUSTER, hint="try a built-in cluster: c3s top nodes --demo")


def undefined_user(context: str, user_name: str) -> str:
    """Return the words for a context whose user no file defines."""
    return f'context "{context}" names the user "{user_name}", which the kubeconfig does not define'


def _named(merged: Merged, section: str, name: str, *, required: bool) -> Entry:
    entry = merged.entries[section].get(name) if name else None
    if entry is None and required:
        raise ConfigError(f'{KUBECTLS_WORDS[section]} "{name}" does not exist')
    return dict(entry or {})


def _with_flags(target: Target, cluster: Entry, user: Entry, user_name: str) -> tuple[Entry, Entry]:
    """Apply the flags, which take precedence over the files. ConfigError for impersonation without a user."""
    if target.server:
        cluster["server"] = target.server
        # It names the certificate of the kubeconfig's server, not of this one.
        cluster.pop("tls-server-name", None)
    _verify_with_flags(target, cluster)
    if target.token:
        user = {key: value for key, value in user.items() if key not in CREDENTIALS}
        user["token"] = target.token
    for key, value in (("client-certificate", target.client_certificate), ("client-key", target.client_key)):
        if value:
            user[key] = os.path.abspath(value)
            user.pop(f"{key}-data", None)
    as_whom = {"as": target.as_user, "as-groups": list(target.as_groups), "as-uid": target.as_uid}
    user |= {key: value for key, value in as_whom.items() if value}
    if not user.get("as") and any(user.get(key) for key in IMPERSONATION):
        raise ConfigError(f"requesting uid, groups or user-extra for {user_name} without impersonating a user")
    return cluster, user


def _verify_with_flags(target: Target, cluster: Entry) -> None:
    """Apply the flags that control how the server's certificate is verified."""
    if target.certificate_authority:
        cluster["certificate-authority"] = os.path.abspath(target.certificate_authority)
        cluster.pop("certificate-authority-data", None)
        cluster.pop("insecure-skip-tls-verify", None)
    if target.insecure_skip_tls_verify:
        cluster["insecure-skip-tls-verify"] = True
        if not target.certificate_authority:
            cluster.pop("certificate-authority", None)
            cluster.pop("certificate-authority-data", None)
    if target.tls_server_name:
        cluster["tls-server-name"] = target.tls_server_name


# An IPv6 address without brackets, as Go reads it: what follows the last colon is the port.
BARE_IPV6: Final = r"^(\w+://)([0-9a-fA-F:.]*:[0-9a-fA-F.]*:[0-9a-fA-F.]*|:)(:\d+)(?=/|$)"


def address(server: str) -> str:
    """Return a server's address with a scheme (http by default, as in kubectl) and no trailing slash; "" stays "".

    ConfigError if it is invalid, or contains credentials, since addresses are shown.
    """
    if not server:
        return ""
    url = re.sub(BARE_IPV6, r"\1[\2]\3", server if "://" in server else f"http://{server}")
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
        plain = not (parts.query or parts.fragment)
    except ValueError:
        valid, plain = False, True
    if "@" in (url.split("://", 1)[1].split("/", 1)[0] if valid else url):
        raise ConfigError(
            "the server's address has a user name or a password in it", hint="put them into a user of the kubeconfig"
        )
    if not plain:
        # Not the address: its query may be a token.
        raise ConfigError("the server's address has a query or a fragment in it", hint="an address ends with its path")
    if not valid:
        raise ConfigError(f'host must be a URL or a host:port pair: "{server}"')
    scheme, rest = url.split("://", 1)
    if scheme.lower() not in ("http", "https"):
        raise Unreachable(f'Unable to connect to the server: unsupported protocol scheme "{scheme}"')
    return f"{scheme.lower()}://{rest.rstrip('/')}"


def label_of(target: Target, access: Access) -> str:
    """Return what rows are labelled with: the context, or the server if it is given by --server alone."""
    if target.demo:
        return "demo"
    of_context = target.contexts or target.all_contexts or not target.server
    return access.name if of_context else host_of(access.server)


def host_of(server: str) -> str:
    """Return the host of an address, with its port."""
    return server.split("://", 1)[1].split("/", 1)[0]


def checked(access: Access, user_name: str) -> Access:
    """Raise ConfigError for contradictory settings. Drop the credentials if the server is plain http."""
    cluster, user = access.cluster, access.user
    if not access.secure:
        identity = {key: value for key, value in user.items() if key in IMPERSONATION}
        return structs.replace(access, user=identity)
    authority = cluster.get("certificate-authority") or cluster.get("certificate-authority-data")
    if cluster.get("insecure-skip-tls-verify") and authority:
        raise ConfigError("specifying a root certificates file with the insecure flag is not allowed")
    certificate = user.get("client-certificate") or user.get("client-certificate-data")
    key = user.get("client-key") or user.get("client-key-data")
    if certificate and not key:
        raise ConfigError(
            f"client-key-data or client-key must be specified for {user_name} "
            "to use the clientCert authentication method."
        )
    if key and not certificate:
        raise ConfigError(f'the user of context "{access.name}" has a client key but no client certificate')
    _check_methods(user, user_name)
    if user.get("exec") and any(user.get(key) for key in BEFORE_PLUGINS):
        return structs.replace(access, user={key: value for key, value in user.items() if key != "exec"})
    return access


def _check_methods(user: Mapping[str, Any], name: str) -> None:
    """Raise ConfigError for authentication methods that conflict, are incomplete, or were removed."""
    if user.get("token") and user.get("username"):
        raise ConfigError(
            f"more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
        )
    plugin, provider = user.get("exec"), user.get("auth-provider")
    if plugin is not None and provider is not None:
        raise ConfigError(f"authProvider cannot be provided in combination with an exec plugin for {name}")
    if plugin is not None:
        _check_plugin(plugin, name)
    if provider is not None and provider.get("name") != "oidc":
        raise ConfigError(
            f"the {provider.get('name')} auth plugin has been removed",
            hint="use the cloud's exec credential plugin, as kubectl does",
        )


def _check_plugin(plugin: Mapping[str, Any], name: str) -> None:
    """Raise ConfigError, in kubectl's words, if an exec plugin is not described as kubectl wants it."""
    version, mode = str(plugin.get("apiVersion") or ""), plugin.get("interactiveMode")
    for key in ("command", "apiVersion"):
        if not plugin.get(key):
            raise ConfigError(f"{key} must be specified for {name} to use exec authentication plugin")
    if not all(variable.get("name") for variable in plugin.get("env") or ()):
        raise ConfigError(f"env variable name must be specified for {name} to use exec authentication plugin")
    if not mode and version != EXEC_VERSIONS[1] and version in EXEC_VERSIONS:
        raise ConfigError(f"interactiveMode must be specified for {name} to use exec authentication plugin")
    if mode not in (None, "", "Never", "IfAvailable", "Always"):
        raise ConfigError(f'invalid interactiveMode for {name}: "{mode}"')
    if version not in EXEC_VERSIONS:
        raise ConfigError(
            f'exec plugin: invalid apiVersion "{version}"',
            hint=f"write {EXEC_VERSIONS[1]} if the plugin knows it, or let a newer plugin write the kubeconfig",
        )
