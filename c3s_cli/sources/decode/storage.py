"""PersistentVolumeClaims, PersistentVolumes, StorageClasses and CSINodes → rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from c3s_cli.model.placing import Claim, NodeTerm
from c3s_cli.model.requirement import Requirement
from c3s_cli.model.surroundings import Key, PersistentVolume, StorageClass
from c3s_cli.sources.decode.placing import LabelSelector, NodeTerms, node_terms, selector_of
from c3s_cli.sources.decode.shapes import Listing, ObjectName, Quantity, Resources, amount_of, decode_items

BOUND: Final = "pv.kubernetes.io/bind-completed"
SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"
# A label of the volume, and the label of nodes that may stand for it.
ZONES: Final = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
# A node without any of these labels is in no zone, so the scheduler does not compare.
NO_ZONE: Final = NodeTerm(tuple(Requirement(key, "!") for key in ZONES))


class _Meta(Struct, rename="camel", gc=False):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class ClaimSpec(Struct, rename="camel", gc=False):
    """The spec of a claim, of an existing one or in a template."""

    storage_class_name: str | None = None
    volume_name: str = ""
    access_modes: list[str] | None = None
    resources: Resources | None = None
    selector: LabelSelector | None = None
    volume_mode: str | None = None


class _ClaimStatus(Struct, gc=False):
    phase: str = ""


class _Claim(Struct, gc=False):
    metadata: _Meta
    spec: ClaimSpec | None = None
    status: _ClaimStatus | None = None


class _Csi(Struct, gc=False):
    driver: str = ""


class _Affinity(Struct, gc=False):
    required: NodeTerms | None = None


class _VolumeSpec(Struct, rename="camel", gc=False):
    capacity: dict[str, Quantity] | None = None
    access_modes: list[str] | None = None
    claim_ref: ObjectName | None = None
    node_affinity: _Affinity | None = None
    storage_class_name: str = ""
    volume_mode: str | None = None
    csi: _Csi | None = None


class _Volume(Struct, gc=False):
    metadata: _Meta
    spec: _VolumeSpec | None = None
    status: _ClaimStatus | None = None


class _TopologyLabel(Struct, gc=False):
    key: str = ""
    values: list[str] | None = None


class _Topology(Struct, gc=False):
    labels: list[_TopologyLabel] | None = field(default=None, name="matchLabelExpressions")


class _StorageClass(Struct, rename="camel", gc=False):
    metadata: _Meta
    provisioner: str = ""
    volume_binding_mode: str | None = None
    allowed_topologies: list[_Topology] | None = None


class _Count(Struct, gc=False):
    count: int | None = None


class _Driver(Struct, gc=False):
    name: str = ""
    allocatable: _Count | None = None


class _Drivers(Struct, gc=False):
    drivers: list[_Driver] | None = None


class _CsiNode(Struct, gc=False):
    metadata: _Meta
    spec: _Drivers | None = None


def claims(listing: Listing) -> Iterator[tuple[Key, Claim]]:
    """Yield the claims of a list by namespace and name."""
    for each in decode_items(listing, _Claim, "persistentvolumeclaims"):
        meta, spec, phase = each.metadata, each.spec or ClaimSpec(), each.status.phase if each.status else ""
        notes = meta.annotations or {}
        bound = bool(spec.volume_name) and (BOUND in notes or phase == "Bound")
        state = "lost" if phase == "Lost" else "being deleted" if meta.deletion_timestamp else ""
        yield (meta.namespace, meta.name), claim_of(spec, bound=bound, state=state, node=notes.get(SELECTED_NODE, ""))


def claim_of(spec: ClaimSpec, *, bound: bool = False, new: bool = False, state: str = "", node: str = "") -> Claim:
    """Return the row of a claim."""
    return Claim(
        storage_class=spec.storage_class_name,
        size=_size(spec.resources.requests if spec.resources else None),
        modes=tuple(spec.access_modes or ()),
        selector=selector_of(spec.selector) or (),
        volume=spec.volume_name,
        bound=bound,
        new=new,
        state=state,
        node=node,
        block=spec.volume_mode == "Block",
    )


def volumes(listing: Listing) -> Iterator[tuple[str, PersistentVolume]]:
    """Yield the volumes of a list by name."""
    for each in decode_items(listing, _Volume, "persistentvolumes"):
        meta, spec = each.metadata, each.spec or _VolumeSpec()
        reference = spec.claim_ref
        yield (
            meta.name,
            PersistentVolume(
                reach=tuple(_reach(spec, meta.labels or {})),
                storage_class=spec.storage_class_name,
                size=_size(spec.capacity),
                modes=tuple(spec.access_modes or ()),
                labels=meta.labels or {},
                claim=(reference.namespace, reference.name) if reference else None,
                available=(each.status is None or each.status.phase in ("", "Available"))
                and not meta.deletion_timestamp,
                block=spec.volume_mode == "Block",
                driver=spec.csi.driver if spec.csi else "",
            ),
        )


def _reach(spec: _VolumeSpec, labels: Mapping[str, str]) -> Iterator[tuple[NodeTerm, ...]]:
    if spec.node_affinity and spec.node_affinity.required:
        yield node_terms(spec.node_affinity.required)
    for key, other in ZONES.items():
        if key in labels:
            values = tuple(labels[key].split("__"))
            instead = (Requirement(key, "!"), Requirement(other, "in", values))
            yield (NO_ZONE, NodeTerm((Requirement(key, "in", values),)), NodeTerm(instead))


def storage_classes(listing: Listing) -> Iterator[tuple[str, StorageClass]]:
    """Yield the storage classes of a list by name."""
    for each in decode_items(listing, _StorageClass, "storageclasses"):
        notes = each.metadata.annotations or {}
        yield (
            each.metadata.name,
            StorageClass(
                driver=each.provisioner,
                waits=each.volume_binding_mode == "WaitForFirstConsumer",
                provisions=each.provisioner not in ("", NO_PROVISIONER),
                terms=tuple(map(_term, each.allowed_topologies or ())),
                default=any(notes.get(key) == "true" for key in DEFAULT_CLASS),
            ),
        )


def _term(topology: _Topology) -> NodeTerm:
    return NodeTerm(tuple(Requirement(each.key, "in", tuple(each.values or ())) for each in topology.labels or ()))


def volume_counts(listing: Listing) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield the number of volumes that each node can attach, by driver."""
    for each in decode_items(listing, _CsiNode, "csinodes"):
        drivers = (each.spec.drivers if each.spec else None) or ()
        counts = {one.name: one.allocatable.count for one in drivers if one.allocatable}
        yield each.metadata.name, {driver: count for driver, count in counts.items() if count is not None}


def _size(amounts: Mapping[str, Quantity] | None) -> int:
    return amount_of("storage", (amounts or {}).get("storage"), [], "") or 0
