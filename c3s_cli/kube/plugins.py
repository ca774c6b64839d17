"""Run each exec plugin once: clusters with the same plugin and the same input share its answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from threading import Lock
from time import time as clock
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from c3s_cli.errors import C3sError
from c3s_cli.kube.access import Access
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.prompts import Prompts

if TYPE_CHECKING:
    from c3s_cli.kube.plugin import Credential


class Plugins:
    """The answers of the plugins of one command. Several threads may load at once."""

    def __init__(self) -> None:
        self.prompts = Prompts()
        self._lock = Lock()
        self._identities: dict[bytes, _Identity] = {}

    def loader(self, access: Access, deadline: Deadline) -> Callable[[], Access]:
        """Return a function that returns the access with the credentials of its plugin, if it has one.

        It raises Unreachable or ConfigError. Calling it again means that the server refused them, or that they expired.
        """
        plugin = access.user.get("exec")
        if not plugin:
            return lambda: access
        from c3s_cli.kube.plugin import run_plugin  # only exec plugins need it

        about = (access.server, access.cluster) if plugin.get("provideClusterInfo") else None
        key = msgspec.json.encode((access.user, about), order="deterministic")
        with self._lock:
            identity = self._identities.setdefault(key, _Identity())
        refused: Credential | None = None

        def load() -> Access:
            nonlocal refused
            # One that has not expired was not good enough: what it lacks may be an answer on the terminal.
            must_ask = refused is not None and refused.expires > clock()
            run = partial(run_plugin, access, deadline, self.prompts, must_ask=must_ask)
            refused = identity.credential(run, refused)
            return _with(access, refused)

        return load

    def forget_failures(self) -> None:
        """Allow failed plugins to run again."""
        for identity in tuple(self._identities.values()):
            identity.failure = None


class _Identity:
    """The last answer of one plugin, or its error. The error may be dropped at any time, while the plugin runs, too."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: Credential | None = None
        self.failure: C3sError | None = None

    def credential(self, run: Callable[[], Credential], refused: Credential | None) -> Credential:
        """Return the plugin's answer; run it if it has not run, or if its last answer was refused. Raises its error."""
        with self._lock:
            if failure := self.failure:
                raise failure
            if self._last is None or self._last is refused:
                self._last = None
                try:
                    self._last = run()
                except C3sError as problem:
                    self.failure = problem
                    raise
            return self._last


def _with(access: Access, credential: Credential) -> Access:
    """Return an access with the credentials of its plugin instead of the plugin."""
    user = {key: value for key, value in access.user.items() if key != "exec"}
    user["token"] = credential.token
    for key, text in (("client-certificate-data", credential.certificate), ("client-key-data", credential.key)):
        user[key] = b64encode(text.encode()).decode()
    return structs.replace(access, user=user, expires=credential.expires)
