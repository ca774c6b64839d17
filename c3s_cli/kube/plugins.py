"""Run each exec plugin once: clusters with the same plugin and the same input share its answer."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct, structs

from c3s_cli.errors import C3sError
from c3s_cli.kube.access import Access
from c3s_cli.kube.credentials import configuration_of
from c3s_cli.kube.deadline import Deadline


class Given(Struct, frozen=True):
    """The answer of a plugin: the client's Configuration of the cluster that it ran for."""

    access: Access
    configuration: Any


class Plugins:
    """The answers of the plugins of one command. Several threads may load at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._identities: dict[bytes, _Identity] = {}
        # Plugins that always prompt run one after another.
        self._terminal = Lock()

    def loader(self, access: Access, deadline: Deadline) -> Callable[[], Any]:
        """Return a function that loads the client's Configuration of a cluster.

        It raises ConfigError, or Unreachable for a plugin. Calling it again means that the server refused them.
        """
        plugin = access.user.get("exec")
        if not plugin:
            return lambda: configuration_of(access, deadline)
        about = (access.server, access.cluster) if plugin.get("provideClusterInfo") else None
        key = msgspec.json.encode((access.user, about), order="deterministic")
        with self._lock:
            identity = self._identities.setdefault(key, _Identity())
        refused: Given | None = None

        def load() -> Any:
            nonlocal refused
            refused = identity.given(lambda: self._run(access, deadline), refused)
            return _configured(access, refused, deadline)

        return load

    def forget_failures(self) -> None:
        """Allow failed plugins to run again."""
        for identity in self._identities.values():
            identity.forget_failure()

    def _run(self, access: Access, deadline: Deadline) -> Given:
        if access.user["exec"].get("interactiveMode") != "Always":
            return Given(access, configuration_of(access, deadline))
        with self._terminal:
            return Given(access, configuration_of(access, deadline))


class _Identity:
    """The last answer of one plugin, or its error."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: Given | C3sError | None = None

    def given(self, run: Callable[[], Given], refused: Given | None) -> Given:
        """Return the plugin's answer; run it if it has not run, or if its last answer was refused. Raises its error."""
        with self._lock:
            if self._last is None or self._last is refused:
                try:
                    self._last = run()
                except C3sError as problem:
                    self._last = problem
            if isinstance(self._last, C3sError):
                raise self._last
            return self._last

    def forget_failure(self) -> None:
        """Allow the plugin to run again if it failed."""
        with self._lock:
            if isinstance(self._last, C3sError):
                self._last = None


def _configured(access: Access, given: Given, deadline: Deadline) -> Any:
    """Return the Configuration of a cluster with a plugin's credentials, which may come from another cluster's run."""
    if given.access is access:
        return given.configuration
    user = {key: value for key, value in access.user.items() if key != "exec"}
    configuration = configuration_of(structs.replace(access, user=user), deadline)
    configuration.api_key = dict(given.configuration.api_key)
    configuration.cert_file, configuration.key_file = given.configuration.cert_file, given.configuration.key_file
    return configuration
