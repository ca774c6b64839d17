"""Read YAML as Go does: the first document, with Go's numbers and booleans; dates and times are text.

YAML that is nested so deep that PyYAML's C loader would overflow the stack and crash is refused.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar, Final

# PyYAML reads YAML 1.1: dates, numbers in base 60, and "=" as a value. kubectl's parser knows none of them.
TYPES: Final = (
    ("bool", r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    ("int", r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", "~nN"),
)
# A kubeconfig has six levels, its extensions may have more; a manifest has some fifteen.
DEEPEST: Final = 100
# The number of nodes after expanding aliases. Go's YAML parser has a similar limit.
MOST_NODES: Final = 1_000_000


class NotYamlError(ValueError):
    """The text is not YAML. line: where, counted from 1, if that is known."""

    def __init__(self, line: int | None) -> None:
        super().__init__("not valid YAML")
        self.line = line


class TooDeepError(ValueError):
    """The document is nested too deep, or its aliases stand for too many nodes."""


def read_yaml(content: bytes) -> Any:
    """Return the first document as dictionaries, lists and values; None if there is none.

    Raises NotYamlError, or TooDeepError for a document that would be too large in memory.
    """
    import yaml  # not needed with only --server

    try:
        check_nesting(content, _loader(), first_only=True)
        return next(yaml.load_all(content, Loader=_loader()), None)
    except TooDeepError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        raise NotYamlError(mark.line + 1 if mark else None) from None


@cache
def _loader() -> Any:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """PyYAML's safe loader with Go's types."""

        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    for name, pattern, first in TYPES:
        whole = re.compile(f"(?:{pattern})$")
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", whole, [*first] + [""] * (name == "null"))
    return Loader


def check_nesting(content: bytes, loader: Any, *, first_only: bool = False) -> None:
    """Raise TooDeepError if a document must not be loaded, yaml.YAMLError if it is not YAML.

    first_only: whether to look at the first document only. Parsing a document into events needs no recursion, and takes
    half the time of loading it.
    """
    import yaml  # already imported by the caller

    sizes: dict[str | None, int] = {}
    # For every open collection: its anchor, and how many nodes it has so far.
    opened: list[tuple[str | None, int]] = [("", 0)]
    for event in yaml.parse(content, Loader=loader):
        anchor: str | None = getattr(event, "anchor", None)
        if first_only and isinstance(event, yaml.DocumentEndEvent):
            return
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((anchor, 1))
            if len(opened) > DEEPEST:
                raise TooDeepError
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = opened.pop()
        elif isinstance(event, yaml.AliasEvent):
            anchor, size = None, sizes.get(event.anchor, 1)
        else:
            size = 1
        if anchor:
            sizes[anchor] = size
        outer, so_far = opened[-1]
        if so_far + size > MOST_NODES:
            raise TooDeepError
        opened[-1] = (outer, so_far + size)
