"""c3s fit -f: manifests that are refused, and why."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.conftest import Run

# Each letter stands for ten of the one before.
ALIASES = "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
NODE_RULE = (
    "{{kind: Pod, metadata: {{name: x}}, spec: {{containers: [{{}}], affinity: {{nodeAffinity: "
    "{{requiredDuringSchedulingIgnoredDuringExecution: "
    "{{nodeSelectorTerms: [{{matchExpressions: [{rule}]}}]}}}}}}}}}}"
)
POD_RULE = (
    "{{kind: Pod, metadata: {{name: x}}, spec: {{containers: [{{}}], affinity: {{podAffinity: "
    "{{requiredDuringSchedulingIgnoredDuringExecution: "
    "[{{topologyKey: zone, labelSelector: {{matchExpressions: [{rule}]}}}}]}}}}}}}}"
)
MANY = (
    "{{kind: Deployment, metadata: {{name: x}}, spec: {{replicas: {replicas}, template: {{spec: "
    "{{containers: [{{name: c, resources: {{limits: {{cpu: {cpu}}}}}}}]}}}}}}}}"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "is not valid YAML or JSON: "),
        ("just words", "contains a document without a kind\n"),
        ("{kind: List, items: [1]}", "contains a List with an item without a kind\n"),
        ("kind: Service", "no pods in "),
        ("", "no pods in "),
        ("{kind: Pod, metadata: {name: x}, spec: {}}", "Pod/x has no containers\n"),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{resources: {request: {cpu: 1}}}]}}",
            'Pod/x: unknown field "spec.containers[0].resources.request"\nhint: did you mean requests?\n',
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{resources: {cpu: 1}}]}}",
            '"spec.containers[0].resources.cpu"\nhint: its fields are requests, limits, claims\n',
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{}, {resource: {requests: {cpu: 1}}}]}}",
            'Pod/x: unknown field "spec.containers[1].resource"\nhint: did you mean resources?\n',
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {nodeselector: {a: b}, containers: [{}]}}",
            'Pod/x: unknown field "spec.nodeselector"\nhint: did you mean nodeSelector?\n',
        ),
        (
            NODE_RULE.format(rule="{key: size, operator: Equals, values: [a]}"),
            "Pod/x: 'Equals' is no operator for size\nhint: one of: In, NotIn, Exists, DoesNotExist, Gt, Lt\n",
        ),
        (
            POD_RULE.format(rule="{key: app, operator: Gt, values: ['1']}"),
            "Pod/x: '>' is no operator for app\nhint: one of: In, NotIn, Exists, DoesNotExist\n",
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{}], tolerations: [{key: k, operator: In}]}}",
            "Pod/x: 'In' is no operator for the toleration of k\nhint: one of: Equal, Exists\n",
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{}], tolerations: [{key: 1}]}}",
            "Pod/x: Expected `str | null`, got `int` - at `$.spec.tolerations[0].key`\n",
        ),
        ("{kind: Deployment, metadata: {name: x}}", "Deployment/x has no pod template\n"),
        ("{kind: CronJob, metadata: {name: x}, spec: {jobTemplate: [1]}}", "CronJob/x has no pod template\n"),
        (
            "{kind: Deployment, metadata: {name: x}, spec: {template: {}}}",
            "Deployment/x: Object missing required field",
        ),
        ("{kind: Pod, metadata: [1], spec: {}}", "Pod: Expected `object`"),
        ("{kind: Pod, metadata: {name: x}, spec: {containers: 7}}", "Pod/x: Expected `array | null`, got `int`"),
        ("{kind: Pod, metadata: {name: x}, spec: {tolerations: 7}}", "Pod/x: Expected `array | null`, got `int`"),
        (
            "{kind: Deployment, metadata: {name: x}, spec: {replicas: two, template: {spec: {}}}}",
            "Expected `int | null`",
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, resources: {requests: {cpu: 2 cores}}}]}}",
            "Pod/x, container c: cpu '2 cores' is not a quantity\n",
        ),
        ("&a {kind: Pod, metadata: {name: x}, spec: {containers: [*a]}}", "recursion"),
        ("kind: Pod\nspec: " + "[" * 25_000 + "]" * 25_000, "nest"),
        ("kind: Pod\nspec: " + "[" * 200 + "]" * 200, "is nested too deep, or its aliases are\n"),
        ("kind: Pod\nspec: " + "{a: " * 25_000 + "}" * 25_000, "nest"),
        ("a: &a [x,x]\n" + ALIASES, "is nested too deep, or its aliases are\n"),
        ('{"kind": "Pod", "spec": ' + "[" * 100_000, "is not valid YAML or JSON: "),
        ("kind: !!python/object/apply:os.getcwd []", "is not valid YAML or JSON: could not determine a constructor"),
        (MANY.format(replicas=-1, cpu=1), "Deployment/x: Expected `int` >= 0 - at `$.replicas`\n"),
        (MANY.format(replicas=1, cpu=-1), "Deployment/x: cpu must be 0 or more\n"),
        ("&a {kind: List, items: [*a]}", "no pods in "),
    ],
)
def test_wrong_manifests(demo: Run, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    result = demo(f"fit -f {path}")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert str(path) in result.err
    assert said in result.err


def test_a_manifest_without_end_is_refused(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo("fit -f /dev/zero") == (2, "", "error: /dev/zero is larger than 32 MiB\n")
    with Path("/dev/zero").open("rb") as zeros:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(zeros))
        assert demo("fit -f -") == (2, "", "error: - is larger than 32 MiB\n")
