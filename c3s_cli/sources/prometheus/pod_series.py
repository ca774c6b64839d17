"""Facts about a pod from the series of kube-state-metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from sys import intern
from types import MappingProxyType
from typing import Any, Final

from msgspec import structs

from c3s_cli.amounts.allocation import ContainerResources, PodResources, binding_limits_of, limits_of, requests_of
from c3s_cli.amounts.totals import by_key
from c3s_cli.model.container_states import ContainerStates
from c3s_cli.model.rows import Amounts, Container, PodFacts
from c3s_cli.sources.decode.owners import Owners
from c3s_cli.sources.decode.pods import FINISHED
from c3s_cli.sources.decode.podstatus import without_hidden
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.container_series import states_in
from c3s_cli.sources.prometheus.decoding import Labels, Vector
from c3s_cli.sources.prometheus.pod_words import (
    COMPLETED,
    INITIALIZED,
    progress_of,
    reasons_in,
    status_of,
    stopped_in,
)

Key = tuple[str, str]
QUALITIES: Final = ("Guaranteed", "Burstable")
COMPUTE: Final = ("cpu", "memory")
# Labels that a scrape job may have, too.
RENAMED: Final = ("namespace", "pod", "container", "node")
# The labels of an exporter. A series that ended so many seconds before the newest one of its exporter is gone; those of
# one scrape may be stored one after the other.
TARGET: Final = ("job", "instance")
GONE: Final = 130
# The labels of an owner, and the series of the owners of ReplicaSets and Jobs: their kind, and the label of their name.
OWNER: Final = ("owner_kind", "owner_name", "owner_is_controller")
OWNED: Final = {"kube_replicaset_owner": ("ReplicaSet", "replicaset"), "kube_job_owner": ("Job", "job_name")}
# Resource names are sanitised for labels, so some characters are lost: of short domains, and of one word after them,
# they are known again. Any other name stays as it is; who asks for it by its own name finds it.
NAMES: Final = {"ephemeral_storage": "ephemeral-storage"}
DOMAIN: Final = re.compile(r"(?P<domain>(?:(?:aws|vpc)_)?[a-z0-9]+_(?:com|io|org|dev|net))_(?P<name>[a-z0-9]+)")


@cache
def resource_of(label: str) -> str:
    """Restore the name of a resource: `nvidia_com_gpu` is `nvidia.com/gpu`."""
    if label.startswith("hugepages_"):
        return label.replace("_", "-")
    match = DOMAIN.fullmatch(label)
    return f"{match['domain'].replace('_', '.')}/{match['name']}" if match else NAMES.get(label, label)


def own_labels(series: Vector, by: Sequence[str]) -> Vector:
    """Return series by their own labels, without those of the job that scraped them. by: the labels, all if empty."""
    numbers: dict[tuple[tuple[str, str], ...], float] = {}
    for labels, number in series:
        own = {**labels, **{name: value for name in RENAMED if (value := labels.get(f"exported_{name}"))}}
        key = tuple((name, own[name]) for name in (by or own) if name in own)
        numbers[key] = max(number, numbers.get(key, number))
    return [(dict(key), number) for key, number in numbers.items()]


def still_exported(series: Vector) -> Vector:
    """Return the series that kube-state-metrics has not ceased to export. series: the times of their last samples.

    Engines find the last sample of what is gone for minutes, unless they were told that it is.
    """
    newest: dict[tuple[str | None, ...], float] = {}
    for labels, time in series:
        target = tuple(map(labels.get, TARGET))
        newest[target] = max(time, newest.get(target, time))
    return [each for each in series if each[1] >= newest[tuple(map(each[0].get, TARGET))] - GONE]


class ExportedLabels(dict[str, str]):
    """Labels of an object, by the names that kube-state-metrics gives them: `a.b/c` is `label_a_b_c`."""

    def __init__(self, labels: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__({name: value for name, value in labels.items() if name.startswith("label_")})

    def get(self, key: str, default: Any = None) -> Any:
        """Return a label by its original name."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"[^a-zA-Z0-9_]", "_", key))
        return super().get(f"label_{words.lower()}", default)


def exported_any(series: Vector) -> bool:
    """Return whether the series of labels have some of objects: by default, kube-state-metrics exports none."""
    return any(ExportedLabels(labels) for labels, _ in series)


class PodSeries:
    """The series of pods, by namespace and name.

    states: whether those of the states of containers are among them. unknown: which of requests, limits, owner,
    initialized and sidecars the cluster has no series of.
    """

    def __init__(
        self,
        vectors: Mapping[str, list[tuple[Labels, float]]],
        *,
        states: bool = False,
        unknown: Collection[str] = (),
    ) -> None:
        self.vectors = {name: by_key((pod_of(each[0]), each) for each in series) for name, series in vectors.items()}
        self.states = states
        self.unknown = unknown

    def series_of(self, name: str, key: Key) -> list[tuple[Labels, float]]:
        """Return the series of a pod by their name."""
        return self.vectors.get(name, {}).get(key, [])

    def _series_of(self, key: Key, name: str) -> list[tuple[Labels, float]]:
        return self.series_of(name, key)

    def facts(self, key: Key, info: Labels) -> PodFacts | None:
        """Build the facts of a pod; None if it has finished."""
        phase = self._word("kube_pod_status_phase", "phase", key)
        if phase in FINISHED:
            return None
        series_of = partial(self._series_of, key)
        policies = self._policies(key)
        sidecars = {name for name, policy in policies.items() if policy == "Always"}
        resources = PodResources(
            self._containers("", key, set()), self._containers("init_", key, sidecars), self._overhead(key)
        )
        owners = self.series_of("kube_pod_owner", key)
        owner = next(filter(None, (owner_of(labels) for labels, _ in owners)), "" if owners else None)
        if owner is None and self.knows("owner"):
            owner = ""
        # Nobody knows which of these init containers are sidecars.
        unsure = [each for each in resources.init_containers if each.name not in policies]
        readings = _either(resources, unsure)
        # Until it has a status, its containers are not all known.
        listed = len(readings) == 1 and self.series_of("kube_pod_container_info", key)
        states = self._states(key, resources) if self.states and listed else {}
        node = info.get("node", "")
        progress = progress_of(series_of, {*sidecars, *(each.name for each in unsure)})
        finished = progress == "" or series_of(INITIALIZED)
        initializing = False if finished else True if self.knows("initialized") else None
        qos_class = self._word("kube_pod_status_qos_class", "qos_class", key)
        of_pod = qos_class in QUALITIES and not _explains(resources, qos_class)
        requests = _certain(readings, requests_of) if self.knows("requests") and not of_pod else None
        limits = _certain(readings, limits_of) if self.knows("limits") and not of_pod else None
        restarts = None if unsure else self._restarts(key, sidecars, initializing=initializing)
        return PodFacts(
            uid=info.get("uid", ""),
            node=intern(node),
            owner=owner and intern(owner),
            status=status_of(series_of, phase, progress, initializing=initializing),
            phase=phase or None,
            restarts=restarts,
            created_at=next((number for _, number in self.series_of("kube_pod_created", key)), None),
            qos_class=qos_class or None,
            labels=next(
                (ExportedLabels(labels) for labels, _ in self.series_of("kube_pod_labels", key)), ExportedLabels()
            ),
            requests=requests or {},
            limits=limits or {},
            binding_limits=binding_limits_of(resources),
            containers=without_hidden(
                (
                    self._container(key, each, states.get(each.name))
                    for each in (*resources.containers, *resources.init_containers)
                    if each.restartable or each in resources.containers
                ),
                restarts,
            ),
            # There are no series of what the scheduler says.
            pending="" if node else None,
            stopped=stopped_in(series_of),
            states=states.get(""),
            unknown=tuple(what for what, known in (("requests", requests), ("limits", limits)) if known is None),
        )

    def _policies(self, key: Key) -> dict[str, str | None]:
        """Return the restart policies of those init containers of which they are known, None for that of the pod."""
        done = reasons_in(partial(self._series_of, key), "kube_pod_init_container_status_terminated_reason")
        policies = {
            labels.get("container", ""): labels.get("restart_policy")
            for labels, _ in self.series_of("kube_pod_init_container_info", key)
        }
        sure = self.knows("sidecars")
        return {name: policy for name, policy in policies.items() if policy or sure or done.get(name) == COMPLETED}

    def _restarts(self, key: Key, sidecars: Collection[str], *, initializing: bool | None) -> int | None:
        """Return the restarts as kubectl counts them: of init containers until they are done, then without them."""
        of_init = self.series_of("kube_pod_init_container_status_restarts_total", key)
        if initializing is None:
            return None
        if initializing:
            return round(sum(number for _, number in of_init)) if of_init else None
        counts = self.series_of("kube_pod_container_status_restarts_total", key)
        of_sidecars = [(labels, number) for labels, number in of_init if labels.get("container") in sidecars]
        if not counts or len(of_sidecars) < len(sidecars):
            return None
        return round(sum(number for _, number in (*counts, *of_sidecars)))

    def knows(self, what: str) -> bool:
        """Return whether there are series of what `unknown` names: some pod of a cluster has them."""
        return what not in self.unknown

    def _container(self, key: Key, container: ContainerResources, states: ContainerStates | None) -> Container:
        """Return a container with its requests and limits, None if they are unknown."""
        requests = container.requests if self.knows("requests") else None
        limits = container.limits if self.knows("limits") else None
        counts = self.series_of(f"kube_pod_{'init_' * container.restartable}container_status_restarts_total", key)
        restarts = next((round(number) for labels, number in counts if labels.get("container") == container.name), None)
        return Container(
            *(container.name, None, None, None, requests, limits),
            states=states,
            declared_limits=limits,
            restarts=restarts,
        )

    def _states(self, key: Key, resources: PodResources) -> dict[str, ContainerStates]:
        names = [each.name for each in resources.containers]
        sidecars = [each.name for each in resources.init_containers if each.restartable]
        return states_in(lambda name: self.series_of(name, key), names, sidecars)

    def _word(self, name: str, label: str, key: Key) -> str:
        """Return the label of the series whose value is 1, such as the phase of a pod."""
        return next((labels.get(label, "") for labels, number in self.series_of(name, key) if number), "")

    def _overhead(self, key: Key) -> Amounts | None:
        names = {"cpu": ("cpu_cores", 10**9), "memory": ("memory_bytes", 1)}
        amounts = {
            resource: round(number * unit)
            for resource, (name, unit) in names.items()
            for _, number in self.series_of(f"kube_pod_overhead_{name}", key)
        }
        return amounts or None

    def _containers(self, kind: str, key: Key, sidecars: set[str]) -> list[ContainerResources]:
        amounts: dict[str, dict[str, dict[str, int]]] = {
            labels.get("container", ""): {"requests": {}, "limits": {}}
            for labels, _ in self.series_of(f"kube_pod_{kind}container_info", key)
        }
        for what in ("requests", "limits"):
            for labels, number in self.series_of(f"kube_pod_{kind}container_resource_{what}", key):
                container = amounts.setdefault(labels.get("container", ""), {"requests": {}, "limits": {}})
                container[what].update(amount_of(labels, number))
        return [
            ContainerResources(intern(name), container["requests"], container["limits"], restartable=name in sidecars)
            for name, container in amounts.items()
        ]


def _either(resources: PodResources, unsure: Sequence[ContainerResources]) -> list[PodResources]:
    """Return the resources of a pod, also with the init containers as sidecars that may be some."""
    if not unsure:
        return [resources]
    init = [structs.replace(each, restartable=each.restartable or each in unsure) for each in resources.init_containers]
    return [resources, structs.replace(resources, init_containers=init)]


def _certain(readings: Sequence[PodResources], amounts_of: Callable[[PodResources], Amounts]) -> Amounts | None:
    """Return an amount of a pod; None if it depends on the order of its init containers, which is lost.

    readings: what the series may mean.
    """
    possible = []
    for resources in readings:
        stay = [each for each in resources.init_containers if each.restartable]
        end = [each for each in resources.init_containers if not each.restartable]
        orders = ([*end, *stay], [*stay, *end])
        possible += [amounts_of(structs.replace(resources, init_containers=order)) for order in orders]
    return possible[0] if all(each == possible[0] for each in possible) else None


def _explains(resources: PodResources, quality: str) -> bool:
    """Return whether the containers alone give a pod its quality of service: if not, the pod has resources itself."""
    every = (*resources.containers, *resources.init_containers)
    if quality == "Guaranteed":
        return all(
            each.limits.get(resource) and each.requests.get(resource) in (None, each.limits[resource])
            for each in every
            for resource in COMPUTE
        )
    return any(
        amounts.get(resource) for each in every for amounts in (each.requests, each.limits) for resource in COMPUTE
    )


def pod_of(labels: Labels) -> Key:
    """Return the namespace and name of the pod that a series is about."""
    return labels.get("namespace", ""), labels.get("pod", "")


def amount_of(labels: Labels, number: float) -> Amounts:
    """Return the amount of a resource in its unit."""
    resource = resource_of(labels.get("resource", ""))
    return {resource: round(number * 10**9 if resource == "cpu" else number)}


def owners_in(vectors: Mapping[str, Vector]) -> Owners:
    """Return the owners of ReplicaSets and Jobs, from the series of OWNED."""
    return {
        (promql.who(labels)[0], kind, labels.get(label, "")): owner
        for name, (kind, label) in OWNED.items()
        for labels, _ in vectors.get(name, ())
        if (owner := owner_of(labels))
    }


def owner_of(labels: Labels) -> str:
    """Return the controller as Kind/name, "" if there is none."""
    if labels.get("owner_is_controller") != "true" or not labels.get("owner_name"):
        return ""
    return f"{labels.get('owner_kind')}/{labels['owner_name']}"
