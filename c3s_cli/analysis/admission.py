"""What the API server and controllers make of new pods before the scheduler sees them, and what they refuse."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import structs

from c3s_cli.amounts.allocation import PodResources, requests_of
from c3s_cli.analysis.attachments import attachments_of, claims_of
from c3s_cli.analysis.eligibility import OF_DAEMONS, OF_EVERY_POD, OF_HOST_NETWORK
from c3s_cli.analysis.limit_ranges import refusals, with_defaults
from c3s_cli.analysis.quotas import Quotas
from c3s_cli.analysis.volumes import STAYING, Binder, claims_in_use
from c3s_cli.model.placing import Placing, Template, Toleration, Workload
from c3s_cli.model.sample import Sample
from c3s_cli.model.surroundings import EMPTY, PriorityClass, RuntimeClass, Scaler

# Every cluster has these.
PRIORITIES: Final = {
    "system-cluster-critical": PriorityClass(2_000_000_000),
    "system-node-critical": PriorityClass(2_000_001_000),
}


class Admission:
    """The rules for new pods in a cluster. Creating pods uses up quotas."""

    def __init__(self, sample: Sample, drained: Collection[str] = ()) -> None:
        """drained: nodes where pods that are being deleted have ended."""
        ended = {
            key
            for key, facts in (sample.pod_facts or {}).items()
            if facts.node in drained and facts.status == "Terminating" and not (facts.owner or "").startswith(STAYING)
        }
        self.sample = sample
        self.surroundings = sample.surroundings or EMPTY
        self.quotas = Quotas(self.surroundings.quotas)
        self.binder = Binder(self.surroundings, claims_in_use(sample, ended))

    def admit(self, workload: Workload) -> Workload:
        """Return a workload as its pods would be created."""
        pods = structs.replace(workload, namespace=workload.namespace or self.sample.namespaces[0])
        if pods.template:
            pods = self._with_template(pods, pods.template)
        tolerations = (*pods.placing.tolerations, *_added_tolerations(pods))
        served = [name for name in pods.requests if name in self.surroundings.served]
        classes = self.surroundings.served
        ignored = (*pods.placing.ignored, *(f"{name} of device class {classes[name]}" for name in served))
        if pods.replicas != 1 and pods.placing.claims and self.surroundings.volume_counts:
            ignored = (*ignored, "how many shared volumes a node can attach")
        placing = structs.replace(pods.placing, tolerations=tolerations, ignored=ignored)
        new = [claim for _, claim in pods.template.new_claims] if pods.template else []
        placing, caps = self.binder.bind(placing, pods.namespace, new)
        pods = structs.replace(pods, placing=placing)
        if quota := self.quotas.cap(pods):
            caps.append(quota)
        attached = attachments_of(self.surroundings, claims_of(self.surroundings, pods))
        cap = min(caps, key=lambda cap: cap.pods, default=None)
        return structs.replace(pods, cap=cap, requests={**pods.requests, **attached})

    def one(self, workload: Workload, number: int) -> Workload:
        """Return one pod of a workload, with its number, and with the claims that exist for it."""
        pod = workload.one(number)
        if pod.template is None:
            return self.admit(pod)
        existing = [f"{prefix}{pod.first + number}" for prefix, _ in pod.template.new_claims if prefix]
        existing = [name for name in existing if self._exists(pod.namespace, name)]
        template = structs.replace(
            pod.template,
            new_claims=tuple(
                (prefix, claim)
                for prefix, claim in pod.template.new_claims
                if not prefix or f"{prefix}{pod.first + number}" not in existing
            ),
        )
        placing = structs.replace(pod.placing, claims=(*pod.placing.claims, *existing))
        return self.admit(structs.replace(pod, template=template, placing=placing))

    def has_claims(self, workload: Workload) -> bool:
        """Return whether claims exist for pods of a workload that have their own."""
        prefixes = [prefix for prefix, _ in workload.template.new_claims if prefix] if workload.template else []
        numbers = range(workload.first, workload.first + (workload.replicas or 0))
        return any(self._exists(workload.namespace, f"{prefix}{number}") for prefix in prefixes for number in numbers)

    def _exists(self, namespace: str, name: str) -> bool:
        return (namespace or self.sample.namespaces[0], name) in (self.surroundings.claims or {})

    def _with_template(self, pods: Workload, template: Template) -> Workload:
        """Apply the classes and limit ranges to the pods of a manifest."""
        ranges = [each for each in self.surroundings.limit_ranges if each.namespace == pods.namespace]
        placing, ignored = pods.placing, list(pods.placing.ignored)
        resources = with_defaults(template.resources, ranges)
        refused = [*refusals(resources, ranges)]
        if template.runtime_class:
            classes = self.surroundings.runtime_classes
            class_ = (classes or {}).get(template.runtime_class)
            if classes is None:
                ignored.append(f"runtime class {template.runtime_class}")
            elif class_ is None:
                refused.append(f"runtime class {template.runtime_class} missing")
            else:
                placing, resources = _in_class(placing, resources, class_)
        if template.priority_class:
            priorities = self.surroundings.priority_classes
            priority = {**(priorities or {}), **PRIORITIES}.get(template.priority_class)
            if priority:
                placing = structs.replace(placing, priority=priority.value, preempts=priority.preempts)
            elif priorities is None:
                ignored.append(f"priority class {template.priority_class}")
            else:
                refused.append(f"priority class {template.priority_class} missing")
        return structs.replace(
            pods,
            template=structs.replace(template, resources=resources),
            requests=requests_of(resources),
            placing=structs.replace(placing, refused=(*placing.refused, *refused), ignored=tuple(ignored)),
        )


def scaled(workload: Workload, scalers: Iterable[Scaler], namespace: str) -> Workload:
    """Return a workload with as many pods as its HorizontalPodAutoscaler allows. namespace: the default one."""
    if not workload.is_scalable:
        return workload
    for each in scalers:
        if (each.namespace, each.target) == (workload.namespace or namespace, workload.kind_and_name):
            replicas = max(each.least, min(workload.replicas or 0, each.most))
            if replicas == workload.replicas:
                return workload
            note = f"HorizontalPodAutoscaler/{each.name} sets {replicas} replicas, not {workload.replicas}"
            return structs.replace(workload, replicas=replicas, note=note)
    return workload


def _in_class(placing: Placing, resources: PodResources, each: RuntimeClass) -> tuple[Placing, PodResources]:
    """Add what a runtime class adds."""
    placing = structs.replace(
        placing,
        node_labels=(*placing.node_labels, *each.node_labels),
        tolerations=(*placing.tolerations, *each.tolerations),
    )
    overhead = resources.overhead or each.overhead or None
    return placing, structs.replace(resources, overhead=overhead)


def _added_tolerations(workload: Workload) -> tuple[Toleration, ...]:
    if workload.replicas is not None:
        return OF_EVERY_POD
    return (*OF_DAEMONS, OF_HOST_NETWORK) if workload.placing.host_network else OF_DAEMONS
