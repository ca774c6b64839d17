"""What Samples that were read for one Query know of a narrower one, before that is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.sample import Sample
from c3s_cli.request.levels import NODE_FIELD
from c3s_cli.request.query import Query

KINDS = ((Kind.CLUSTER, Kind.NODE), (Kind.NODE, Kind.NODE), (Kind.POD, Kind.POD))


def narrow(samples: Sequence[Sample], above: Query, query: Query) -> list[Sample]:
    """Return the part of the Samples of `above` that `query` is about; nothing if they know too little of it.

    Of a single pod everything is shown that is known. Other figures must all have been read.
    """
    if (above.objects, query.objects) not in KINDS or above.period != query.period:
        return []
    if not query.name and (query.needs & ~above.needs or query.labels != above.labels):
        return []
    if query.objects is Kind.NODE:
        return list(samples)
    return [each for each in (_of_pods(sample, above, query) for sample in samples) if each is not None]


def _of_pods(sample: Sample, above: Query, query: Query) -> Sample | None:
    facts = sample.pod_facts
    terms = set(query.fields.terms if query.fields else ()) - set(above.fields.terms if above.fields else ())
    nodes = {value for name, operator, value in terms if (name, operator) == (NODE_FIELD, "=")}
    if len(nodes) < len(terms) or (nodes and facts is None):
        return None
    tests: list[Callable[[tuple[str, str]], bool]] = []
    if query.name:
        tests.append(lambda key: key[1] == query.name)
    if query.namespaces and query.namespaces != above.namespaces:
        tests.append(lambda key: key[0] in query.namespaces)
    if nodes and facts is not None:
        tests.append(lambda key: key in facts and facts[key].node in nodes)
    if not tests:
        return sample

    def selects(key: tuple[str, str]) -> bool:
        return all(test(key) for test in tests)

    known: Any = None if facts is None else {key: each for key, each in facts.items() if selects(key)}
    pods = [pod for pod in sample.pods if selects((pod.namespace, pod.name))]
    return structs.replace(sample, pods=pods, pod_facts=known, namespaces=query.namespaces)
