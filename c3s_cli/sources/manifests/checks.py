"""Mistakes in a pod's spec that the API server would refuse, and that would change where the pod fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from c3s_cli.errors import UsageError
from c3s_cli.model.placing import Placing, PodTerm, Spread
from c3s_cli.model.requirement import Requirement
from c3s_cli.sources.decode.placing import OPERATORS

# Fields that decide where a pod fits, by what they are in.
OF_SPEC: Final = (
    "affinity",
    "containers",
    "hostNetwork",
    "initContainers",
    "nodeName",
    "nodeSelector",
    "overhead",
    "priority",
    "priorityClassName",
    "resources",
    "runtimeClassName",
    "schedulerName",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
)
OF_CONTAINER: Final = ("name", "ports", "resources", "restartPolicy")
OF_RESOURCES: Final = ("requests", "limits", "claims")
# Fields of the API that look like one of these.
REAL: Final = ("resizePolicy", "schedulingGates", "restartPolicyRules", "volumeMounts", "resourceClaims")
OF_LABELS: Final = ("in", "notin", "exists", "!", "=")


def check_pod(where: str, name: str, spec: Mapping[str, Any], placing: Placing) -> None:
    """Raise a UsageError for a pod that the API server would refuse. where: the name of the file."""
    if not spec.get("containers"):
        raise UsageError(f"{where}: {name} has no containers")
    for field, near in _misspelt(spec):
        hint = f"did you mean {near}?" if near else f"its fields are {', '.join(OF_RESOURCES)}"
        raise UsageError(f'{where}: {name}: unknown field "{field}"', hint=hint)
    for requirement, allowed in _requirements(placing):
        if requirement.operator not in allowed:
            names = {operator: kube for kube, operator in OPERATORS.items()}
            raise UsageError(
                f"{where}: {name}: {requirement.operator!r} is no operator for {requirement.key}",
                hint=f"one of: {', '.join(names[each] for each in allowed if each in names)}",
            )
    for toleration in placing.tolerations:
        if toleration.operator not in ("Equal", "Exists", "Lt", "Gt"):
            raise UsageError(
                f"{where}: {name}: {toleration.operator!r} is no operator for the toleration of {toleration.key}",
                hint="one of: Equal, Exists",
            )


def _misspelt(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield unknown fields of the resources, and fields that look like one that decides, with what is meant."""
    yield from _similar("spec", spec, OF_SPEC)
    for group in ("containers", "initContainers"):
        containers = spec.get(group)
        for place, container in enumerate(containers if isinstance(containers, list) else ()):
            where = f"spec.{group}[{place}]"
            if isinstance(container, dict):
                yield from _similar(where, container, OF_CONTAINER)
                yield from _unknown(f"{where}.resources", container.get("resources"))
    yield from _unknown("spec.resources", spec.get("resources"))


def _unknown(where: str, resources: Any) -> Iterator[tuple[str, str]]:
    known = dict(_similar(where, resources, OF_RESOURCES)) if isinstance(resources, dict) else {}
    for field in resources if isinstance(resources, dict) else ():
        if field not in OF_RESOURCES:
            path = f"{where}.{field}"
            yield path, known.get(path, "")


def _similar(where: str, fields: Mapping[Any, Any], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    odd = [field for field in fields if field not in (*names, *REAL)]
    if odd:
        from difflib import get_close_matches  # most pods have only names that are known

        for field in odd:
            if near := get_close_matches(str(field), names, n=1, cutoff=0.87):
                yield f"{where}.{field}", near[0]


def _requirements(placing: Placing) -> Iterator[tuple[Requirement, tuple[str, ...]]]:
    """Yield the requirements of all rules, with the operators that the API server accepts."""
    for term in placing.node_terms or ():
        yield from ((each, (*OF_LABELS, ">", "<")) for each in term.labels)
        yield from ((each, ("in", "notin")) for each in term.fields)
    rules: tuple[PodTerm | Spread, ...] = (*placing.affinities, *placing.anti_affinities, *placing.spreads)
    for rule in rules:
        selectors = (rule.selector, rule.namespace_selector if isinstance(rule, PodTerm) else None)
        yield from ((each, OF_LABELS) for selector in selectors for each in selector or ())
