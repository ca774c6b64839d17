"""The volumes of core pods → the PersistentVolumeClaims that they mount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from c3s_cli.sources.decode.shapes import Listing, Meta, decode_items


class _Claim(Struct, gc=False):
    name: str = field(default="", name="claimName")


class Volume(Struct, gc=False):
    """A volume of a pod."""

    name: str = ""
    claim: _Claim | None = field(default=None, name="persistentVolumeClaim")
    # The claim of an ephemeral volume is named after the pod and the volume.
    ephemeral: dict[str, object] | None = None
    empty_dir: dict[str, object] | None = field(default=None, name="emptyDir")


class _Spec(Struct, gc=False):
    node: str = field(default="", name="nodeName")
    volumes: list[Volume] | None = None


class _Pod(Struct, gc=False):
    metadata: Meta
    spec: _Spec | None = None


def claims_of(listing: Listing) -> Iterator[tuple[tuple[str, str], tuple[str, tuple[str, ...]]]]:
    """Yield the node and the claims of each pod in a list that has claims, by namespace and name."""
    for pod in decode_items(listing, _Pod, "pods"):
        meta = pod.metadata
        if pod.spec and (names := claim_names(meta.name, pod.spec.volumes)):
            yield (meta.namespace, meta.name), (pod.spec.node, names)


def claim_names(pod: str, volumes: Iterable[Volume] | None) -> tuple[str, ...]:
    """Return the names of the claims of a pod, in the order of its volumes."""
    claiming = [volume for volume in volumes or () if volume.claim or volume.ephemeral is not None]
    if not claiming:
        return ()
    return tuple(volume.claim.name if volume.claim else f"{pod}-{volume.name}" for volume in claiming)


def has_local_storage(volumes: Iterable[Volume] | None) -> bool:
    """Return whether a pod has an emptyDir, whose data ends with the pod."""
    return any(volume.empty_dir is not None for volume in volumes or ())
