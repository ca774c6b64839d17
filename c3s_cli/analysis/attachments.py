"""How many volumes of a driver a node can attach: counted like a resource, whose name is `volumes of DRIVER`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import structs

from c3s_cli.model.placing import Claim, Workload
from c3s_cli.model.sample import Sample
from c3s_cli.model.surroundings import EMPTY, Key, Surroundings


def with_attachments(sample: Sample) -> Sample:
    """Return a reading in which nodes offer attachments, and pods request those of their volumes."""
    known = sample.surroundings or EMPTY
    offered = {
        node: {_resource(driver): count for driver, count in counts.items()}
        for node, counts in known.volume_counts.items()
    }
    resources = {resource for each in offered.values() for resource in each}
    if not resources or known.claims is None:
        return sample
    nodes = {
        name: structs.replace(facts, allocatable={**(facts.allocatable or {}), **offered.get(name, {})})
        for name, facts in (sample.node_facts or {}).items()
    }
    pods = dict(sample.pod_facts or {})
    attached: set[tuple[str, str]] = set()
    for pod, facts in pods.items():
        names = facts.placing.claims if facts.placing else ()
        # Pods on one node share what is attached there.
        own = [(pod[0], name) for name in names if (facts.node, f"{pod[0]}/{name}") not in attached]
        attached.update((facts.node, f"{namespace}/{name}") for namespace, name in own if facts.node)
        if amounts := attachments_of(known, (known.claims[key] for key in own if key in known.claims)):
            pods[pod] = structs.replace(facts, requests={**facts.requests, **amounts})
    surroundings = structs.replace(known, served={**known.served, **dict.fromkeys(resources, "")})
    return structs.replace(sample, node_facts=nodes, pod_facts=pods, surroundings=surroundings)


def attachments_of(surroundings: Surroundings, claims: Iterable[Claim]) -> Mapping[str, int]:
    """Return how many volumes of each driver are attached for claims; those that no node counts are left out."""
    drivers = Counter(_resource(driver) for driver in (_driver(surroundings, claim) for claim in claims) if driver)
    known = {_resource(driver) for each in surroundings.volume_counts.values() for driver in each}
    return {resource: count for resource, count in drivers.items() if resource in known}


def claims_of(surroundings: Surroundings, workload: Workload) -> list[Claim]:
    """Return the claims that a pod of a workload adds to its node: not those that it shares with its siblings."""
    named: list[Key] = [(workload.namespace, name) for name in workload.placing.claims if workload.replicas == 1]
    new = [claim for _, claim in workload.template.new_claims] if workload.template else []
    return [*new, *(surroundings.claims[key] for key in named if surroundings.claims and key in surroundings.claims)]


def _driver(surroundings: Surroundings, claim: Claim) -> str:
    if claim.bound:
        volume = (surroundings.volumes or {}).get(claim.volume)
        return volume.driver if volume else ""
    storage_class = (surroundings.storage_classes or {}).get(surroundings.class_of(claim))
    return storage_class.driver if storage_class else ""


def _resource(driver: str) -> str:
    return f"volumes of {driver}"
