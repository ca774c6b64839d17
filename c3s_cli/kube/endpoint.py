"""A server at its own URL, such as Prometheus: the same connections, without a kubeconfig."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import structs

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.access import Access, address, checked, host_of
from c3s_cli.kube.answers import Answer, Question
from c3s_cli.kube.cluster import Cluster
from c3s_cli.kube.credentials import authorization_of, is_loopback
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_text
from c3s_cli.kube.headers import header_of, sendable
from c3s_cli.kube.secrets import SHORTEST, Secrets
from c3s_cli.kube.tls_errors import TRUST
from c3s_cli.request.target import CREDENTIAL_HEADER, Origin, Target

# The parameters that say whose data may be read: a server that quotes them must not be quoted.
TENANTS: Final = ("extra_label", "extra_filters[]")


class Endpoint(Cluster):
    """A server that is not an API server.

    standing: headers of every request. load: returns the access with current credentials.
    """

    def __init__(
        self,
        access: Access,
        target: Target,
        standing: list[tuple[str, str]],
        deadline: Deadline,
        trace: Callable[[str], None] | None,
        load: Callable[[], Access] | None = None,
    ) -> None:
        self._standing = standing
        self._parameters = target.origin.parameters
        super().__init__(access, target, deadline, load or (lambda: access), trace)
        self.context = access.name

    @property
    def access(self) -> Access:
        """How to reach it."""
        return self._access

    def _standing_headers(self, target: Target) -> list[tuple[str, str]]:
        return [*super()._standing_headers(target), *self._standing]

    @property
    def secrets(self) -> Secrets:
        """The credentials, and the parameters that the server must not be quoted with."""
        values = [value for name, value in self._parameters if name in TENANTS and len(value) >= SHORTEST]
        return Secrets((*super().secrets, *values))

    def _sent(self, url: str) -> str:
        if not self._parameters:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(self._parameters, errors='surrogateescape')}"

    def _answer(self, question: Question) -> Answer:
        try:
            return super()._answer(question)
        except Unreachable as problem:
            if problem.hint == TRUST:
                problem.hint = "set the CA to trust with --prometheus-ca"
            raise


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
    standing = [header_of(text) for text in origin.headers]
    user = _user(origin, deadline)
    words = _words(origin.token_command)
    name = host_of(server)
    access = Access(name, "", server, cluster, user)
    if access.secure:
        access = checked(access, "--from")
        load = partial(_with_token, access, words, deadline) if words else None
        return Endpoint(access, target, standing, deadline, trace, load)
    if user or words or any(re.search(CREDENTIAL_HEADER, header) for header, _ in standing):
        if not is_loopback(server):
            raise ConfigError(
                f"credentials are not sent to {server}, which is not encrypted", hint="--from https://… is"
            )
        # No network is in between.
        token = authorization_of(_with_token(access, words, deadline) if words else access, deadline)
        standing += [("Authorization", sendable("Authorization", token))] if token else []
    return Endpoint(Access(name, "", server, cluster, {}), target, standing, deadline, trace)


def _user(origin: Origin, deadline: Deadline) -> dict[str, Any]:
    """Return the credentials in the form of a kubeconfig user."""
    user: dict[str, Any] = {}
    if origin.token_file:
        user["tokenFile"] = origin.token_file
    if origin.user:
        file = origin.password_file
        password = read_text(file, deadline, "password file").strip("\r\n") if file else ""
        user |= {"username": origin.user, "password": password}
    for key, value in (("client-certificate", origin.client_certificate), ("client-key", origin.client_key)):
        if value:
            user[key] = os.path.abspath(value)
    return user


def _words(command: str | None) -> list[str]:
    """Split a command as a shell would; no shell runs it."""
    try:
        return shlex.split(command) if command else []
    except ValueError as problem:
        raise ConfigError(f"--prometheus-token-command is not a command: {problem}") from None


def _with_token(access: Access, words: list[str], deadline: Deadline) -> Access:
    from c3s_cli.kube.plugin import run_for_token  # only a token command needs it

    return structs.replace(access, user={**access.user, "token": run_for_token(words, deadline)})
