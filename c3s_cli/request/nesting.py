"""Refuse YAML that is nested so deep that PyYAML's C loader would overflow the stack and crash."""

from __future__ import annotations

from typing import Any, Final

# A kubeconfig has six levels, its extensions may have more; a manifest has some fifteen.
DEEPEST: Final = 100
# The number of nodes after expanding aliases. Go's YAML parser has a similar limit.
MOST_NODES: Final = 1_000_000


class TooDeepError(ValueError):
    """The document is nested too deep, or its aliases stand for too many nodes."""


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
