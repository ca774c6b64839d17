"""Manifests → Workloads, with the defaults that the API server applies to pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Annotated, Any, Final

import msgspec
from msgspec import Struct, structs

from c3s_cli.amounts.allocation import Amounts, ContainerResources, PodResources, requests_of
from c3s_cli.amounts.totals import by_key
from c3s_cli.errors import InvalidAnswer, UsageError
from c3s_cli.model.placing import BESIDE, ENDED, GATES, Claim, Manifests, Placing, Reference, Template, Workload
from c3s_cli.sources.decode.placing import ignored_of, placing_of
from c3s_cli.sources.decode.pods import PodDecoder
from c3s_cli.sources.decode.podspec import RuledSpec
from c3s_cli.sources.decode.storage import ClaimSpec, claim_of
from c3s_cli.sources.manifests.checks import check_pod
from c3s_cli.sources.manifests.controllers import added_labels, first_number, numbered_labels, strategy_of, suspended

Object = Mapping[str, Any]
# Claims, each with what stands before the number of the pod in its name.
Claims = tuple[tuple[str, Claim], ...]
Count = Annotated[int, msgspec.Meta(ge=0)]
JOBS: Final = ("Job", "CronJob")
# Any other kind with a pod template and replicas, such as an Argo Rollout, is treated like a Deployment.
DECISIVE: Final = (
    *("PersistentVolumeClaim", "PersistentVolume", "StorageClass", "RuntimeClass", "PriorityClass", "DeviceClass"),
    *("ResourceQuota", "LimitRange", "Namespace", "HorizontalPodAutoscaler"),
)
# It is only a template: nothing creates its pods.
TEMPLATE: Final = "PodTemplate"
KINDS: Final = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DaemonSet", *JOBS, "Pod")


# Other kinds that have one pod without `replicas`.
LIKE_DEPLOYMENTS: Final = ("Rollout", "CloneSet")
RULES: Final = {
    "node_selector": "nodeSelector",
    "affinity": "affinity",
    "tolerations": "tolerations",
    "topology_spread_constraints": "topologySpreadConstraints",
}


class _Meta(Struct, rename="camel"):
    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None
    labels: dict[str, str] | None = None


class _Spec(RuledSpec, rename="camel"):
    node_name: str | None = None  # type: ignore[assignment]  # people write null
    runtime_class_name: str | None = None
    priority_class_name: str | None = None
    active_deadline_seconds: int | None = None


class _Template(Struct):
    spec: _Spec
    metadata: _Meta | None = None


class _ClaimTemplate(Struct):
    spec: ClaimSpec
    metadata: _Meta | None = None


class _Ephemeral(Struct, rename="camel"):
    volume_claim_template: _ClaimTemplate | None = None


class _Workload(Struct, rename="camel"):
    template: _Template | None = None
    replicas: Count | None = None
    parallelism: Count | None = None
    completions: Count | None = None
    volume_claim_templates: list[_ClaimTemplate] | None = None


def read_manifests(objects: Sequence[tuple[str, Object]]) -> Manifests:
    """Convert objects, each with the name of its file; skip those without pods. UsageError if one is invalid."""
    workloads, unknown, references = [], [], []
    known = {(each["kind"], _at(each, "metadata", "name")): each for _, each in objects}
    for path, each in objects:
        if _is_known(each):
            workloads.append(_workload(path, each))
        elif (reference := _at(each, "spec", "workloadRef")) and isinstance(reference, dict):
            other = known.get((reference.get("kind"), reference.get("name")))
            if other and _at(other, "spec", "template"):
                workloads.append(
                    _workload(path, {**each, "spec": {**each["spec"], "template": other["spec"]["template"]}})
                )
            else:
                references.append(_reference(path, each, reference))
        elif _has_pods(each["kind"], each):
            unknown.append(f"{each['kind']}/{_at(each, 'metadata', 'name') or ''}")
    return Manifests(tuple(_with_unique_names(workloads)), tuple(unknown), _others(objects), tuple(references))


def _reference(path: str, each: Object, reference: Object) -> Reference:
    """Return the workload whose template a Rollout uses."""
    meta = _shaped(path, each["kind"], each.get("metadata") or {}, _Meta)
    name, spec = f"{each['kind']}/{meta.name or ''}", each["spec"]
    shape = _shaped(path, name, {key: spec[key] for key in ("replicas",) if key in spec}, _Workload)
    return Reference(
        str(reference.get("kind")),
        str(reference.get("name")),
        meta.namespace or "",
        1 if shape.replicas is None else shape.replicas,
        used_by=name,
        strategy=strategy_of(each["kind"], spec),
    )


def _is_known(each: Object) -> bool:
    """Return whether the number of an object's pods is known: of any kind with a template and replicas, it is."""
    kind, spec = each["kind"], each.get("spec")
    if kind in KINDS:
        return True
    counted = _at(spec, "replicas") is not None or kind in LIKE_DEPLOYMENTS
    return counted and bool(_at(spec, "template", "spec", "containers"))


def _has_pods(kind: str, value: Any) -> bool:
    """Return whether there is a list of containers anywhere in an object."""
    return kind != TEMPLATE and _has_containers(value, set())


def _has_containers(value: Any, seen: set[int]) -> bool:
    # A document may refer to itself.
    if not isinstance(value, dict | list) or id(value) in seen:
        return False
    seen.add(id(value))
    if isinstance(value, list):
        return any(_has_containers(each, seen) for each in value)
    containers = value.get("containers")
    if isinstance(containers, list) and containers and all(isinstance(each, dict) for each in containers):
        return True
    return any(_has_containers(each, seen) for each in value.values())


def _others(objects: Iterable[tuple[str, Object]]) -> dict[str, list[Object]]:
    """Return the objects that decide where pods may run, by kind."""
    return by_key((each["kind"], _texts(each)) for _, each in objects if each["kind"] in DECISIVE)


def _with_unique_names(workloads: Sequence[Workload]) -> Iterator[Workload]:
    """Add the namespace to the names of workloads that are not unique otherwise."""
    names = Counter(each.name for each in workloads)
    for each in workloads:
        full = f"{each.namespace}/{each.name}" if each.namespace else each.name
        yield structs.replace(each, name=full) if names[each.name] > 1 else each


def _workload(path: str, each: Object) -> Workload:
    kind = each["kind"]
    meta = _shaped(path, kind, each.get("metadata") or {}, _Meta)
    name = f"{kind}/{meta.name or meta.generate_name or ''}"
    template, replicas, claims = _pods(path, name, kind, each)
    is_suspended = kind in JOBS and suspended(each)
    shape = _shaped(path, name, template, _Template)
    # msgspec has taken them for null.
    if field := _unfinite(each.get("spec")):
        raise UsageError(f"{path}: {name}: spec{field} is not a number")
    problems: list[str] = []
    body = msgspec.json.encode({"metadata": {"name": name}, "spec": _texts(template["spec"])})
    try:
        resources = PodDecoder(problems).resources(body)
    except InvalidAnswer as problem:
        raise UsageError(f"{path}: {name}: {problem.__cause__}") from problem
    placing = _placing(path, name, shape.spec)
    check_pod(path, name, template["spec"], placing)
    if problems:
        raise UsageError(f"{path}: {problems[0].replace(f'pod /{name}', name)}")
    if negative := _negative(resources):
        raise UsageError(f"{path}: {name}: {negative} must be 0 or more")
    spec = (_at(each, "spec", "jobTemplate", "spec") if kind == "CronJob" else _at(each, "spec")) or {}
    resources = _with_defaults(resources)
    ignored = (*placing.ignored, *ignored_of(shape.spec))
    if kind not in KINDS:
        ignored = (*ignored, f"the rollout of a {kind}")
    if replicas is None and placing.spreads:
        ignored = (*ignored, "topology spread constraints of a DaemonSet")
    return Workload(
        name=name,
        requests=requests_of(resources),
        replicas=0 if is_suspended else replicas,
        namespace=meta.namespace or "",
        labels={
            **((shape.metadata.labels if shape.metadata else None) or {}),
            **added_labels(kind, meta.name, spec),
        },
        numbered=numbered_labels(kind, meta.name, spec),
        first=first_number(spec),
        placing=structs.replace(
            placing,
            node_name=shape.spec.node_name or "",
            host_network=shape.spec.host_network,
            claims=tuple(each.claim.name for each in shape.spec.volumes or () if each.claim),
            refused=(GATES,) if shape.spec.scheduling_gates else (),
            ignored=tuple(dict.fromkeys(ignored)),
        ),
        template=Template(
            resources,
            runtime_class=shape.spec.runtime_class_name or "",
            priority_class=shape.spec.priority_class_name or "",
            deadline=shape.spec.active_deadline_seconds is not None,
            new_claims=(*claims, *_ephemeral(path, name, shape.spec)),
        ),
        own=ENDED if kind == "CronJob" and each["spec"].get("concurrencyPolicy") in ("Forbid", "Replace") else BESIDE,
        strategy=strategy_of(kind, each.get("spec")),
        note="it is suspended" if is_suspended else "",
    )


def _placing(path: str, name: str, spec: _Spec) -> Placing:
    """Decode the scheduling rules of a spec. UsageError, with the field, if one is invalid."""
    try:
        return placing_of(spec)
    except InvalidAnswer:
        for field, camel in RULES.items():
            try:
                placing_of(_Spec(**{field: getattr(spec, field)}))
            except InvalidAnswer as problem:
                words, _, where = str(problem.__cause__).partition(" - at `$")
                raise UsageError(f"{path}: {name}: {words} - at `$.spec.{camel}{where or '`'}") from problem
        raise


def _pods(path: str, name: str, kind: str, each: Object) -> tuple[Object, int | None, Claims]:
    """Return the pod template, the number of pods (None for one per node), and the claims of each pod."""
    if kind == "Pod":
        return each, 1, ()
    spec = _at(each, "spec", "jobTemplate", "spec") if kind == "CronJob" else _at(each, "spec")
    shape, template = _shaped(path, name, spec or {}, _Workload), _at(spec, "template")
    if template is None:
        raise UsageError(f"{path}: {name} has no pod template")
    if kind == "DaemonSet":
        return template, None, ()
    if kind not in JOBS:
        replicas = 1 if shape.replicas is None else shape.replicas
    else:
        replicas = 1 if shape.parallelism is None else shape.parallelism
        replicas = replicas if shape.completions is None else min(replicas, shape.completions)
    owner = name.partition("/")[2]
    return (
        template,
        replicas,
        tuple(
            (f"{(one.metadata.name if one.metadata else None) or ''}-{owner}-", claim_of(one.spec, new=True))
            for one in shape.volume_claim_templates or ()
        ),
    )


def _ephemeral(path: str, name: str, spec: _Spec) -> Iterator[tuple[str, Claim]]:
    """Yield the claims that are created for the ephemeral volumes of each pod; their names are not known yet."""
    for volume in spec.volumes or ():
        if volume.ephemeral is not None:
            shape = _shaped(path, name, volume.ephemeral, _Ephemeral)
            if shape.volume_claim_template:
                yield "", claim_of(shape.volume_claim_template.spec, new=True)


def _at(value: Any, *keys: str) -> Any:
    """Return the value at a path of keys; None if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _shaped(path: str, name: str, value: Any, shape: type[Any]) -> Any:
    """Convert a value to a shape. UsageError if it does not match."""
    try:
        return msgspec.json.decode(msgspec.json.encode(_texts(value)), type=shape)
    except (msgspec.MsgspecError, TypeError, RecursionError, ValueError) as problem:
        raise UsageError(f"{path}: {name}: {problem}") from problem


def _unfinite(value: Any) -> str | None:
    """Return the path of the first number that is none, such as .nan in YAML; None if there is none."""
    if isinstance(value, float) and not isfinite(value):
        return ""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        if (path := _unfinite(inner)) is not None:
            step = f"[{key}]" if isinstance(value, list) else f".{key}"
            return f"{step}{path}"
    return None


def _texts(value: Any) -> Any:
    """Convert the keys of maps to text, like kubectl: YAML allows others, such as `true`."""
    if isinstance(value, dict):
        return {_key(key): _texts(inner) for key, inner in value.items()}
    return [_texts(inner) for inner in value] if isinstance(value, list) else value


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(key).lower() if isinstance(key, bool) else str(key)


def _with_defaults(pod: PodResources) -> PodResources:
    """Apply the default of the API server: a resource with a limit but no request requests its limit."""
    containers = [_requesting(each) for each in pod.containers]
    init_containers = [_requesting(each) for each in pod.init_containers]
    requests = pod.pod_requests
    if pod.pod_limits:
        inside = requests_of(PodResources(containers, init_containers))
        wanted = {resource: limit for resource, limit in pod.pod_limits.items() if resource not in inside}
        requests = {**wanted, **(requests or {})}
    return structs.replace(pod, containers=containers, init_containers=init_containers, pod_requests=requests)


def _negative(pod: PodResources) -> str | None:
    """Return the name of a resource with an amount below 0, which the API server refuses; None if there is none."""
    containers = (*pod.containers, *pod.init_containers)
    amounts = (*(each.requests for each in containers), *(each.limits for each in containers))
    every = (*amounts, pod.pod_requests or {}, pod.pod_limits or {})
    return next((resource for each in every for resource, amount in each.items() if amount < 0), None)


def _requesting(container: ContainerResources) -> ContainerResources:
    requests: Amounts = {**container.limits, **container.requests}
    return structs.replace(container, requests=requests)
