"""Completion candidates for a command line: commands, flags, values, and names from the cluster.

Uses the protocol of cobra, as kubectl and its plugins do: one candidate per line, then `:DIRECTIVE`. So the same output
serves the shells (`c3s completion SHELL`) and `kubectl c3s` (`kubectl_complete-c3s`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.columns.kinds import ALIASES, KEYS, KINDS, ROLLUPS, is_rollup, kind_named, list_path
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import COMPARED, Kind
from c3s_cli.errors import C3sError
from c3s_cli.flags.argv import line_of, value_of, words_of
from c3s_cli.flags.arity import metavar_of, takes_value
from c3s_cli.flags.options import Connection
from c3s_cli.request.from_flags import target_of
from c3s_cli.request.target import Target
from c3s_cli.request.view import CHANGES, WITH_TEMPLATE, Format

if TYPE_CHECKING:
    from c3s_cli.sources.decode.shapes import Listing

# Cobra's directives.
NO_FILES: Final = 4
FILES: Final = 0
NO_SPACE: Final = 6
SECONDS: Final = 1.0
AT_MOST: Final = 1000

# What c3s diff compares.
COMPARABLE: Final = ("nodes", "pods", "cluster", "owners")


def complete(
    words: Sequence[str], commands: Iterable[tuple[str, ...]], flags_of: Callable[[tuple[str, ...]], list[str]]
) -> str:
    """Return the candidates in cobra's protocol. `words` follow the program's name; the last one is unfinished.

    flags_of: returns the names of a command's flags.
    """
    *done, last = words or [""]
    try:
        candidates, directive = _candidates(list(done), last, list(commands), flags_of)
    except (C3sError, OSError, ValueError, KeyError):
        candidates, directive = [], NO_FILES
    # Names with control characters cannot be completed: a shell would type those.
    fitting = [each for each in candidates if each.startswith(last) and each.isprintable()]
    return "".join(f"{each}\n" for each in fitting[:AT_MOST]) + f":{directive}\n"


def _candidates(
    done: list[str], last: str, commands: list[tuple[str, ...]], flags_of: Callable[[tuple[str, ...]], list[str]]
) -> tuple[list[str], int]:
    if done and done[-1].startswith("-") and "=" not in done[-1] and takes_value(done[-1]):
        return _values(done[-1], done[:-1], last)
    if last.startswith("--") and "=" in last:
        name, _, value = last.partition("=")
        values, directive = _values(name, done, value)
        return [f"{name}={each}" for each in values], directive
    words = [ALIASES.get(word, word) for word in _words(done)]
    words = words[1:] if words[:1] == ["help"] else words
    path = tuple(words[: 2 if words[:1] in (["top"], ["watch"]) else 1])
    kind = path[1] if path[1:] and is_rollup(path[1]) else ""
    if kind:
        path = (path[0], "pods")
    if last.startswith("-"):
        names = flags_of(("watch", "nodes") if path == ("watch",) else path)
        return sorted(name for name in names if name.startswith("--")), NO_FILES
    if kind:
        return [] if words[2:] or "/" in kind else _objects(kind, done), NO_FILES
    if path in (("top",), ("watch",)) and "/" in last and is_rollup(last + "x"):
        word = last.partition("/")[0]
        return [f"{word}/{name}" for name in _objects(word, done)], NO_FILES
    if path in (("diff",), ("record",), ("recordings",)):
        return [*COMPARABLE, *ROLLUPS] if path == ("diff",) and not words[1:] else [], FILES
    if path in commands:
        return _arguments(path[-1], words[len(path) :], done), NO_FILES
    following = [command[len(words)] for command in commands if list(command[: len(words)]) == words]
    return list(dict.fromkeys((*following, *(ROLLUPS if path in (("top",), ("watch",)) else ())))), NO_FILES


def _words(done: list[str]) -> list[str]:
    """Return the words without the flags and their values."""
    try:
        return words_of(done)
    except C3sError:
        return []


def _arguments(command: str, names: list[str], done: list[str]) -> list[str]:
    """Return the candidates for a command's argument."""
    match command:
        case "completion":
            return ["bash", "zsh", "fish", "powershell"]
        case "columns":
            return list(KINDS)
        case "nodes" if not names:
            return _listed("/api/v1/nodes", done)
        case "pods" if not names:
            return _listed(None, done)
        case _:
            return []


def _objects(kind: str, done: list[str]) -> list[str]:
    """Return the names of the objects of a kind: of the namespace, unless they are namespaces."""
    path = list_path(kind)
    return _listed(path, done) if path else []


def _values(flag: str, done: list[str], last: str) -> tuple[list[str], int]:  # noqa: C901  one branch a flag
    """Return the candidates for a flag's value, and cobra's directive."""
    if metavar_of(flag) == "FILE":
        return [], FILES
    naming = Naming(next(filter(None, map(kind_named, reversed(done))), Kind.POD))
    groups = "--by" in done or (any(map(is_rollup, _words(done)[1:2])) and flag not in ("--by", "--where"))
    rows = Naming(naming.kind.group) if groups and flag != "--where" else naming
    if done[:1] == ["diff"]:
        rows = Naming({kind: change for change, kind in COMPARED.items()}[rows.kind])
    before = last[: last.rfind(",") + 1]
    match flag:
        case "-n" | "--namespace":
            return _listed("/api/v1/namespaces", done), NO_FILES
        case "--without":
            return _listed("/api/v1/nodes", done), NO_FILES
        case "--context":
            listed = before.split(",")
            names = [name for name in _configured(flag, done) if name not in listed]
            return [before + name for name in names], NO_SPACE if before else NO_FILES
        case "--cluster" | "--user":
            return _configured(flag, done), NO_FILES
        case "-o" | "--output":
            some = [each for each in Format if each not in CHANGES or naming.kind is Kind.RIGHTSIZE]
            return [each.value + ("=" if each in WITH_TEMPLATE else "") for each in some], NO_FILES
        case "--by" | "--columns" | "--sort-by" | "--where" | "--fail-if" | "--until" | "--until-all" if (
            last.removeprefix(before).startswith("label:")
        ):
            return [f"{before}label:{key}" for key in _label_keys(naming.kind, done)], NO_SPACE
        case "--columns":
            return [before + name for name in ("default", "wide", "all", *rows.short_names())], NO_SPACE
        case "--sort-by" | "--where" | "--fail-if" | "--until" | "--until-all":
            return [before + name for name in rows.short_names()], NO_SPACE
        case "--by":
            return [before + key for key in (*KEYS.get(naming.kind, ()), "label:")], NO_SPACE
        case _:
            return [], NO_FILES


def _configured(flag: str, done: list[str]) -> list[str]:
    from c3s_cli.kube.deadline import Deadline
    from c3s_cli.kube.kubeconfig import merge  # only needed for flags that read files

    section = {"--context": "contexts", "--cluster": "clusters", "--user": "users"}[flag]
    return sorted(merge(_target(done).kubeconfig, Deadline(SECONDS)).entries[section])


def _target(done: list[str]) -> Target:
    """Return the target of the command line so far, with a timeout of one second."""
    values: dict[str, Any] = {}
    names = {"-n": "namespace", "-s": "server", "--as": "as_user"}
    for flag, value in _pairs(done):
        field = names.get(flag, flag.removeprefix("--").replace("-", "_"))
        if field == "context":
            values.setdefault(field, []).append(value)
        elif field in Connection.__struct_fields__:
            values[field] = value
    for field in ("as_group", "parallel"):
        values.pop(field, None)
    return target_of(Connection(**{**values, "request_timeout": f"{SECONDS:g}s"}))


def _pairs(done: list[str]) -> list[tuple[str, Any]]:
    """Return the flags so far with their values; True for those that take none."""
    line = line_of(done)
    return [
        (name, value_of(flag) if takes_value(name) else True)
        for name, flag in zip(line.names(), line.flags, strict=True)
    ]


def _listed(path: str | None, done: list[str]) -> list[str]:
    """Return the names in a list, read live; None stands for the pods of the namespace."""
    from c3s_cli.sources.decode.owners import names  # only live candidates need the client

    return _read(path, done, lambda listing: [name for (_, name), _ in names(listing)])


def _label_keys(kind: Kind, done: list[str]) -> list[str]:
    """Return the keys of the labels of nodes or pods, read live."""
    from c3s_cli.sources.decode.owners import label_keys  # only live candidates need the client

    everywhere = not {"-A", "--all-namespaces"}.isdisjoint(done)
    path = "/api/v1/nodes" if kind is Kind.NODE else "/api/v1/pods" if everywhere else None
    return _read(path, done, lambda listing: sorted(label_keys(listing)))


def _read(path: str | None, done: list[str], names_in: Callable[[Listing], list[str]]) -> list[str]:
    """Read the metadata of a list; None stands for the pods of the namespace."""
    from c3s_cli.kube.cluster import segment
    from c3s_cli.run.fleet import open_fleet
    from c3s_cli.run.stages import Stages
    from c3s_cli.sources.decode.shapes import decode_listing  # only live candidates need the client

    target = _target(done)
    given = next((value for flag, value in reversed(_pairs(done)) if flag in ("-n", "--namespace")), None)
    accept: Callable[[str], str] = "application/json;as={};g=meta.k8s.io;v=v1,application/json".format
    with open_fleet(target, Stages(0), quiet=True) as fleet:
        cluster = fleet.members[0].cluster()
        where = (path or "/api/v1/namespaces/{}/pods").format(segment(given or cluster.namespace, "namespace"))
        answer = cluster.get(where, [("limit", str(AT_MOST))], accept=accept("PartialObjectMetadataList"))
        return names_in(decode_listing(answer.body, where))
