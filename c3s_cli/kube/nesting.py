"""YAML that is nested deeper than any kubeconfig: composing it would overflow the stack of libyaml and crash."""

from __future__ import annotations

from typing import Any, Final

# A kubeconfig has six levels, and extensions whatever they like.
DEEPEST: Final = 100
# How many nodes the aliases of a document may stand for; Go's parser has a bound, too.
MOST_NODES: Final = 1_000_000


class TooDeepError(ValueError):
    """The document is nested too deep, or its aliases stand for too much."""


def check_nesting(content: bytes, loader: Any) -> None:
    """Raise TooDeepError for a document that must not be composed, yaml.YAMLError for what is no YAML.

    The events of a document come without recursion, in half the time that composing it takes.
    """
    import yaml  # the caller has it by now

    sizes: dict[str | None, int] = {}
    # Of every collection that is open: its anchor, and how many nodes it stands for so far.
    opened: list[tuple[str | None, int]] = [("", 0)]
    for event in yaml.parse(content, Loader=loader):
        anchor: str | None = getattr(event, "anchor", None)
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
