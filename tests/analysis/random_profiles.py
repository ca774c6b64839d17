"""Random clusters and manifests by profile: what decides where the pods may run."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.analysis.random_clusters import (
    HOST,
    KINDS,
    NAMES,
    SIMPLE,
    SMALL,
    ZONE,
    affinity,
    calm_nodes,
    calm_specs,
    optional,
    rough_nodes,
    rough_specs,
    scene,
    social_specs,
)
from tests.analysis.simulated_rules import Json

# --- what controllers add -------------------------------------------------------------------------------------

ADDED = (
    "pod-template-hash",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "apps.kubernetes.io/pod-index",
    "statefulset.kubernetes.io/pod-name",
)
numbered_labels = st.fixed_dictionaries(
    {},
    optional={key: st.sampled_from(["0", "1", "new", "new-0", "new-1"]) for key in ADDED} | {"app": st.just("a")},
)
numbered_selectors = st.builds(
    lambda key, one: {"matchExpressions": [{"key": key, **one}]},
    st.sampled_from(ADDED),
    st.sampled_from(
        [
            {"operator": "Exists"},
            {"operator": "In", "values": ["0", "new"]},
            {"operator": "NotIn", "values": ["1", "new-1"]},
        ]
    ),
)
numbered_terms = st.lists(
    st.builds(
        lambda key, selector, keys: {"topologyKey": key, "labelSelector": selector, **keys},
        st.sampled_from([HOST, ZONE]),
        numbered_selectors | st.just({"matchLabels": {"app": "a"}}),
        optional(matchLabelKeys=st.sampled_from([[key] for key in ADDED])),
    ),
    max_size=1,
)
numbered_specs = st.builds(
    lambda near: {"containers": [SMALL], "affinity": near},
    st.builds(affinity, st.none(), numbered_terms, numbered_terms),
)

# --- volumes --------------------------------------------------------------------------------------------------

CLAIMS = ("here", "there", "local", "zonal", "waits", "now", "gone", "going", "mine")
hosts = st.sampled_from(NAMES)


def claim(name: str, storage: str, volume: str = "", mode: str = "ReadWriteOnce") -> Json:
    spec = {"storageClassName": storage, "accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    bound = {"volumeName": volume} if volume else {}
    notes = {"pv.kubernetes.io/bind-completed": "yes"} if volume else {}
    metadata = {"name": name, "namespace": "default", "annotations": notes}
    return {"metadata": metadata, "spec": spec | bound, "status": {"phase": "Bound" if volume else "Pending"}}


def volume(name: str, labels: Json, on: list[str] | None, size: str, phase: str) -> Json:
    term = {"matchExpressions": [{"key": HOST, "operator": "In", "values": on}]}
    near = {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}} if on else {}
    spec = {"storageClassName": "local", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, **near}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"phase": phase}}


@st.composite
def storages(draw: st.DrawFn) -> Json:
    """Draw claims of every kind, with their volumes and classes."""
    zone = st.sampled_from(["a", "b", "a__b"])
    zones = optional(**{ZONE: zone, "failure-domain.beta.kubernetes.io/zone": zone})
    claims = [claim("here", "local", "v"), claim("there", "local", draw(st.sampled_from(["w", "lost"])))]
    claims += [claim(name, name) for name in ("local", "zonal", "waits", "now")]
    claims += [claim("going", "waits"), claim("mine", "waits", mode="ReadWriteOncePod")]
    claims[-2]["metadata"]["deletionTimestamp"] = "2026-03-02T09:00:00Z"
    some = st.lists(hosts, min_size=1, max_size=2, unique=True)
    volumes = [volume("v", draw(zones), None, "1Gi", "Bound"), volume("w", {}, draw(some), "1Gi", "Bound")]
    free = st.builds(volume, st.just(""), zones, some, st.sampled_from(["1Mi", "2Gi"]), st.just("Available"))
    for number, each in enumerate(draw(st.lists(free, max_size=2))):
        volumes.append({**each, "metadata": {**each["metadata"], "name": f"free{number}"}})
    waits = {"volumeBindingMode": "WaitForFirstConsumer"}
    topology = [{"matchLabelExpressions": [{"key": ZONE, "values": [draw(st.sampled_from(["a", "b"]))]}]}]
    classes = [
        {"metadata": {"name": "local"}, "provisioner": "kubernetes.io/no-provisioner", **waits},
        {"metadata": {"name": "zonal"}, "provisioner": "p", "allowedTopologies": topology, **waits},
        {"metadata": {"name": "waits"}, "provisioner": "p", **waits},
        {"metadata": {"name": "now"}, "provisioner": "p", "volumeBindingMode": "Immediate"},
    ]
    return {"claims": claims, "volumes": volumes, "classes": classes}


mounting_specs = st.builds(
    lambda names: {
        "containers": [SMALL],
        "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names],
    },
    st.lists(st.sampled_from(CLAIMS), max_size=2, unique=True),
)

# --- policies -------------------------------------------------------------------------------------------------

HARD = {"pods": "5", "requests.cpu": "1", "requests.memory": "900Mi", "limits.cpu": "2"}
USED = {"pods": "1", "requests.cpu": "300m", "requests.memory": "0", "limits.cpu": "0"}

limited_specs = st.builds(
    lambda requests, limits, kind: {
        "containers": [{"name": "c", "resources": {"requests": requests, "limits": limits}}],
        **kind,
    },
    optional(cpu=st.sampled_from(["100m", "200m"])),
    optional(cpu=st.just("500m"), memory=st.just("300Mi")),
    st.sampled_from([{}, {"runtimeClassName": "box"}, {"runtimeClassName": "box"}, {"runtimeClassName": "none"}]),
)
limit_ranges = st.fixed_dictionaries(
    {
        "defaultRequest": optional(cpu=st.just("150m"), memory=st.just("200Mi")),
        "default": optional(cpu=st.just("400m"), memory=st.just("200Mi")),
    },
    optional={"max": optional(cpu=st.sampled_from(["300m", "1"]))},
)


@st.composite
def policies(draw: st.DrawFn) -> Json:
    """Draw a runtime class, and perhaps a limit range and a quota."""
    scheduling = {
        "nodeSelector": draw(st.sampled_from([{}, {"size": "1"}])),
        "tolerations": [{"key": "old", "operator": "Exists"}],
    }
    box = {"metadata": {"name": "box"}, "overhead": {"podFixed": {"cpu": "50m"}}, "scheduling": scheduling}
    metadata = {"name": "p", "namespace": "default"}
    ranges: list[Json] = [{"type": "Container", **each} for each in draw(st.lists(limit_ranges, max_size=1))]
    for each in ranges:
        # The API server stores limit ranges with these defaults.
        each["default"] = {**each.get("max", {}), **each["default"]}
        each["defaultRequest"] = {**each["default"], **each["defaultRequest"]}
    hard = draw(st.lists(st.sampled_from(sorted(HARD)), max_size=2, unique=True))
    status = {"hard": {name: HARD[name] for name in hard}, "used": {name: USED[name] for name in hard}}
    return {
        "runtimeclasses": [box],
        "limitranges": [{"metadata": metadata, "spec": {"limits": [each]}} for each in ranges],
        "resourcequotas": [{"metadata": metadata, "spec": {"hard": status["hard"]}, "status": status}],
    }


PROFILES: dict[str, st.SearchStrategy[tuple[Json, Json, int | None]]] = {
    "resources and static rules": scene(rough_nodes(), rough_specs, KINDS),
    "spread": scene(calm_nodes(), calm_specs, SIMPLE),
    "affinity and ports": scene(calm_nodes(), social_specs, SIMPLE),
    "daemon sets": scene(rough_nodes(), rough_specs | social_specs, ("DaemonSet",)),
    "labels of controllers": scene(
        calm_nodes(), numbered_specs, ("Deployment", "StatefulSet", "StatefulSet", "Job", "CronJob"), numbered_labels
    ),
    "volumes": scene(calm_nodes(), mounting_specs, SIMPLE, around=storages()),
    "policies": scene(calm_nodes(), limited_specs, ("Deployment", "DaemonSet", "Pod"), around=policies()),
}
