"""Kubeconfig files, read and merged as kubectl does.

The official client merges several files differently (the last current-context wins, relative paths are resolved
against the wrong file) and quotes credentials in its errors. c3s never writes files or quotes their contents.
"""

from __future__ import annotations

import os
from typing import Any, Final

from msgspec import Struct, ValidationError, convert, field

from c3s_cli.errors import ConfigError
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_file

SECTIONS: Final = ("clusters", "users", "contexts")
INNER: Final = {"clusters": "cluster", "users": "user", "contexts": "context"}
PATHS: Final = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
    "contexts": (),
}
NO_FILE: Final = "check --kubeconfig or $KUBECONFIG"
Entry = dict[str, Any]


class _Cluster(Struct, rename="kebab"):
    """The shape of a cluster's entry. Strict: the text "false" must not count as true and disable verification."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    disable_compression: bool | None = None


class _Variable(Struct):
    """The shape of an environment variable of a plugin."""

    name: str | None = None
    value: str | None = None


class _Plugin(Struct, rename="camel"):
    """The shape of a user's exec plugin."""

    api_version: str | None = None
    command: str | None = None
    args: list[str] | None = None
    env: list[_Variable] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class _Provider(Struct):
    """The shape of a user's auth-provider."""

    name: str | None = None
    config: dict[str, str] | None = None


class _User(Struct, rename="kebab"):
    """The shape of a user's entry. Strict: a string must not be taken as a list of one-letter groups."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    as_user: str | None = field(default=None, name="as")
    as_uid: str | None = None
    as_groups: list[str] | None = None
    as_user_extra: dict[str, list[str] | None] | None = None
    exec: _Plugin | None = None
    auth_provider: _Provider | None = None


class _Context(Struct):
    """The shape of a context's entry."""

    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


SHAPES: Final = {"clusters": _Cluster, "users": _User, "contexts": _Context}


class Merged(Struct):
    """Several kubeconfig files as one. For each name, the first file that has it wins.

    unread: the files of $KUBECONFIG, if none of them exists.
    """

    current: str = ""
    entries: dict[str, dict[str, Entry]] = field(default_factory=lambda: {section: {} for section in SECTIONS})
    found: bool = False
    unread: list[str] = field(default_factory=list)


def merge(explicit: str | None, deadline: Deadline) -> Merged:
    """Read --kubeconfig, else every file of $KUBECONFIG, else ~/.kube/config. A missing file counts as empty."""
    paths = [path for path in files(explicit) if explicit or os.path.exists(path)]
    merged = Merged(found=bool(paths), unread=[] if paths else _of_variable())
    for path in paths:
        document = _load(path, deadline)
        merged.current = merged.current or _name(document.get("current-context") or "", "current-context", path)
        for section in SECTIONS:
            for name, entry in _entries(document, section, path):
                merged.entries[section].setdefault(name, entry)
    return merged


def files(explicit: str | None) -> list[str]:
    """Return the names of the files that are merged, in their order, whether they exist or not."""
    return [explicit] if explicit else _of_variable() or [os.path.expanduser("~/.kube/config")]


def _of_variable() -> list[str]:
    return [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]


def unknown_context(name: str, merged: Merged) -> ConfigError:
    """Return the error for a context that no file has. If $KUBECONFIG is wrong, name it: it is the likely cause."""
    hint = f"$KUBECONFIG: no such file: {', '.join(merged.unread)}" if merged.unread else None
    return ConfigError(f'context "{name}" does not exist', hint=hint, advice="list the contexts: c3s contexts")


def _load(path: str, deadline: Deadline) -> Entry:
    """Read one file. ConfigError if it cannot be read or is not a mapping."""
    from c3s_cli.request.yaml_text import NotYamlError, TooDeepError, read_yaml  # not needed with only --server

    try:
        document = read_yaml(read_file(path, deadline, "kubeconfig"))
    except FileNotFoundError:
        raise ConfigError(f"stat {path}: no such file or directory", advice=NO_FILE) from None
    except OSError as problem:
        raise _invalid(path, str(problem.strerror)) from None
    except TooDeepError:
        raise _invalid(path, "it is nested too deep, or its aliases are") from None
    except NotYamlError as problem:
        where = f" at line {problem.line}" if problem.line else ""
        raise _invalid(path, f"it is not valid YAML{where}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise _invalid(path, "it is not a kubeconfig")
    return document


def _invalid(path: str, why: str) -> ConfigError:
    return ConfigError(
        f"error loading config file {path!r}: {why}", advice="fix the file, or use another one with --kubeconfig"
    )


def _entries(document: Entry, section: str, path: str) -> list[tuple[str, Entry]]:
    """Return the named entries of a section, with their file names made absolute."""
    listed = document.get(section) or []
    if not isinstance(listed, list):
        raise _invalid(path, f"{section} is not a list")
    entries = []
    for item in (each or {} for each in listed):
        if not isinstance(item, dict):
            raise _invalid(path, f"an entry of {section} is not a mapping")
        name = _name(item.get("name"), f"the name of an entry of {section}", path)
        inner = item.get(INNER[section]) or {}
        if not isinstance(inner, dict):
            raise _invalid(path, f"an entry of {section} is not a mapping")
        _check_shape(inner, section, name, path)
        entries.append((name, _absolute(inner, section, os.path.dirname(os.path.abspath(path)))))
    return entries


def _name(value: object, what: str, path: str) -> str:
    """Return a name as text, since YAML reads 1 as a number. ConfigError for nested values."""
    if not isinstance(value, str | int | None) or isinstance(value, bool):
        raise _invalid(path, f"{what} is not a text")
    return "" if value is None else str(value)


def _check_shape(entry: Entry, section: str, name: str, path: str) -> None:
    """Raise ConfigError if a value is not of the type that kubectl expects. The value is not quoted."""
    try:
        convert(entry, SHAPES[section])
    except ValidationError as problem:
        what, _, where = str(problem).replace("`", "").partition(" - at ")
        kind = INNER[section]
        raise _invalid(path, f"{kind} {name!r}: {where.removeprefix('$.')}: {what}") from None


def _absolute(entry: Entry, section: str, folder: str) -> Entry:
    """Resolve relative file names against the directory of the kubeconfig that contains them. null is no value."""
    resolved = {key: value for key, value in entry.items() if value is not None}
    for key in PATHS[section]:
        if resolved.get(key):
            resolved[key] = os.path.join(folder, str(resolved[key]))
    plugin = resolved.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command") or ""):
        resolved["exec"] = {**plugin, "command": os.path.normpath(os.path.join(folder, plugin["command"]))}
    return resolved
