"""Which namespaces do not exist, for conditions on the pods of an empty one."""

from __future__ import annotations

from c3s_cli.errors import C3sError
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.prometheus.state_metrics import StateMetrics
from c3s_cli.sources.source import Scope


def unknown_namespaces(core: CoreApi | StateMetrics, scope: Scope) -> str:
    """Name the namespaces in scope that are not known, in words; "" if all are, or if they may not be listed."""
    if not (scope.objects.namespaced and scope.namespaces):
        return ""
    try:
        known = core.namespaces()
    except C3sError:
        return ""
    unknown = [name for name in scope.namespaces if name not in known]
    return f"no namespace {' or '.join(unknown)} is known" if unknown else ""
