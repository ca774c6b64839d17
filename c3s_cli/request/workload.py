"""The value of --workload: the pods of a workload, or of all workloads of a kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from c3s_cli.columns.kinds import RESOURCES, WORKLOADS
from c3s_cli.errors import UsageError

if TYPE_CHECKING:
    from c3s_cli.columns.naming import Naming
    from c3s_cli.request.condition import Condition


def of_workload(where: Condition | None, workload: str, naming: Naming) -> Condition:
    """Return a condition that also asks for pods of a workload: KIND/NAME, KIND, or * for any."""
    from c3s_cli.request.condition import Condition as AnyOf
    from c3s_cli.request.where import parse  # only conditions need the parser

    kind, _, name = workload.partition("/")
    kind = WORKLOADS.get(kind.casefold(), kind)
    if kind != "*" and kind not in RESOURCES:
        raise UsageError(f"unknown kind {kind!r} in --workload", hint=f"one of: {', '.join(RESOURCES)}")
    owner = f"^{'.+' if kind == '*' else kind}/{f'{re.escape(name)}$' if name else ''}"
    (tests,) = parse([f'owner ~ "{owner}"'.replace("\\", "\\\\")], naming).alternatives
    return AnyOf(tuple((*tests, *others) for others in (where.alternatives if where else ((),))))
