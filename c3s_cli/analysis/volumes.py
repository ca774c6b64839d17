"""Where pods may run because of their volumes: as the scheduler's VolumeBinding, VolumeZone and VolumeRestrictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import met
from c3s_cli.model.placing import Cap, Claim, NodeTerm, Placing
from c3s_cli.model.requirement import Requirement
from c3s_cli.model.sample import Sample
from c3s_cli.model.surroundings import EMPTY, Key, PersistentVolume, StorageClass, Surroundings

VOLUMES: Final = "volumes"
# The owners of pods that a drain leaves.
STAYING: Final = ("DaemonSet/", "Node/")
Terms = tuple[NodeTerm, ...]


class Binding(Struct):
    """What the volumes of a pod allow.

    reach: the `volumes` of Placing. refused, ignored: as there. caps: how many such pods there can be.
    """

    reach: list[Terms]
    refused: list[str]
    ignored: list[str]
    caps: list[Cap]


class Binder(Struct):
    """The volumes of a cluster. in_use: the claims of running pods."""

    cluster: Surroundings
    in_use: Collection[Key]

    def bind(self, placing: Placing, namespace: str, new: Iterable[Claim] = ()) -> tuple[Placing, list[Cap]]:
        """Return the rules of a pod with those of its volumes, and how many such pods there can be.

        new: claims that are created together with each pod.
        """
        binding = Binding([], [], [], [])
        for name in placing.claims:
            self._bind_named(binding, (namespace, name))
        for claim in new:
            self._find_volume(binding, "", claim, None)
        if not (binding.reach or binding.refused or binding.ignored):
            return placing, binding.caps
        bound = structs.replace(
            placing,
            volumes=(*placing.volumes, *binding.reach),
            refused=(*placing.refused, *binding.refused),
            ignored=tuple(dict.fromkeys((*placing.ignored, *binding.ignored))),
        )
        return bound, binding.caps

    def _bind_named(self, binding: Binding, key: Key) -> None:
        name, claim = key[1], (self.cluster.claims or {}).get(key)
        if self.cluster.claims is None:
            binding.ignored.append(VOLUMES)
        elif claim is None:
            binding.refused.append(f"claim {name} missing")
        elif claim.state:
            binding.refused.append(f"claim {name} {claim.state}")
        else:
            if claim.exclusive:
                binding.caps.append(Cap(int(key not in self.in_use), f"claim {name} in use"))
            if claim.bound:
                self._reach(binding, claim)
            else:
                self._find_volume(binding, name, claim, key)

    def _reach(self, binding: Binding, claim: Claim) -> None:
        """Restrict a pod to the nodes that reach a volume."""
        volume = (self.cluster.volumes or {}).get(claim.volume)
        if self.cluster.volumes is None:
            binding.ignored.append(VOLUMES)
        elif volume is None:
            binding.refused.append(f"volume {claim.volume} missing")
        else:
            binding.reach += volume.reach

    def _find_volume(self, binding: Binding, name: str, claim: Claim, key: Key | None) -> None:
        """Restrict a pod to the nodes where a volume for its claim exists or can be provisioned."""
        if self.cluster.storage_classes is None or self.cluster.volumes is None:
            binding.ignored.append(VOLUMES)
            return
        wanted = self.cluster.class_of(claim)
        storage_class = self.cluster.storage_classes.get(wanted, StorageClass(provisions=False))
        waits = storage_class.waits and not claim.volume
        if not (waits or claim.new):
            binding.refused.append(f"claim {name} unbound")
            return
        volumes = [each for each in self.cluster.volumes.values() if _suits(each, claim, wanted, key)]
        options = list(_options(volumes))
        if storage_class.provisions and claim.node:
            options.append(NodeTerm(fields=(Requirement("metadata.name", "=", (claim.node,)),)))
        elif storage_class.provisions:
            options += storage_class.terms
            if not waits:
                binding.ignored.append(f"where storage class {wanted} provisions volumes")
            elif name:
                binding.ignored.append(f"that all pods follow the first one to the volume of claim {name}")
        anywhere = storage_class.provisions and not storage_class.terms and not claim.node
        if not anywhere and not any(not each.reach for each in volumes):
            binding.reach.append(tuple(dict.fromkeys(options)))
        if not storage_class.provisions and not name:
            binding.caps.append(Cap(len(volumes), "volume"))
            if len(volumes) > 1:
                binding.ignored.append(f"how many volumes of storage class {wanted} each node reaches")


def with_volumes(sample: Sample, drained: Collection[str], *, pending: bool) -> Sample:
    """Return a reading in which the rules of the pods that are placed include those of their volumes.

    drained: the nodes whose pods move. pending: whether pods without a node are placed.
    """
    moving = {
        key: facts
        for key, facts in (sample.pod_facts or {}).items()
        if (facts.node in drained if facts.node else pending)
    }
    bound = {}
    leaving = {key for key, facts in moving.items() if not (facts.owner or "").startswith(STAYING)}
    binder = Binder(sample.surroundings or EMPTY, claims_in_use(sample, leaving))
    for (namespace, name), facts in moving.items():
        if facts.placing and facts.placing.claims:
            placing, caps = binder.bind(facts.placing, namespace)
            refused = (*placing.refused, *(cap.why for cap in caps if not cap.pods))
            bound[namespace, name] = structs.replace(facts, placing=structs.replace(placing, refused=refused))
    return structs.replace(sample, pod_facts={**(sample.pod_facts or {}), **bound}) if bound else sample


def claims_in_use(sample: Sample, leaving: Collection[Key]) -> set[Key]:
    """Return the claims of the pods on nodes, except of some that leave."""
    return {
        (key[0], name)
        for key, facts in (sample.pod_facts or {}).items()
        if facts.node and facts.placing and key not in leaving
        for name in facts.placing.claims
    }


def _suits(volume: PersistentVolume, claim: Claim, wanted: str, key: Key | None) -> bool:
    """Return whether a volume can be bound to a claim."""
    if volume.claim is not None and (key is None or volume.claim != key):
        return False
    return (
        volume.available
        and volume.storage_class == wanted
        and volume.size >= claim.size
        and volume.block == claim.block
        and set(claim.modes) <= set(volume.modes)
        and met(claim.selector or (), volume.labels)
    )


def _options(volumes: Sequence[PersistentVolume]) -> Iterator[NodeTerm]:
    """Yield terms of which a node matches one if it reaches one of the volumes."""
    for volume in volumes:
        for each in product(*volume.reach):
            labels = tuple(requirement for term in each for requirement in term.labels)
            fields = tuple(requirement for term in each for requirement in term.fields)
            yield NodeTerm(labels, fields)
