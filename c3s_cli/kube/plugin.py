"""Run an exec plugin and read its answer by kubectl's rules, with kubectl's words for what goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from c3s_cli.errors import ConfigError, Unreachable
from c3s_cli.kube.access import EXEC_GROUP, Access
from c3s_cli.kube.deadline import FOREVER, HINT, Deadline
from c3s_cli.kube.files import read_file
from c3s_cli.kube.prompts import Prompts, modes_kept
from c3s_cli.kube.secrets import without_secrets
from c3s_cli.request.yaml_text import read_yaml
from c3s_cli.terminal.stderr import say

BY_HAND: Final = "run it by hand to see why; c3s sent nothing to the cluster"
INSTALL: Final = "install it, or set its full path in the kubeconfig's user"
BOM: Final = b"\xef\xbb\xbf"
# How many characters of a failing plugin's output a hint shows.
LONGEST: Final = 300
# What a plugin may learn about its cluster, under the names of the kubeconfig.
CLUSTER: Final = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)


class Credential(Struct, frozen=True):
    """What a plugin returned, "" for nothing. expires: in seconds since 1970, infinity if it does not say."""

    token: str
    certificate: str
    key: str
    expires: float

    def __repr__(self) -> str:
        """Return no secret."""
        return "Credential()"


class _Status(Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: Annotated[datetime, Meta(tz=True)] | None = None


class _Answer(Struct, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    status: _Status | None = None


def run_plugin(access: Access, deadline: Deadline, prompts: Prompts, *, must_ask: bool = False) -> Credential:
    """Run the plugin of a user and return its answer. Unreachable in kubectl's words if there is none.

    Of several contexts, a plugin that can do without the terminal first does: all of them run at once. Only if that
    fails, and if it cannot do without, it asks on the terminal when it is its turn. must_ask: whether an answer that it
    gave on its own was refused.
    """
    plugin = access.user["exec"]
    run = partial(_run, access, deadline, prompts)
    if not may_prompt(plugin):
        return run(interactive=False, detached=prompts.closed)
    if not (prompts.several or prompts.closed):
        with modes_kept():
            return run(interactive=True)
    if plugin.get("interactiveMode") != "Always" and (prompts.closed or not must_ask):
        try:
            return run(interactive=False, detached=True)
        except _Unanswered:
            if prompts.closed:
                raise
    if prompts.closed:
        raise _failed(
            f"exec: executable {plugin['command']} needs the terminal, which the live view uses",
            "end the view, and start it again to log in",
        )
    try:
        with prompts.turn(deadline, f"exec plugin {plugin['command']} for context {access.name}:"):
            return run(interactive=True)
    except TimeoutError:
        raise _failed(
            f"exec: timeout while waiting for the terminal, for executable {plugin['command']}", HINT
        ) from None


def _run(
    access: Access, deadline: Deadline, prompts: Prompts, *, interactive: bool, detached: bool = False
) -> Credential:
    plugin = access.user["exec"]
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.get("provideClusterInfo"):
        spec = {"cluster": _cluster(access, deadline), **spec}
    version = str(plugin["apiVersion"])
    info = {"kind": "ExecCredential", "apiVersion": version, "spec": spec}
    own = {str(each["name"]): str(each.get("value") or "") for each in plugin.get("env") or ()}
    environment = {**os.environ, **own, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}
    whose = f"{access.name}: " if prompts.several else ""
    printed, lines = _output(
        plugin,
        environment,
        deadline,
        interactive=interactive,
        detached=detached,
        show=lambda line: say(f"{whose}{line}"),
    )
    for line in lines:
        say(line)
    return _credential(printed, version)


class _Unanswered(Unreachable):
    """A plugin ended without an answer."""


def run_for_token(words: Sequence[str], deadline: Deadline) -> str:
    """Run a command that prints a token; return the token. Unreachable in kubectl's words if there is none."""
    plugin = {"command": words[0], "args": words[1:]}
    printed, _ = _output(plugin, os.environ, deadline, interactive=False, detached=False, show=say)
    token = printed.decode("utf-8", "replace").strip()
    if not token or not token.isprintable() or " " in token:
        raise _failed(f"exec: executable {words[0]} did not print a token, and nothing else", None)
    return token


def may_prompt(plugin: Mapping[str, Any]) -> bool:
    """Return whether a plugin may read from the terminal. Unreachable if it must, but there is none."""
    try:
        terminal = sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        terminal = False  # it is closed
    if plugin.get("interactiveMode") == "Always" and not terminal:
        raise _failed("exec plugin cannot support interactive mode: standard input is not a terminal")
    return terminal and plugin.get("interactiveMode") != "Never"


def _failed(
    words: str, hint: str | None = BY_HAND, kind: type[Unreachable] = Unreachable, advice: str = ""
) -> Unreachable:
    return kind(f"Unable to connect to the server: getting credentials: {words}", hint=hint, advice=advice)


def _cluster(access: Access, deadline: Deadline) -> dict[str, Any]:
    """Return what a plugin with provideClusterInfo may know: as kubectl tells it, with the CA as data."""
    import base64  # only these plugins need it

    cluster = dict(access.cluster, server=access.server)
    path = cluster.get("certificate-authority")
    if path and not cluster.get("certificate-authority-data"):
        try:
            content = read_file(path, deadline, "certificate authority")
        except OSError as problem:
            raise ConfigError(f"unable to read certificate-authority {path!r}: {problem.strerror}") from None
        cluster["certificate-authority-data"] = base64.b64encode(content).decode()
    known = {key: cluster[key] for key in CLUSTER if cluster.get(key)}
    extensions = {each.get("name"): each.get("extension") for each in cluster.get("extensions") or ()}
    config = extensions.get(f"{EXEC_GROUP}/exec")
    return known if config is None else {**known, "config": config}


def _output(
    plugin: Mapping[str, Any], environment: Mapping[str, str], deadline: Deadline, **how: Any
) -> tuple[bytes, list[str]]:
    """Run a plugin; return what it printed, and the lines of its stderr that nobody has seen.

    Unreachable, in kubectl's words, if it cannot be started, fails, or does not end in time.
    """
    from shutil import which

    from c3s_cli.kube.plugin_process import run_process  # only plugins need processes

    command = str(plugin["command"])
    path = command if os.sep in command else which(command)
    if path is None:
        raise _failed(f"exec: executable {command} not found", _install_hint(plugin), advice=INSTALL)
    words = [command, *map(str, plugin.get("args") or ())]
    try:
        ended = run_process(words, path, environment, deadline, **how)
    except TimeoutError:
        raise _failed(f"exec: timeout while waiting for executable {command}", HINT) from None
    except FileNotFoundError:
        raise _failed(f"exec: fork/exec {command}: no such file or directory", _install_hint(plugin)) from None
    except (OSError, ValueError) as problem:
        why = (getattr(problem, "strerror", None) or "invalid argument").lower()
        raise _failed(f"exec: fork/exec {command}: {why}") from None
    lines = without_secrets(ended.remarks or [])
    if ended.code:
        # Go knows no number for a process that a signal has ended.
        failure = f"exec: executable {command} failed with exit code {max(ended.code, -1)}"
        own_words = "; ".join(lines)[-LONGEST:] or BY_HAND
        raise _failed(failure, "see its own message above" if ended.remarks is None else own_words, _Unanswered)
    return ended.printed, [] if ended.shown else lines


def _install_hint(plugin: Mapping[str, Any]) -> str | None:
    """Return the first line of the kubeconfig's advice on how to install a plugin."""
    return next(iter(without_secrets(str(plugin.get("installHint") or "").splitlines())), None)


def _credential(printed: bytes, version: str) -> Credential:
    """Decode a plugin's answer, which is JSON or YAML."""
    answer = _decoded(printed.removeprefix(BOM))
    other = answer.api_version or f"{EXEC_GROUP}/__internal"
    if other != version:
        words = f"exec plugin is configured to use API version {version}, plugin returned version {other}"
        raise _failed(words, None if answer.api_version else "its answer names no apiVersion")
    if answer.kind not in (None, "", "ExecCredential"):
        raise _failed(f'exec plugin: decoding stdout: no kind "{answer.kind}" is registered for version "{version}"')
    if answer.status is None:
        raise _failed("exec plugin didn't return a status field")
    status, expires = answer.status, answer.status.expiration_timestamp
    token = (status.token or "").strip()
    certificate, key = status.client_certificate_data or "", status.client_key_data or ""
    if not (token or certificate or key):
        raise _failed("exec plugin didn't return a token or cert/key pair", kind=_Unanswered)
    if bool(certificate) != bool(key):
        raise _failed("exec plugin returned only certificate or key, not both", None)
    return Credential(token, certificate, key, expires.timestamp() if expires else FOREVER)


def _decoded(content: bytes) -> _Answer:
    try:
        try:
            document = msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError):
            if content.lstrip().startswith(b"{"):
                raise  # kubectl reads nothing else from here, either
            document = read_yaml(content)
        return msgspec.convert({} if document is None else document, _Answer)
    except msgspec.ValidationError as problem:
        # The answer may hold a secret: only types and names of fields are shown.
        raise _failed(f"exec plugin: decoding stdout: {str(problem).replace('`', '')}") from None
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise _failed("exec plugin: decoding stdout: it is neither JSON nor YAML") from None
