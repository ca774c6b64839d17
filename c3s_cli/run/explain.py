"""--explain: how the requests and limits of one pod or node add up, term by term."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from msgspec import to_builtins

from c3s_cli import API_VERSION
from c3s_cli.amounts.allocation import Term, terms_of
from c3s_cli.amounts.totals import added
from c3s_cli.columns.of_resources import CPU_AND_MEMORY
from c3s_cli.columns.vocabulary import Kind, json_name, unit_of
from c3s_cli.errors import ExitCode, UsageError
from c3s_cli.metrics import core_api
from c3s_cli.output.cells import AMOUNTS
from c3s_cli.output.table import layout
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target
from c3s_cli.request.view import Format, View
from c3s_cli.run.fleet import open_fleet
from c3s_cli.run.printing import emit
from c3s_cli.run.stages import Stages
from c3s_cli.sources.calls import Calls
from c3s_cli.terminal.printable import printable


def explain_one(target: Target, query: Query, view: View) -> ExitCode:
    """Read the pod or node that the query names, and print the terms as a table or as JSON."""
    stages = Stages(target.verbosity)
    with open_fleet(target, stages) as fleet:
        emit(_explained(fleet.sole("--explain").open_reading(), query, view))
    return ExitCode.OK


def _explained(calls: Calls, query: Query, view: View) -> Iterator[str]:
    if query.name is None or query.objects is Kind.CLUSTER:
        raise UsageError("--explain takes the NAME of one pod or node", hint="c3s top pods NAME --explain")
    if query.objects is Kind.POD:
        terms: Sequence[Term] = terms_of(core_api(calls, query).pod_resources())
    else:
        terms = _of_node(calls, query)
    if view.format is Format.JSON:
        return iter((_document(query, terms),))
    return _table(terms, headers=view.headers)


def _of_node(calls: Calls, query: Query) -> list[Term]:
    """Return one term for each pod, and their sum: what `kubectl describe node` calls allocated."""
    api = core_api(calls, query)
    api.nodes()  # or an error if there is no such node
    terms = [
        Term("+", f"pod {namespace}/{name}", facts.requests, facts.limits)
        for (namespace, name), facts in sorted(api.pods().items())
    ]
    total = Term("=", "total", added(term.requests for term in terms), added(term.limits for term in terms))
    return [*terms, total]


def _table(terms: Sequence[Term], *, headers: bool) -> Iterator[str]:
    mentioned = {resource for term in terms for resource in (*term.requests, *term.limits)}
    resources = [*CPU_AND_MEMORY, *sorted(mentioned.difference(CPU_AND_MEMORY))]
    headings = ["OP", "TERM"]
    columns = [[term.how for term in terms], [printable(term.what) for term in terms]]
    for resource in resources:
        amount = AMOUNTS[unit_of(resource)]
        for word, amounts in (("REQUESTS", [t.requests for t in terms]), ("LIMITS", [t.limits for t in terms])):
            headings.append(f"{resource.upper()}-{word}")
            columns.append([amount(each[resource]) if resource in each else "-" for each in amounts])
    return layout(headings if headers else None, columns)


def _document(query: Query, terms: Sequence[Term]) -> str:
    resources = {resource for term in terms for resource in (*term.requests, *term.limits)}
    whole = {
        "apiVersion": API_VERSION,
        "kind": "Explanation",
        "metadata": {"name": query.name},
        "units": {json_name(resource): unit_of(resource).value for resource in sorted(resources)},
        "terms": to_builtins(terms),
    }
    return json.dumps(whole, indent=2) + "\n"
