"""What a source of usage is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from c3s_cli.columns.vocabulary import Column, Kind, Needs
from c3s_cli.kube.cluster import segment

if TYPE_CHECKING:
    from datetime import datetime

    from c3s_cli.model.rightsizing import Histories
    from c3s_cli.model.rows import Figures, Node, NodeFacts, Pod, PodFacts
    from c3s_cli.model.sample import Failure, Sample
    from c3s_cli.model.volume_rows import Volume
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.period import Period
    from c3s_cli.request.selectors import FieldSelector, LabelSelector
    from c3s_cli.sources.decode.owners import Owners

# The values of the columns of --by.
Keys = tuple["str | None", ...]
Pairs = list[tuple[str, str]]
Key = tuple[str, str]
# The node, and the names of the PersistentVolumeClaims, of a pod by namespace and name.
Claims = Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]
# Histories of containers, None without a past; the facts of pods that ended, and owners of theirs.
Past = tuple["Histories | None", Mapping[Key, "PodFacts"], "Owners"]


class Groups(Struct, frozen=True):
    """The groups that the rows in scope form, and the statistics needed for each as a whole, by column name.

    by: the columns of --by. where: the condition that the members meet. total: whether all members are a group, too.
    """

    figures: tuple[str, ...]
    by: tuple[Column, ...] = ()
    where: Condition | None = None
    total: bool = False


class Wanted(Struct, frozen=True):
    """The histories of containers that are wanted. percentile: of CPU. workload: the name of the only one, or ""."""

    percentile: int
    workload: str = ""


class Scope(Struct, frozen=True):
    """Which objects to read: one kind, by name or by selectors.

    namespaces: their names, or patterns such as team-*; empty for all. A name goes with one namespace.
    figures: what is needed besides usage, by column name. containers: whether containers need it too. period: the time
    or range, None for now. groups: the groups that need statistics as a whole, None if there are none. dispensable:
    what may fail without a word. histories: those of containers that are wanted, None for none. judged: whether a
    condition judges the rows, so that it matters whether an empty namespace exists.
    """

    objects: Kind
    name: str | None = None
    namespaces: tuple[str, ...] = ()
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    figures: tuple[str, ...] = ()
    containers: bool = False
    period: Period | None = None
    groups: Groups | None = None
    dispensable: Needs = Needs.NOTHING
    histories: Wanted | None = None
    judged: bool = False

    def namespaced(self, resource: str) -> tuple[str, ...]:
        """Return the last part of each path: `namespaces/NAMESPACE/pods`, or only `pods` for all namespaces."""
        return tuple(f"namespaces/{segment(each, 'namespace')}/{resource}" for each in self.namespaces) or (resource,)

    def label_query(self) -> Pairs:
        """Return the query parameter of the label selector, if there is one."""
        return [("labelSelector", self.labels.text)] if self.labels else []

    def selectors(self) -> Pairs:
        """Return the query parameters of both selectors."""
        return self.label_query() + ([("fieldSelector", self.fields.text)] if self.fields else [])

    @property
    def everything(self) -> bool:
        """Whether all objects of the cluster are read."""
        return not (self.name or self.namespaces or self.labels or self.fields)

    @property
    def all_nodes(self) -> bool:
        """Whether the node objects in scope are those of the whole cluster, now."""
        return self.period is None and not (self.objects is Kind.NODE and (self.name or self.labels))


# The totals of a cluster need these, of all of it.
TOTALS: Final = Needs.NODE_METRICS | Needs.NODES | Needs.NODE_DETAILS | Needs.POD_COUNT
CLUSTER: Final = Scope(Kind.CLUSTER)


class Lists(Struct, frozen=True):
    """Lists from the API server, for sources of usage that do not support selectors; each list is read once.

    nodes: by name, those in scope, or all if the scope is pods. pods: the unfinished pods in scope; claims: theirs.
    everyone: all nodes, if the reading asks for those too.
    addresses: the names of all nodes by their addresses.
    """

    nodes: Callable[[], Mapping[str, Any]]
    pods: Callable[[], Mapping[tuple[str, str], PodFacts]]
    claims: Callable[[], Claims]
    everyone: Callable[[], Mapping[str, Any]] | None = None
    addresses: Callable[[], Mapping[str, str]] = dict


class Usage:
    """The usage of nodes or pods, in one reading. Few sources have a past."""

    @property
    def name(self) -> str:
        """The name of the source in documents."""
        raise NotImplementedError

    @property
    def failures(self) -> Sequence[Failure]:
        """What could not be read."""
        return ()

    @property
    def remarks(self) -> Sequence[str]:
        """What to say about the figures."""
        return ()

    @property
    def absence(self) -> str:
        """Why the source has no data at all; "" if it has some, or if the reason is unknown."""
        return ""

    @property
    def time(self) -> datetime | None:
        """The time in the past that is shown, or the end of such a range; None for now."""
        return None

    @property
    def moment(self) -> str:
        """The time in the past that is shown, in words, or the range; "" for now."""
        return ""

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes in scope. Raises a C3sError if there is none to show."""
        raise NotImplementedError

    def pods(self) -> list[Pod]:
        """Read the usage of the pods in scope. Raises a C3sError if there is none to show."""
        raise NotImplementedError

    def volumes(self) -> list[Volume]:
        """Read the claims in scope. Raises a C3sError if the source does not report volumes."""
        raise NotImplementedError

    def explain_absence(self, now: datetime) -> None:
        """Raise a C3sError if no pod has usage although there should be some."""

    def former(self, known: Mapping[Key, PodFacts]) -> tuple[Mapping[Key, PodFacts], Owners]:  # noqa: ARG002
        """Return the facts of pods that ended in the range, and their owners. known: the pods that exist."""
        return {}, {}

    def former_nodes(self, names: Sequence[str]) -> tuple[Mapping[str, NodeFacts], Sequence[str]]:  # noqa: ARG002
        """Return the details of nodes that were there in the range, by name, and what to say about the others."""
        return {}, ()

    def restarts(self, known: Mapping[Key, PodFacts]) -> Mapping[Key, PodFacts]:
        """Return the facts of pods, with restarts in the range of the scope; None where they are unknown."""
        return known

    def histories(self, wanted: Wanted, known: Mapping[Key, PodFacts]) -> Past:  # noqa: ARG002
        """Read the histories of containers. known: the pods that exist."""
        return None, {}, {}

    def sums(self, sample: Sample, groups: Groups) -> Mapping[Keys, Figures]:  # noqa: ARG002
        """Read statistics of groups as a whole."""
        return {}
