"""A server at its own URL, such as Prometheus: the same connections, without a kubeconfig."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.errors import ConfigError
from c3s_cli.kube.access import Access, address, checked
from c3s_cli.kube.cluster import Cluster
from c3s_cli.kube.credentials import authorization_of
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_file
from c3s_cli.kube.headers import sendable
from c3s_cli.kube.proxies import is_loopback
from c3s_cli.kube.secrets import SECRET_HEADER

if TYPE_CHECKING:
    from c3s_cli.request.target import Origin, Target

HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")


class Endpoint(Cluster):
    """A server that is not an API server. standing: headers of every request."""

    def __init__(
        self,
        access: Access,
        target: Target,
        standing: list[tuple[str, str]],
        deadline: Deadline,
        trace: Callable[[str], None] | None,
    ) -> None:
        self._standing = standing
        super().__init__(access, target, deadline, lambda: access, [], trace)
        self.context = access.name

    @property
    def access(self) -> Access:
        """How to reach it."""
        return self._access

    def _standing_headers(self, target: Target) -> list[tuple[str, str]]:
        return [*super()._standing_headers(target), *self._standing]


def open_endpoint(target: Target, trace: Callable[[str], None] | None = None) -> Endpoint:
    """Prepare to read the server of `target.origin`. ConfigError if its address or credentials are invalid."""
    origin = target.origin
    deadline = Deadline(target.request_timeout)
    server = address(origin.url)
    cluster: dict[str, Any] = {}
    if origin.certificate_authority:
        cluster["certificate-authority"] = os.path.abspath(origin.certificate_authority)
    if target.insecure_skip_tls_verify:
        cluster["insecure-skip-tls-verify"] = True
    standing = [_header(text) for text in origin.headers]
    user = _user(origin, deadline)
    name = server.split("://", 1)[1].split("/", 1)[0]
    access = Access(name, "", server, cluster, user)
    if access.secure:
        return Endpoint(checked(access, "--from"), target, standing, deadline, trace)
    if user or any(SECRET_HEADER.search(header) for header, _ in standing):
        if not is_loopback(server):
            raise ConfigError(
                f"credentials are not sent to {server}, which is not encrypted", hint="--from https://… is"
            )
        standing += _plain_authorization(access, deadline)
    return Endpoint(Access(name, "", server, cluster, {}), target, standing, deadline, trace)


def _user(origin: Origin, deadline: Deadline) -> dict[str, Any]:
    """Return the credentials in the form of a kubeconfig user."""
    user: dict[str, Any] = {}
    if origin.token_file:
        user["tokenFile"] = origin.token_file
    if origin.user:
        user |= {"username": origin.user, "password": _password(origin.password_file, deadline)}
    for key, value in (("client-certificate", origin.client_certificate), ("client-key", origin.client_key)):
        if value:
            user[key] = os.path.abspath(value)
    return user


def _password(path: str | None, deadline: Deadline) -> str:
    if not path:
        return ""
    try:
        return read_file(path, deadline, "password file").decode().strip("\r\n")
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise ConfigError(f"cannot read the password file {path!r}: {why}") from None


def _header(text: str) -> tuple[str, str]:
    match = HEADER.fullmatch(text)
    if match is None:
        # Do not quote the text: it may contain a secret.
        raise ConfigError("write a header as 'NAME: VALUE'", hint="--prometheus-header 'X-Scope-OrgID: team-a'")
    return match[1], sendable(match[1], match[2].strip())


def _plain_authorization(access: Access, deadline: Deadline) -> list[tuple[str, str]]:
    """Return the Authorization header for plain HTTP to this machine, where no network is in between."""
    if not ({"tokenFile", "username"} & set(access.user)):
        return []
    token = authorization_of(access, deadline)
    return [("Authorization", sendable("Authorization", token))] if token else []
