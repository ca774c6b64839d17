"""Resolve `gpu`: the only resource of the clusters with gpu in its name, known once they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from c3s_cli.columns.naming import ANY_GPU, Naming
from c3s_cli.columns.vocabulary import Column, json_name
from c3s_cli.errors import C3sError
from c3s_cli.model.sample import Sample
from c3s_cli.request.query import Query

PREFIX = f"{json_name(ANY_GPU)}."


def with_gpu(query: Query, samples: Sequence[Sample]) -> Query:
    """Replace `gpu` in a query by the resource's name. C3sError if there is no GPU, or more than one kind."""
    if not any(column.name.startswith(PREFIX) for column in query.all_columns):
        return query
    gpu = json_name(_only(sorted({name for sample in samples for name in _resources(sample) if "gpu" in name.lower()})))

    def named(column: Column, naming: Naming) -> Column:
        if not column.name.startswith(PREFIX):
            return column
        return naming.open_ended(f"{gpu}.{column.name.removeprefix(PREFIX)}") or column

    return query.with_columns(named)


def _only(names: Sequence[str]) -> str:
    if not names:
        raise C3sError(
            "gpu: no resource of this cluster has gpu in its name",
            hint='any resource is a column: resources["NAME"].requests',
        )
    if len(names) > 1:
        raise C3sError(
            f"gpu could be {', '.join(names[:-1])} or {names[-1]}", hint=f"name one: {json_name(names[0])}.requests"
        )
    return names[0]


def _resources(sample: Sample) -> Iterator[str]:
    """Yield the names of all resources that nodes offer or pods request."""
    for node in (sample.node_facts or {}).values():
        yield from node.allocatable
        yield from node.capacity
    for pod in (sample.pod_facts or {}).values():
        yield from pod.requests
        yield from pod.limits
