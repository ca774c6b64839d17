"""The contexts of the kubeconfig files, and those that the flags select."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.errors import ConfigError
from c3s_cli.kube.kubeconfig import Merged, unknown_context
from c3s_cli.request.target import Target

PATTERN: Final = r"[*?\[]"


class Context(Struct, frozen=True):
    """A context as written in the files; "" for missing values. current: whether it is the default."""

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    current: bool


def list_contexts(merged: Merged) -> list[Context]:
    """Return all contexts, in the order of the files."""
    contexts = []
    for name, entry in merged.entries["contexts"].items():
        cluster = str(entry.get("cluster") or "")
        server = shown_address(str(merged.entries["clusters"].get(cluster, {}).get("server") or ""))
        user, namespace = str(entry.get("user") or ""), str(entry.get("namespace") or "")
        contexts.append(Context(name, cluster, user, namespace, server, name == merged.current))
    return contexts


def shown_address(server: str) -> str:
    """Return an address without its user, password, query and fragment, which may be secret."""
    scheme, separator, rest = server.partition("://") if "://" in server else ("", "", server)
    credentials, _, host_and_path = rest.rpartition("@")
    if re.search(r"[/?#]", credentials):
        return f"{scheme}{separator}…"  # where they end is not clear
    return f"{scheme}{separator}{re.split('[?#]', host_and_path, maxsplit=1)[0]}"


def may_be_several(target: Target) -> bool:
    """Return whether the flags may select several contexts: only then all contexts have to be read."""
    texts = target.contexts
    return target.all_contexts or len(texts) > 1 or any("," in text or re.search(PATTERN, text) for text in texts)


def choose(target: Target, merged: Merged) -> list[str]:
    """Return the names of the contexts that the flags select, each once: in the order of the flags, then of the files.

    ConfigError if nothing matches.
    """
    known = list(merged.entries["contexts"])
    if target.all_contexts:
        if not known:
            raise ConfigError("the kubeconfig has no contexts")
        return known
    return selected(target.contexts, known, partial(unknown_context, merged=merged))


def selected(texts: Sequence[str], known: Collection[str], unknown: Callable[[str], ConfigError]) -> list[str]:
    """Return the names that texts select: each is a name, a pattern, or a list of both. Raises `unknown(text)`.

    A word that is a name is never taken as a pattern or a list.
    """
    names: list[str] = []
    for text in texts:
        words = [text] if text in known else [word.strip() for word in text.split(",")]
        for word in filter(None, words):
            names += _matching(word, known, unknown)
    if not names:
        raise unknown(",".join(texts))
    return list(dict.fromkeys(names))


def _matching(word: str, known: Collection[str], unknown: Callable[[str], ConfigError]) -> list[str]:
    from fnmatch import fnmatchcase  # only several contexts need it

    if word in known:
        return [word]
    if not re.search(PATTERN, word):
        raise unknown(word)
    if names := [name for name in known if fnmatchcase(name, word)]:
        return names
    raise ConfigError(f'no context matches "{word}"', hint="list them: c3s contexts")
