"""One reading of one cluster, and the failures in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Figures, Node, NodeFacts, Pod, PodFacts

if TYPE_CHECKING:
    from c3s_cli.model.rightsizing import Declared, Histories
    from c3s_cli.model.surroundings import Surroundings  # most commands place no pods
    from c3s_cli.model.volume_rows import Volume

# The source of a Failure of a whole cluster.
WHOLE: Final = "cluster"


class Failure(Struct, frozen=True):
    """A source that was needed but could not be read.

    source: its name; message: the reason, in kubectl's words; hint: what to do, "" if that is not known. partial:
    whether it was read, but says that its answer is not complete.
    """

    context: str
    source: str
    message: str
    hint: str = ""
    partial: bool = False


class Sample(Struct, frozen=True):
    """One reading of one cluster: plain facts, no sums.

    namespaces: those that were read, empty for all. nodes, pods: what the metrics API reported. node_facts, pod_facts:
    the core objects by name, or by namespace and name; None if not read. pod_count: all pods that the API server has.
    group_figures: figures of whole groups that are not sums over members, by the keys of the group. absence: why there
    is no data, if the source knows. moment: the time in the past that is shown, in words; usage_time: that time, or the
    end of a range, None for now. remarks: what the source says about its figures. surroundings: what else decides where
    pods may run, for `c3s fit`; None if not read. histories: of containers, for `c3s rightsize`; None if not read.
    scaled: who scales a workload, by namespace, "Kind/name" and resource. templates: the containers that pod templates
    declare, by namespace and "Kind/name". former_nodes: details of nodes that are gone.
    """

    context: str
    now: datetime
    source: str
    nodes: Sequence[Node] = ()
    pods: Sequence[Pod] = ()
    node_facts: Mapping[str, NodeFacts] | None = None
    pod_facts: Mapping[tuple[str, str], PodFacts] | None = None
    pod_count: int | None = None
    failures: tuple[Failure, ...] = ()
    namespaces: tuple[str, ...] = ()
    former_nodes: Mapping[str, NodeFacts] = {}
    group_figures: Mapping[tuple[str | None, ...], Figures] = {}
    volumes: Sequence[Volume] = ()
    absence: str = ""
    moment: str = ""
    usage_time: datetime | None = None
    remarks: tuple[str, ...] = ()
    surroundings: Surroundings | None = None
    histories: Histories | None = None
    scaled: Mapping[tuple[str, str], Mapping[str, str]] = {}
    templates: Mapping[tuple[str, str], tuple[Declared, ...]] = {}


class Reading(Struct, frozen=True):
    """What was read at one time: a Sample for the rows, and one for the totals of the whole cluster, or their errors.

    totals: None if they were not asked for.
    """

    rows: Sample | C3sError
    totals: Sample | C3sError | None = None
