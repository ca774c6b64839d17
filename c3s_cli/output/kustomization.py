"""-o kustomize: one kustomization.yaml with a patch for each workload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import indent
from typing import Any, Final

from c3s_cli.output.changes import MERGED, WorkloadChange, of_one_context, without_advice
from c3s_cli.output.document import yaml_text
from c3s_cli.report import Report
from c3s_cli.request.view import View

HEAD: Final = """\
# Add the manifests of these workloads: resources: [...]
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
"""


def kustomization(report: Report, _view: View) -> Iterator[str]:
    """Write the file; workloads that cannot be changed are comments."""
    changes = of_one_context(report)
    yield HEAD
    for change in changes:
        if change.refused:
            yield change.comment
    yield from without_advice(report)
    # Manifests often have no namespace yet, and then none must be asked for.
    several = len({change.namespace for change in changes}) > 1
    entries = [_entry(change, several=several) for change in changes if not change.refused]
    yield "patches:\n" if entries else "patches: []\n"
    yield from entries


def _entry(change: WorkloadChange, *, several: bool) -> str:
    # The names of a target are regular expressions.
    target = {"kind": change.kind, "name": _exactly(change.name)}
    if several:
        target["namespace"] = _exactly(change.namespace)
    patch: Any = change.json_patch()
    if change.merged:
        about = {"name": change.name, **({"namespace": change.namespace} if several else {})}
        patch = {"apiVersion": MERGED[change.kind], "kind": change.kind, "metadata": about, **change.merge_patch()}
    blocks = f"target:\n{indent(yaml_text(target), '  ')}patch: |-\n{indent(yaml_text(patch), '  ')}"
    return f"- {indent(blocks, '  ').lstrip()}"


def _exactly(name: str) -> str:
    """Return the regular expression for a name."""
    return re.sub(r"[^\w-]", lambda match: f"\\{match[0]}", name)
