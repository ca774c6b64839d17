"""The names of the kinds of row: in `c3s columns`, and as words of commands."""

from __future__ import annotations

from typing import Final

from c3s_cli.columns.vocabulary import Kind

KINDS: Final = {
    "nodes": Kind.NODE,
    "pods": Kind.POD,
    "node-groups": Kind.NODE_GROUP,
    "pod-groups": Kind.POD_GROUP,
    "cluster": Kind.CLUSTER,
    "volumes": Kind.VOLUME,
    "fit": Kind.FIT,
    "fit-groups": Kind.FIT_GROUP,
}
# kubectl's other names, as it accepts them before the name of an object.
ALIASES: Final = {"node": "nodes", "no": "nodes", "pod": "pods", "po": "pods"}


def kind_named(word: str) -> Kind | None:
    """Return the kind that a word means, such as `node` or `pods`; None if it means none."""
    return KINDS.get(ALIASES.get(word, word))
