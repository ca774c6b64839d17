"""The value of --workload: the workloads whose pods are shown."""

from __future__ import annotations

import re

from c3s_cli.columns.kinds import RESOURCES, WORKLOADS
from c3s_cli.columns.naming import Naming
from c3s_cli.errors import UsageError
from c3s_cli.flags.values import is_glob, regular
from c3s_cli.request.condition import Condition
from c3s_cli.request.where import parse


def named_workloads(text: str) -> str:
    """Return the value of --workload with the names of its kinds, such as Deployment/web,Job. UsageError for others.

    A name without a kind is that of a workload of any: */web.
    """
    return ",".join(_named(each.strip()) for each in text.split(","))


def _named(text: str) -> str:
    kind, slash, name = text.partition("/")
    kind = WORKLOADS.get(kind.casefold(), kind)
    if kind and not slash and kind == kind.casefold() and kind != "*":
        return f"*/{kind}"
    if kind != "*" and kind not in RESOURCES:
        raise UsageError(f"unknown kind {kind!r} in --workload", hint=f"one of: {', '.join(RESOURCES)}")
    return f"{kind}{slash}{name}"


def of_workloads(workloads: str, naming: Naming) -> Condition:
    """Return the condition that pods belong to one of the workloads of --workload: Kind/name, Kind, or * for any."""
    owners = "|".join(map(_owners, workloads.split(",")))
    pattern = f"^({owners})" if "," in workloads else f"^{owners}"
    return parse([f'owner ~ "{pattern}"'.replace("\\", "\\\\")], naming)


def _owners(workload: str) -> str:
    """Return a regular expression for how owners begin."""
    kind, _, name = workload.partition("/")
    whole = regular(name).removeprefix("^") if is_glob(name) else f"{re.escape(name)}$"
    return f"{'.+' if kind == '*' else kind}/{whole if name else ''}"
