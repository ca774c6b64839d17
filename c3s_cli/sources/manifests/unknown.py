"""Objects of unknown kinds: whether they have pods in them."""

from __future__ import annotations

from typing import Any, Final

# It is only a template: nothing creates its pods.
TEMPLATE: Final = "PodTemplate"


def has_pods(kind: str, value: Any) -> bool:
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
