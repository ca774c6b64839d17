"""The rows of `c3s fit`: nodes with room for pods, and pods that must leave their nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from c3s_cli.model.rightsizing import Recommendation
from c3s_cli.model.rows import Amounts, Group, Node, NodeDetails, Pod
from c3s_cli.model.volume_rows import Volume


class Fit(Node, frozen=True, gc=False):
    """A node and the pods of one workload. requests: those on the node before the workload is placed.

    fits: how many of the pods fit. placed: how many of the replicas are placed here. limited_by: why no more fit.
    """

    workload: str = ""
    fits: int = 0
    placed: int = 0
    limited_by: tuple[str, ...] = ()


class Move(Struct, frozen=True, gc=False):
    """A pod that must leave its node, and where it fits: to_node is None if nowhere. details: of the target."""

    context: str
    namespace: str
    name: str
    from_node: str
    to_node: str | None = None
    reasons: tuple[str, ...] = ()
    details: NodeDetails | None = None
    labels: Mapping[str, str] | None = None
    owner: str | None = None
    requests: Amounts | None = None

    timestamp: ClassVar[None] = None
    window: ClassVar[None] = None
    figures: ClassVar[None] = None


# Any row of a report.
Row = Node | Pod | Group | Volume | Move | Recommendation
