"""Where the scheduler lets pods with PersistentVolumeClaims go, from the JSON of the API alone. See simulated.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.analysis.simulated_rules import Json, amount, meets

ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
BETA = {f"failure-domain.beta.kubernetes.io/{what}": f"topology.kubernetes.io/{what}" for what in ("zone", "region")}


class Storage:
    """The claims, volumes and storage classes of a cluster."""

    def __init__(self, claims: Sequence[Json], volumes: Sequence[Json], classes: Sequence[Json]) -> None:
        self.claims = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in claims}
        self.volumes = {each["metadata"]["name"]: each for each in volumes}
        self.classes = {each["metadata"]["name"]: each for each in classes}

    def refusals(self, pod: Json) -> list[str]:
        """Say why a pod fits on no node at all."""
        return [why for name in claimed(pod) if (why := self.refusal(pod, name))]

    def refusal(self, pod: Json, name: str) -> str:
        claim = self.claims.get((pod["metadata"]["namespace"], name))
        if claim is None:
            return f"claim {name} missing"
        if claim["metadata"].get("deletionTimestamp"):
            return f"claim {name} being deleted"
        if volume := claim["spec"].get("volumeName"):
            return "" if volume in self.volumes else f"volume {volume} missing"
        kind = self.classes.get(claim["spec"]["storageClassName"])
        waits = kind is not None and kind["volumeBindingMode"] == "WaitForFirstConsumer"
        return "" if waits else f"claim {name} unbound"

    def reach(self, node: Json, pod: Json) -> bool:
        return all(self.reaches(node, self.claims[pod["metadata"]["namespace"], name]) for name in claimed(pod))

    def reaches(self, node: Json, claim: Json) -> bool:
        if volume := claim["spec"].get("volumeName"):
            return near(node, self.volumes[volume])
        kind = self.classes[claim["spec"]["storageClassName"]]
        if any(near(node, each) for each in self.volumes.values() if suits(each, claim)):
            return True
        if kind["provisioner"] == "kubernetes.io/no-provisioner":
            return False
        here, terms = node["metadata"]["labels"], kind.get("allowedTopologies", [])
        return not terms or any(
            all(here.get(one["key"]) in one["values"] for one in term["matchLabelExpressions"]) for term in terms
        )

    def exclusive(self, pod: Json) -> list[str]:
        """Give the claims of a pod that no other pod may use at the same time."""
        found = [(name, self.claims.get((pod["metadata"]["namespace"], name))) for name in claimed(pod)]
        return [name for name, claim in found if claim and "ReadWriteOncePod" in claim["spec"]["accessModes"]]


def claimed(pod: Json) -> list[str]:
    return [each["persistentVolumeClaim"]["claimName"] for each in pod["spec"].get("volumes", [])]


def suits(volume: Json, claim: Json) -> bool:
    asked, has = claim["spec"], volume["spec"]
    return (
        "claimRef" not in has
        and volume["status"]["phase"] == "Available"
        and has["storageClassName"] == asked["storageClassName"]
        and set(asked["accessModes"]) <= set(has["accessModes"])
        and amount(has["capacity"]["storage"]) >= amount(asked["resources"]["requests"]["storage"])
    )


def near(node: Json, volume: Json) -> bool:
    here: Mapping[str, str] = node["metadata"]["labels"]
    terms = volume["spec"].get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms")
    if terms is not None and not any(all(meets(each, here) for each in term["matchExpressions"]) for term in terms):
        return False
    if not here.keys() & {ZONE, REGION, *BETA}:
        return True
    for key, value in volume["metadata"].get("labels", {}).items():
        if key in (ZONE, REGION, *BETA):
            mine = here.get(key, here.get(BETA.get(key, key)))
            if mine not in value.split("__"):
                return False
    return True
