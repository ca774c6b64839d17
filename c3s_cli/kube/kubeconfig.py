"""Kubeconfig files, read and merged as kubectl does.

The official client's loader merges several files differently (the last current-context wins, relative paths are
resolved against the wrong file) and quotes credentials in its errors. So c3s merges the files itself and passes the
loader a document with one cluster, user and context. It never writes files or quotes their contents.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, ValidationError, convert, field

from c3s_cli.errors import ConfigError
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.files import read_file
from c3s_cli.request.nesting import TooDeepError, check_nesting

SECTIONS: Final = ("clusters", "users", "contexts")
INNER: Final = {"clusters": "cluster", "users": "user", "contexts": "context"}
PATHS: Final = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
    "contexts": (),
}
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


class _Plugin(Struct, rename="camel"):
    """The shape of a user's exec plugin."""

    api_version: str | None = None
    command: str | None = None
    args: list[str] | None = None
    env: list[dict[str, str]] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None


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


def merge(explicit: str | None, environ: Mapping[str, str], deadline: Deadline) -> Merged:
    """Read --kubeconfig, else every file of $KUBECONFIG, else ~/.kube/config. A missing file counts as empty."""
    merged = Merged(unread=[] if explicit else missing(environ))
    for path in files(explicit, environ):
        if not explicit and not os.path.exists(path):
            continue
        document = _load(path, deadline)
        merged.found = True
        merged.current = merged.current or _name(document.get("current-context") or "", "current-context", path)
        for section in SECTIONS:
            for name, entry in _entries(document, section, path):
                merged.entries[section].setdefault(name, entry)
    return merged


def files(explicit: str | None, environ: Mapping[str, str]) -> list[str]:
    """Return the names of the files that are merged, in their order, whether they exist or not."""
    if explicit:
        return [explicit]
    listed = [path for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    return listed or [os.path.join(_home(environ), ".kube", "config")]


def missing(environ: Mapping[str, str]) -> list[str]:
    """Return the files of $KUBECONFIG if none of them exists."""
    listed = [path for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    return [] if any(map(os.path.exists, listed)) else listed


def unknown_context(name: str, merged: Merged) -> ConfigError:
    """Return the error for a context that no file has. If $KUBECONFIG is wrong, name it: it is the likely cause."""
    hint = f"$KUBECONFIG: no such file: {', '.join(merged.unread)}" if merged.unread else None
    return ConfigError(f'context "{name}" does not exist', hint=hint)


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or os.path.expanduser("~")


def _load(path: str, deadline: Deadline) -> Entry:
    """Read one file. ConfigError if it cannot be read or is not a mapping."""
    import yaml  # takes 10 ms, not needed with only --server

    try:
        content = read_file(path, deadline, "kubeconfig")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        check_nesting(content, loader)
        document = yaml.load(content, Loader=loader)  # noqa: S506  a safe loader
    except FileNotFoundError:
        raise ConfigError(f"stat {path}: no such file or directory") from None
    except OSError as problem:
        raise ConfigError(f"error loading config file {path!r}: {problem.strerror}") from None
    except TooDeepError:
        raise ConfigError(f"error loading config file {path!r}: it is nested too deep, or its aliases are") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"error loading config file {path!r}: it is not valid YAML{where}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"error loading config file {path!r}: it is not a kubeconfig")
    return document


def _entries(document: Entry, section: str, path: str) -> list[tuple[str, Entry]]:
    """Return the named entries of a section, with their file names made absolute."""
    listed = document.get(section) or []
    if not isinstance(listed, list):
        raise ConfigError(f"error loading config file {path!r}: {section} is not a list")
    found = []
    for item in listed:
        if not isinstance(item, dict) or "name" not in item:
            raise ConfigError(f"error loading config file {path!r}: an entry of {section} has no name")
        name = _name(item["name"], f"the name of an entry of {section}", path)
        inner = item.get(INNER[section]) or {}
        if not isinstance(inner, dict):
            raise ConfigError(f"error loading config file {path!r}: an entry of {section} is not a mapping")
        _check_shape(inner, section, name, path)
        found.append((name, _absolute(inner, section, os.path.dirname(os.path.abspath(path)))))
    return found


def _name(value: object, what: str, path: str) -> str:
    """Return a name as text, since YAML reads 1 as a number. ConfigError for nested values."""
    if isinstance(value, (dict, list, set, tuple)):
        raise ConfigError(f"error loading config file {path!r}: {what} is not a text")
    return str(value)


def _check_shape(entry: Entry, section: str, name: str, path: str) -> None:
    """Raise ConfigError if a value is not of the type that kubectl expects. The value is not quoted."""
    try:
        convert(entry, SHAPES[section])
    except ValidationError as problem:
        what, _, where = str(problem).replace("`", "").partition(" - at ")
        kind = INNER[section]
        raise ConfigError(
            f"error loading config file {path!r}: {kind} {name!r}: {where.removeprefix('$.')}: {what}"
        ) from None


def _absolute(entry: Entry, section: str, folder: str) -> Entry:
    """Resolve relative file names against the directory of the kubeconfig that contains them."""
    made = dict(entry)
    for key in PATHS[section]:
        if made.get(key):
            made[key] = os.path.join(folder, str(made[key]))
    plugin = made.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command") or ""):
        made["exec"] = {**plugin, "command": os.path.normpath(os.path.join(folder, plugin["command"]))}
    return made
