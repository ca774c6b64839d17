"""The flags of `c3s fit` → FitRequest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import structs

from c3s_cli.columns.kinds import WORKLOADS
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import UsageError
from c3s_cli.model.placing import FitRequest, Manifests, Placing, Reference, Toleration, Workload
from c3s_cli.request.numbers import read_quantity
from c3s_cli.request.selectors import parse_labels
from c3s_cli.request.where import parse

if TYPE_CHECKING:
    from c3s_cli.flags.fit import Fit
    from c3s_cli.request.query import Query

# Resources in bytes, and the least that a pod can mean: a number without a unit is a mistake.
BYTES: Final = ("memory", "ephemeral-storage")
LEAST_BYTES: Final = 2**20
EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
EXAMPLE: Final = "c3s fit --cpu 2 --memory 4Gi --replicas 10, or c3s fit -f deployment.yaml; -f - reads stdin"


def takes_manifest(flags: Fit) -> bool:
    """Return whether the pods are described in files. UsageError if flags describe them, too."""
    number, more = _replicas(flags.replicas)
    if more and (flags.cpu or flags.memory or flags.resource):
        raise UsageError(
            f"--replicas +{number} goes with a workload, such as deploy/web, or with -f",
            hint=f"did you mean --replicas {number}?",
        )
    described = [
        flag
        for flag, value in {
            "--cpu": flags.cpu,
            "--memory": flags.memory,
            "--resource": flags.resource,
            "--selector": flags.node_selector,
            "--tolerate": flags.tolerate,
        }.items()
        if value
    ]
    if flags.filename and described:
        raise UsageError(f"{described[0]} does not go with -f: the manifest describes the pods")
    return bool(flags.filename)


def references_of(words: Sequence[str]) -> tuple[Reference, ...]:
    """Parse KIND/NAME, or a KIND and a NAME, such as `deploy/web`. UsageError for anything else."""
    pairs = [tuple(words)] if len(words) == 2 and "/" not in "".join(words) else [word.split("/") for word in words]
    for pair in pairs:
        if len(pair) != 2 or not pair[1] or pair[0].casefold() not in WORKLOADS:
            reference = "/".join(pair)
            if reference.endswith((".yaml", ".yml", ".json")):
                hint = f"c3s fit -f {reference}"
                raise UsageError(f"unexpected arguments: {reference}\nSee 'c3s fit --help' for usage.", hint=hint)
            kinds = ", ".join(sorted(set(WORKLOADS.values())))
            raise UsageError(f"{reference!r} is not a workload, such as deploy/web", hint=f"the kinds are {kinds}")
    return tuple(Reference(WORKLOADS[kind.casefold()], name) for kind, name in pairs)


def only_drains(flags: Fit) -> bool:
    """Return whether nodes are drained without pods to place."""
    drains = flags.without is not None or flags.without_where is not None
    return drains and not (flags.filename or flags.cpu or flags.memory or flags.resource)


def with_drain(query: Query, flags: Fit) -> Query:
    """Add the nodes of --without-where to a query. UsageError for a column of usage, which fit does not read."""
    if flags.without_where is None:
        return query
    condition = parse(flags.without_where, Naming(Kind.NODE))
    for column in condition.columns:
        if Needs.NODE_METRICS in column.needs or column.figures:
            raise UsageError(f"--without-where: fit reads no usage, so {column.name} is unknown")
    return structs.replace(query, drain=condition)


def fit_request_of(flags: Fit, manifests: Manifests | None, references: Sequence[Reference] = ()) -> FitRequest:
    """Build the FitRequest. UsageError if there are no pods.

    manifests: None to use the flags. references: the workloads of the cluster that are named.
    """
    requests = dict(_requests(flags))
    without = tuple(dict.fromkeys(_names(flags.without or ())))
    drains = bool(without or flags.without_where)
    if flags.replace and flags.rollout:
        raise UsageError("only one of --replace or --rollout can be provided")
    if flags.rollout and drains:
        raise UsageError("--rollout does not go with --without: a drain is over before")
    if flags.one_by_one and not drains:
        raise UsageError("--one-by-one goes with --without or --without-where")
    if manifests is None and not (requests or drains or references):
        raise UsageError("no pods to place: use -f, --cpu, --memory or --resource", hint=f"for example {EXAMPLE}")
    if manifests is None:
        manifests = Manifests((_described(flags, requests),) if requests else ())
    elif not (manifests.workloads or manifests.unknown or manifests.references):
        raise UsageError(f"no pods in {', '.join(flags.filename or ())}", hint=f"for example {EXAMPLE}")
    workloads, references = manifests.workloads, (*manifests.references, *references)
    number, more = _replicas(flags.replicas)
    if number is not None:
        workloads = tuple(
            each
            if each.replicas is None
            else structs.replace(each, replicas=each.replicas + number if more else number, fixed=True, note="")
            for each in workloads
        )
        own = {"more": number} if more else {"replicas": number}
        references = tuple(structs.replace(each, fixed=True, **own) for each in references)
    return FitRequest(
        workloads,
        manifests.unknown,
        manifests.beside,
        references,
        without,
        flags.one_by_one,
        flags.missing,
        flags.with_pending,
        flags.strict,
        flags.replace,
        flags.rollout,
    )


def _replicas(text: str | None) -> tuple[int | None, bool]:
    """Parse --replicas: the number, None for none, and whether it is how many more than a workload has."""
    if text is None:
        return None, False
    if not re.fullmatch("[+]?[0-9]{1,9}", text):
        raise UsageError(f"--replicas takes a number from 0 on, not {text}")
    return int(text), text.startswith("+")


def _names(words: Sequence[str]) -> Iterator[str]:
    """Yield names of nodes, separated by commas, also in the form of -o name."""
    return (name.strip().removeprefix("node/") for each in words for name in each.split(",") if name.strip())


def _described(flags: Fit, requests: dict[str, int]) -> Workload:
    """Build a Workload from the flags."""
    selector = parse_labels(flags.node_selector) if flags.node_selector else None
    return Workload(
        "pods",
        requests,
        placing=Placing(
            node_labels=selector.requirements if selector else (),
            tolerations=tuple(_toleration(text) for text in flags.tolerate or ()),
        ),
    )


def _requests(flags: Fit) -> Iterator[tuple[str, int]]:
    if flags.cpu:
        yield "cpu", _amount("--cpu", "cpu", flags.cpu)
    if flags.memory:
        yield "memory", _amount("--memory", "memory", flags.memory)
    for text in flags.resource or ():
        name, equals, quantity = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--resource takes NAME=QUANTITY, such as nvidia.com/gpu=1, not {text!r}")
        yield name, _amount("--resource", name, quantity, f"--resource {name}=")


def _amount(flag: str, resource: str, text: str, before: str = "") -> int:
    """Parse a quantity. before: what stands before it on the command line, if not only the flag."""
    amount = read_quantity(flag, resource, text)
    if resource in BYTES and 0 < amount < LEAST_BYTES:
        before = before or f"{flag} "
        size = "1 byte" if amount == 1 else f"{amount} bytes"
        raise UsageError(f"{before}{text} is less than 1Mi: {size}", hint=_meant_bytes(before, text))
    return amount


def _meant_bytes(before: str, text: str) -> str:
    """Suggest the unit that is missing: mebibytes for large numbers, gibibytes for small ones."""
    number = text.rstrip("mM")
    if not number.isdecimal():
        return "write it as 512Mi or 4Gi"
    return f"did you mean {before}{number}{'Gi' if number == text and int(number) < 64 else 'Mi'}?"


def _toleration(text: str) -> Toleration:
    """Parse KEY[=VALUE][:EFFECT]. Without a value or an effect, any is tolerated."""
    rest, colon, effect = text.partition(":")
    key, equals, value = rest.partition("=")
    if not key or (colon and effect not in EFFECTS):
        raise UsageError(
            f"--tolerate takes KEY[=VALUE][:EFFECT], not {text!r}", hint=f"the effects are {', '.join(EFFECTS)}"
        )
    return Toleration(key, "Equal" if equals else "Exists", value, effect)
