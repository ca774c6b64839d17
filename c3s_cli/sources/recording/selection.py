"""What a query selects of one reading of a recording → Sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct, structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.analysis.eligibility import met
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import ApiError, C3sError, MetricsUnavailable, NoSuchNamespace, UsageError
from c3s_cli.model.rows import Node, Pod, PodFacts
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.request.namespaces import is_pattern, matching
from c3s_cli.request.selectors import FieldSelector
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.recording import StoredReading
from c3s_cli.sources.source import Scope

# What a need is called in messages, if it was not recorded.
OF_FACTS: Final = {Needs.NODES: "nodes", Needs.PODS: "pods", Needs.POD_COUNT: "pod count"}
KNOWN_FIELDS: Final = ("metadata.name", "metadata.namespace", "spec.nodeName")


class Selection(Struct):
    """What a query selects of a reading."""

    moment: StoredReading
    needs: Needs
    scope: Scope
    context: str

    @property
    def partial(self) -> bool:
        """Whether not all pods were recorded: then sums over those of a node or cluster are unknown."""
        return bool(self.moment.covers) and self.scope.objects is not Kind.POD

    def sample(self, facts: Facts, nodes: Sequence[Node], pods: Sequence[Pod]) -> Sample:
        """Return the Sample. C3sError if what was asked for is not in the reading."""
        scope = self._named(facts, pods) if self.scope.objects is Kind.POD else self.scope
        known_pods = {key: each for key, each in (facts.pods or {}).items() if self._selects(scope, key, each)}
        if scope.objects is Kind.POD:
            pods = [pod for pod in pods if self._has(scope, pod, facts)]
            if scope.name and not (pods or (known_pods and Needs.PODS in self.needs)):
                raise ApiError(404, "NotFound", f'pods "{scope.name}" not found')
        else:
            nodes, facts = self._nodes(scope, nodes, facts)
        needs = self.needs
        missing = [need for need in (Needs.PODS, Needs.POD_COUNT) if self.partial and need in needs]
        gap = f"the recording covers only {self.moment.covers}"
        failures = [Failure(self.context, OF_FACTS[need], gap) for need in missing]
        return Sample(
            context=self.context,
            now=datetime.fromtimestamp(self.moment.time, UTC),
            source=self.moment.source,
            namespaces=scope.namespaces,
            nodes=nodes if Needs.NODE_METRICS in needs else [],
            pods=pods if Needs.POD_METRICS in needs else [],
            node_facts=facts.nodes if Needs.NODES in needs else None,
            pod_facts=known_pods if Needs.PODS in needs and facts.pods is not None and not self.partial else None,
            pod_count=facts.pod_count if Needs.POD_COUNT in needs and not self.partial else None,
            failures=(*failures, *(each for each in self.moment.failures if self._concerns(each))),
            moment=f"of reading {self.moment.count}, {utc(self.moment.time)}",
            remarks=(gap,) if self.moment.covers else (),
        )

    def _concerns(self, failure: Failure) -> bool:
        """Return whether a query needs what could not be read then."""
        needs = {"node metrics": Needs.NODE_METRICS, "pod metrics": Needs.POD_METRICS, "nodes": Needs.NODES}
        needs |= {"pods": Needs.PODS, "owners": Needs.OWNERS, "pod count": Needs.POD_COUNT}
        return needs.get(failure.source, self.needs) in self.needs

    def _named(self, facts: Facts, pods: Iterable[Pod]) -> Scope:
        """Replace patterns of namespaces. C3sError for a namespace that was not recorded."""
        scope = self.scope
        if any(map(is_pattern, scope.namespaces)):
            known = {pod.namespace for pod in pods} | {namespace for namespace, _ in facts.pods or {}}
            names = matching(scope.namespaces, known)
            if not names:
                raise NoSuchNamespace(f"no namespace matches {','.join(scope.namespaces)}")
            scope = structs.replace(scope, namespaces=names)
        recorded = self.moment.namespaces
        lacking = [name for name in scope.namespaces if recorded and name not in recorded]
        if lacking:
            raise C3sError(
                f"the recording has no pods of namespace {', '.join(lacking)}",
                hint=f"it covers only {self.moment.covers}: -n {','.join(sorted(recorded))} or -A shows them",
            )
        return scope

    @staticmethod
    def _selects(scope: Scope, key: tuple[str, str], facts: PodFacts) -> bool:
        if scope.objects is not Kind.POD:
            return True
        namespace, name = key
        return (
            (not scope.namespaces or namespace in scope.namespaces)
            and scope.name in (None, name)
            and (not scope.labels or met(scope.labels.requirements, facts.labels))
            and _has_fields(scope.fields, namespace, name, facts.node)
        )

    def _has(self, scope: Scope, pod: Pod, facts: Facts) -> bool:
        """Return whether a measured pod is selected. One without facts has no labels."""
        known = (facts.pods or {}).get((pod.namespace, pod.name))
        if known is not None:
            return self._selects(scope, (pod.namespace, pod.name), known)
        selected = not scope.labels and not scope.fields and scope.name in (None, pod.name)
        return selected and (not scope.namespaces or pod.namespace in scope.namespaces)

    def _nodes(self, scope: Scope, nodes: Sequence[Node], facts: Facts) -> tuple[Sequence[Node], Facts]:
        known = facts.nodes or {}
        of_nodes = scope.objects is Kind.NODE

        def selected(name: str) -> bool:
            node = known.get(name)
            labels = node.details.labels if node and node.details else {}
            return scope.name in (None, name) and (not scope.labels or met(scope.labels.requirements, labels))

        if of_nodes and (scope.name or scope.labels):
            nodes = [node for node in nodes if selected(node.name)]
            chosen = {name: node for name, node in known.items() if selected(name)}
            facts = Facts(chosen, facts.pods, facts.pod_count)
            if scope.name and not nodes:
                raise ApiError(404, "NotFound", f'nodes "{scope.name}" not found')
        if not nodes and Needs.NODE_METRICS in self.needs and Needs.NODE_METRICS not in scope.dispensable:
            hint = f"does any node match -l {scope.labels.text}?" if of_nodes and scope.labels else None
            raise MetricsUnavailable("metrics not available yet", hint=hint)
        return nodes, facts


def _has_fields(fields: FieldSelector | None, namespace: str, name: str, node: str) -> bool:
    """Return whether a pod meets a field selector. UsageError for a field that is not recorded."""
    values = dict(zip(KNOWN_FIELDS, (name, namespace, node), strict=True))
    for field, operator, value in fields.terms if fields else ():
        if field not in values:
            raise UsageError(
                f"a recording does not have the field {field}", hint=f"it has {', '.join(KNOWN_FIELDS)}; or use --where"
            )
        if (values[field] == value) is (operator == "!="):
            return False
    return True
