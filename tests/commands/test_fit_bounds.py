"""c3s fit ends in time, whatever is to be placed and wherever it is described; and it takes no number that is none."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Run
from tests.patience import PATIENT
from tests.servers import FakeApi, node

HUGE = 10**8


def offering(name: str, pods: int = HUGE, cpu: int = HUGE) -> dict[str, Any]:
    made = node(name, cpu=str(cpu), labels={"kubernetes.io/hostname": name})
    made["status"]["allocatable"] = {"cpu": str(cpu), "memory": "1Ei", "pods": str(pods)}
    return made


def manifest(folder: Path, text: str) -> Path:
    path = folder / "pods"
    path.write_text(text)
    return path


def deployment(**spec: Any) -> dict[str, Any]:
    """Make a Deployment of containers that request one millicore."""
    container = {"name": "a", "resources": {"requests": {"cpu": "1m"}}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **spec.pop("pod", {})}}
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": template, **spec}}


@pytest.mark.parametrize("replicas", [10**7, 10**9])
def test_millions_of_replicas_are_computed_not_counted(run: Run, api: FakeApi, tmp_path: Path, replicas: int) -> None:
    api.nodes(offering("a"), offering("b", cpu=HUGE // 2))
    api.pods()
    path = manifest(tmp_path, json.dumps(deployment(replicas=replicas)))
    begun = time.monotonic()
    result = run(f"fit -f {path} -o json --server {api.url}")
    assert time.monotonic() - begun < PATIENT
    placed = [item["placed"] for item in json.loads(result.out)["items"]]
    assert sum(placed) == min(replicas, 2 * HUGE)
    assert result.code == (0 if replicas == 10**7 else 3)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 20)), min_size=1, max_size=6), st.integers(1, 60))
def test_many_pods_at_once_are_placed_as_one_after_the_other(nodes: list[tuple[int, int]], replicas: int) -> None:
    """The same pods in one step and in the steps of the scheduler."""
    from c3s_cli.cli import main  # noqa: PLC0415  a fixture would live as long as all examples

    results = []
    with FakeApi() as api, pytest.MonkeyPatch.context() as patch:
        api.nodes(*(offering(f"n{place}", pods, cpu) for place, (pods, cpu) in enumerate(nodes)))
        api.pods()
        for many in (0, 10**6):
            patch.setattr("c3s_cli.analysis.scheduler.MANY", many)
            out = _Out()
            patch.setattr("sys.stdout", out)
            main(["fit", "--cpu", "700m", "--replicas", str(replicas), "--server", api.url])
            results.append(out.text)
    assert results[0] == results[1] != ""


class _Out:
    """A stdout that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


SPREAD = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {"matchLabels": {"app": "web"}},
}


def test_too_many_pods_with_rules_about_other_pods_are_refused(
    run: Run, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.analysis.scheduler.MOST_ONE_BY_ONE", 1000)
    api.nodes(offering("a"), offering("b"))
    api.pods()
    path = manifest(tmp_path, json.dumps(deployment(replicas=1, pod={"topologySpreadConstraints": [SPREAD]})))
    said = "error: more than 1,000 pods: their rules ask to place them one by one, which would take too long\n"
    assert run(f"fit -f {path} --server {api.url}") == (1, "", said)


def test_too_many_pods_with_labels_of_their_own_are_refused(
    run: Run, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.analysis.numbered.MOST_NUMBERED", 100)
    api.nodes(offering("a"), offering("b"))
    api.pods()
    selector = {"matchLabels": {"apps.kubernetes.io/pod-index": "0"}}
    described = deployment(replicas=10**9, pod={"topologySpreadConstraints": [{**SPREAD, "labelSelector": selector}]})
    path = manifest(tmp_path, json.dumps(described | {"kind": "StatefulSet"}))
    said = "error: more than 100 pods: their rules ask to place them one by one, which would take too long\n"
    assert run(f"fit -f {path} --server {api.url}") == (1, "", said)


def of_container(kind: str, resource: str) -> tuple[str, str]:
    text = f"spec: {{containers: [{{name: a, resources: {{{kind}: {{{resource}: %s}}}}}}]}}"
    return text, f"containers[0].resources.{kind}.{resource}"


NO_NUMBERS = {
    "a request": of_container("requests", "cpu"),
    "a limit": of_container("limits", "memory"),
    "a pod's own": ("spec: {resources: {requests: {cpu: %s}}, containers: []}", "resources.requests.cpu"),
}


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", ".NaN"])
@pytest.mark.parametrize(("text", "field"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_a_number_that_is_none_is_refused_with_its_field(
    run: Run, tmp_path: Path, text: str, field: str, number: str
) -> None:
    path = manifest(tmp_path, f"kind: Pod\nmetadata: {{name: p}}\n{text % number}\n")
    said = f"error: {path}: Pod/p: spec.{field} is not a number\n"
    assert run(f"fit --demo -f {path}") == (2, "", said)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["cpu", "replicas"])
def test_json_that_is_none_is_refused_with_its_field(run: Run, tmp_path: Path, number: str, field: str) -> None:
    document = deployment(replicas=1)
    if field == "replicas":
        where, document["spec"]["replicas"] = "spec.replicas", 12345
    else:
        where = "spec.template.spec.containers[0].resources.requests.cpu"
        document["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = 12345
    path = manifest(tmp_path, json.dumps(document).replace("12345", number))
    said = f"error: {path}: Deployment/web: {where} is not a number\n"
    assert run(f"fit --demo -f {path}") == (2, "", said)


def test_a_field_of_an_init_container_that_is_unknown_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text("{kind: Pod, metadata: {name: x}, spec: {containers: [{}], initContainers: [{resource: {}}]}}")
    said = f'error: {path}: Pod/x: unknown field "spec.initContainers[0].resource"\nhint: did you mean resources?\n'
    assert run(f"fit --demo -f {path}") == (2, "", said)


@pytest.mark.slow
def test_a_manifest_that_is_a_pipe_without_a_writer_ends_at_the_deadline(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    begun = time.monotonic()
    result = run(f"fit --demo -f {path} --request-timeout 300ms")
    assert time.monotonic() - begun < PATIENT
    assert result == (2, "", f"error: timeout while reading {path}\nhint: set a longer --request-timeout\n")
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin, os.fdopen(writer, "w"):
        monkeypatch.setattr("sys.stdin", stdin)
        result = run("fit --demo -f - --request-timeout 300ms")
        os.write(writer, b"x")
    assert result == (2, "", "error: timeout while reading -\nhint: set a longer --request-timeout\n")
