"""What else decides where pods may run, as `c3s fit` reads it: volumes, classes, quotas, budgets, namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from msgspec import Struct

from c3s_cli.model.placing import Claim, NodeTerm, Selector, Toleration, Workload
from c3s_cli.model.requirement import Requirement

Key = tuple[str, str]
Kind = TypeVar("Kind")
# Objects by name, or by namespace and name; None if they could not be read.
Named = Mapping[str, Kind] | None
Spaced = Mapping[Key, Kind] | None


class Budget(Struct, frozen=True):
    """A PodDisruptionBudget. lets_unready_pods_go: whether it never keeps a pod that is not ready."""

    namespace: str
    name: str
    selector: Selector
    disruptions_allowed: int = 0
    lets_unready_pods_go: bool = False


class PersistentVolume(Struct, frozen=True):
    """A PersistentVolume. reach: lists of terms; a node reaches the volume if it matches one of each list.

    claim: the namespace and the name of the claim that it is bound to, or reserved for. driver: of CSI; "" for others.
    """

    reach: tuple[tuple[NodeTerm, ...], ...] = ()
    storage_class: str = ""
    size: int = 0
    modes: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    claim: Key | None = None
    available: bool = False
    block: bool = False
    driver: str = ""


class StorageClass(Struct, frozen=True):
    """A StorageClass. waits: whether volumes are bound when a pod is scheduled. terms: of the allowed topologies."""

    driver: str = ""
    waits: bool = False
    provisions: bool = True
    terms: tuple[NodeTerm, ...] = ()
    default: bool = False


class RuntimeClass(Struct, frozen=True):
    """What a RuntimeClass adds to a pod."""

    overhead: Mapping[str, int] = {}
    node_labels: tuple[Requirement, ...] = ()
    tolerations: tuple[Toleration, ...] = ()


class PriorityClass(Struct, frozen=True):
    """A PriorityClass. preempts: whether its pods may preempt others."""

    value: int = 0
    preempts: bool = True


class Quota(Struct, frozen=True):
    """A ResourceQuota: what its namespace has left. scopes: which pods it counts; names and the rest of a selector."""

    namespace: str
    name: str
    left: Mapping[str, int] = {}
    scopes: tuple[Requirement, ...] = ()


class Scaler(Struct, frozen=True):
    """A HorizontalPodAutoscaler. target: the "Kind/name" that it scales."""

    namespace: str
    name: str
    target: str
    least: int = 1
    most: int = 1


class LimitRange(Struct, frozen=True):
    """One item of a LimitRange, for containers or pods. defaults: of limits. ratios: in billionths."""

    namespace: str
    name: str
    kind: str
    defaults: Mapping[str, int] = {}
    default_requests: Mapping[str, int] = {}
    least: Mapping[str, int] = {}
    most: Mapping[str, int] = {}
    ratios: Mapping[str, int] = {}


class Surroundings(Struct, frozen=True):
    """What else decides where pods may run; empty if no pod needs it.

    workloads: those of the cluster that are to be placed. namespaces: their labels. served: the extended resources that
    device classes serve, each with such a class. volume_counts: how many volumes a node can attach, by node and driver.
    """

    workloads: tuple[Workload, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = {}
    budgets: tuple[Budget, ...] = ()
    claims: Spaced[Claim] = {}
    volumes: Named[PersistentVolume] = {}
    storage_classes: Named[StorageClass] = {}
    volume_counts: Mapping[str, Mapping[str, int]] = {}
    runtime_classes: Named[RuntimeClass] = {}
    priority_classes: Named[PriorityClass] = {}
    quotas: tuple[Quota, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    scalers: tuple[Scaler, ...] = ()
    served: Mapping[str, str] = {}

    def class_of(self, claim: Claim) -> str:
        """Return the name of the storage class of a claim; "" if it has none, and there is no default."""
        if claim.storage_class is not None:
            return claim.storage_class
        return next((name for name, each in (self.storage_classes or {}).items() if each.default), "")


EMPTY: Final = Surroundings()
