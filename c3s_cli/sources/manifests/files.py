"""Manifest files, directories and stdin (-f) → Kubernetes objects as dictionaries."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml

from c3s_cli.errors import UsageError
from c3s_cli.kube.deadline import HINT, Deadline, waited
from c3s_cli.request.yaml_text import TooDeepError, check_nesting

# A large application has some hundred kilobytes.
LARGEST: Final = 32 << 20
STDIN: Final = "-"
ENDINGS: Final = (".json", ".yaml", ".yml")


def objects(
    names: Sequence[str], request_timeout: float | None = None, *, recursive: bool = False, command: str = "fit"
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object with the name of its file; the items of Lists one by one. UsageError if one is invalid.

    request_timeout: how long pipes may take, as for a Deadline. recursive: whether to look into the directories of a
    directory, too. command: of c3s, for hints.
    """
    deadline = Deadline(request_timeout)
    for name in (each for argument in names for each in _split(argument)):
        for path in _files(name, command, recursive=recursive):
            yield from ((path, each) for document in _documents(path, deadline) for each in _flat(document, path))


def _split(argument: str) -> list[str]:
    """Split a list at its commas, as kubectl does, unless a file with that name exists."""
    # Path.exists() raises if a name is too long, as a list may be.
    there = os.path.exists(argument)  # noqa: PTH110
    return [argument] if there else [name for name in argument.split(",") if name]


def _files(name: str, command: str, *, recursive: bool) -> list[str]:
    if name.startswith(("http://", "https://")):
        raise UsageError(f"-f takes files, not the URL {name}", hint=f"curl -fsS {name} | c3s {command} -f -")
    if name == STDIN or not os.path.isdir(name):  # noqa: PTH112
        return [name]
    entries = Path(name).rglob("*") if recursive else Path(name).iterdir()
    paths = sorted(str(path) for path in entries if path.suffix in ENDINGS and path.is_file())
    if not paths:
        raise UsageError(f"error reading {name}: recognized file extensions are {', '.join(ENDINGS)}")
    return paths


def _documents(path: str, deadline: Deadline) -> list[Any]:
    try:
        if path != STDIN and Path(path).is_file():
            text = _read(path)
        else:
            text = waited(deadline, partial(_read, path), "stdin" if path == STDIN else f"the pipe {path}")
        return _json(text.decode()) if text.lstrip().startswith(b"{") else _yaml(text)
    except FileNotFoundError:
        raise UsageError(f'the path "{path}" does not exist') from None
    except TimeoutError:
        raise UsageError(f"timeout while reading {path}", hint=HINT) from None
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from problem
    except TooDeepError:
        raise UsageError(f"{path} is nested too deep, or its aliases are") from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise UsageError(f"{path} is not valid YAML or JSON: {' '.join(str(problem).split())}") from problem


def _read(path: str) -> bytes:
    if path == STDIN:
        text = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with Path(path).open("rb") as file:
            text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST >> 20} MiB")
    return text


def _yaml(text: bytes) -> list[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    check_nesting(text, loader)
    return list(yaml.load_all(text, loader))


def _json(text: str) -> list[Any]:
    """Parse concatenated JSON documents; as YAML (flow style) if they are not JSON."""
    documents, place, decoder = [], 0, json.JSONDecoder()
    try:
        while rest := text[place:].lstrip():
            place = len(text) - len(rest)
            document, place = decoder.raw_decode(text, place)
            documents.append(document)
    except ValueError:
        return _yaml(text.encode())
    return documents


def _flat(document: Any, path: str, inside: tuple[int, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield an object, or the items of a List or Template; nothing for an empty document.

    inside: the Lists around it: with YAML's aliases, one may contain itself.
    """
    if document is None or id(document) in inside:
        return
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise UsageError(f"{path} contains a document without a kind")
    kind, items = document["kind"], document.get("items")
    if kind == "Template" and isinstance(document.get("objects"), list) and not document.get("parameters"):
        kind, items = "List", document["objects"]
    if kind.endswith("List") and isinstance(items, list):
        for item in items:
            if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
                raise UsageError(f"{path} contains a List with an item without a kind")
            yield from _flat(item, path, (*inside, id(document)))
    else:
        yield document
