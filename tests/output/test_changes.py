"""-o patch, kustomize and resources: accepted by a real kubectl, quoted for a real shell."""

from __future__ import annotations

import json
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError
from c3s_cli.model.rightsizing import SIDECAR, Advice, Finding, Recommendation
from c3s_cli.output import render
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from tests.kubectl import find_kubectl, run_kubectl

MI: Final = 1 << 20
KUBECTL: Final = find_kubectl()
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="needs a plain kubectl")


def advice(now: tuple[int, int], after: tuple[int, int] | None) -> Advice:
    """Make advice from requests and limits, before and after; None to leave them."""
    wanted = after or now
    return Advice(*now, None, *wanted, Finding.WASTE if after else Finding.FINE, "p95", after is not None)


CPU: Final = advice((1_000_000_000, 2_000_000_000), (250_000_000, 500_000_000))
MEMORY: Final = advice((512 * MI, 512 * MI), (128 * MI, 128 * MI))
STAYS: Final = advice((512 * MI, 0), None)


def row(owner: str, container: str = "app", **more: Any) -> Recommendation:
    requests = more.pop("requests", {"cpu": 1_000_000_000, "memory": 512 * MI})
    limits = more.pop("limits", {"cpu": 2_000_000_000, "memory": 512 * MI})
    cpu, memory = more.pop("cpu", CPU), more.pop("memory", MEMORY)
    namespace, context = more.pop("namespace", "shop"), more.pop("context", "here")
    made = Recommendation(context, namespace, owner, container, more.pop("role", "container"), 2, cpu, memory)
    return structs.replace(made, declared_requests=requests, declared_limits=limits, **more)


def written(format_: Format, *rows: Any, contexts: bool = False) -> str:
    report = Report(datetime(2026, 3, 2, tzinfo=UTC), "test", Kind.POD, (), rows, None, contexts=contexts)
    return "".join(render(report, View(format_)))


def template(*names: str) -> dict[str, Any]:
    containers = [
        {"name": name, "image": f"{name}:1", "resources": {"requests": {"cpu": "1"}, "limits": {"x.com/gpu": "1"}}}
        for name in names
    ]
    sidecars = [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}]
    labels = {"app": "a"}
    return {"metadata": {"labels": labels}, "spec": {"containers": containers, "initContainers": sidecars}}


def workload(kind: str, version: str, *names: str) -> dict[str, Any]:
    made = {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    pods = template(*names)
    if kind == "CronJob":
        return {**made, "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": pods}}}}
    return {**made, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": pods}}


ROWS: Final = (
    row("{}/web"),
    row("{}/web", "logger", cpu=advice((0, 0), (25_000_000, 0)), memory=STAYS, place=1, requests={}, limits={}),
    row("{}/web", "proxy", role=SIDECAR, memory=STAYS),
)


def rows_of(kind: str) -> list[Recommendation]:
    return [structs.replace(each, owner=each.owner.format(kind)) for each in ROWS]


def patched(kind: str, line: str, before: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Carry out a line on a file instead of a cluster; give the containers' resources by their names."""
    words = shlex.split(line)
    assert words[:6] == ["kubectl", "-n", "shop", "patch", kind.lower(), "web"]
    assert words[6] == "--type"
    assert words[8] == "-p"
    file = folder / "object.json"
    file.write_text(json.dumps(before))
    done = run_kubectl(KUBECTL or "", folder, "patch", "--local", "-f", str(file), *words[6:], "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    spec = json.loads(done.stdout)["spec"]
    pods = (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]["spec"]
    return {each["name"]: each for each in (*pods["containers"], *pods["initContainers"])}


MERGED: Final = [
    ("Deployment", "apps/v1"),
    ("StatefulSet", "apps/v1"),
    ("DaemonSet", "apps/v1"),
    ("CronJob", "batch/v1"),
]


@needs_kubectl
@pytest.mark.process
@pytest.mark.parametrize(("kind", "version"), MERGED)
def test_kubectl_accepts_each_line_on_an_object_with_two_containers(kind: str, version: str, tmp_path: Path) -> None:
    (line,) = written(Format.PATCH, *rows_of(kind)).splitlines()
    found = patched(kind, line, workload(kind, version, "app", "logger"), tmp_path)
    assert found["app"]["resources"] == {
        "requests": {"cpu": "250m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "128Mi", "x.com/gpu": "1"},
    }
    assert found["logger"]["resources"] == {"requests": {"cpu": "25m"}, "limits": {"x.com/gpu": "1"}}
    assert found["proxy"]["resources"] == {"requests": {"cpu": "250m"}, "limits": {"cpu": "500m"}}
    assert [each["image"] for each in found.values()] == ["app:1", "logger:1", "proxy:1"]


@pytest.mark.process
def test_other_kinds_are_patched_by_the_place_of_a_container_whose_name_is_tested(tmp_path: Path) -> None:
    gpu = row("Rollout/web", requests={"cpu": 10**9, "memory": 512 * MI, "x.com/gpu": 1}, limits={"x.com/gpu": 1})
    (line,) = written(Format.PATCH, gpu).splitlines()
    words = shlex.split(line)
    assert words[:8] == ["kubectl", "-n", "shop", "patch", "rollout", "web", "--type", "json"]
    container = "/spec/template/spec/containers/0"
    whole = {
        "requests": {"cpu": "250m", "memory": "128Mi", "x.com/gpu": "1"},
        "limits": {"cpu": "500m", "memory": "128Mi", "x.com/gpu": "1"},
    }
    assert json.loads(words[9]) == [
        {"op": "test", "path": f"{container}/name", "value": "app"},
        {"op": "add", "path": f"{container}/resources", "value": whole},
    ]
    if KUBECTL:
        found = patched("Rollout", line, workload("Rollout", "argoproj.io/v1alpha1", "app", "logger"), tmp_path)
        assert found["app"]["resources"] == whole
        file = tmp_path / "other.json"
        file.write_text(json.dumps(workload("Rollout", "argoproj.io/v1alpha1", "logger", "app")))
        done = run_kubectl(KUBECTL, tmp_path, "patch", "--local", "-f", str(file), *words[6:], "-o", "json")
        assert done.returncode == 1


def test_what_cannot_be_patched_is_a_comment() -> None:
    owners = ("Job/load", "Pod/alone", "Node/cp-1", "RayCluster/ray", "Deployment/-f", "Deployment/a\nb")
    assert written(Format.PATCH, *map(row, owners)).splitlines() == [
        "# Job/load in shop: the template of a Job cannot be changed",
        "# Pod/alone in shop: no workload owns it",
        "# Node/cp-1 in shop: its manifest is a file on the node",
        "# RayCluster/ray in shop: a RayCluster has its pod templates elsewhere",
        "# Deployment/-f in shop: its name is not valid",
        r"# Deployment/a\nb in shop: its name is not valid",
    ]


HOSTILE: Final = ("a b", "a'b", "$(touch x)", "`touch x`", "a;touch x", "a\\", "é", "a&b", "*", '"')


@pytest.mark.process
@pytest.mark.parametrize("name", HOSTILE)
def test_a_shell_sees_one_argument_for_each_name(name: str, tmp_path: Path) -> None:
    text = written(Format.PATCH, row(f"Deployment/a{name}", f"c{name}", namespace=f"n{name}"))
    assert text.count("\n") == 1
    shell = f'kubectl() {{ printf "%s\\n" "$@"; }}\n{text}'
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    words = said.splitlines()
    assert words[:6] == ["-n", f"n{name}", "patch", "deployment", f"a{name}", "--type"]
    containers = json.loads(words[-1])["spec"]["template"]["spec"]["containers"]
    assert containers[0]["name"] == f"c{name}"
    assert list(tmp_path.iterdir()) == []


def test_several_clusters_are_named(tmp_path: Path) -> None:
    both = [row("Deployment/web", context=name) for name in ("eu", "us")]
    lines = written(Format.PATCH, *both, contexts=True).splitlines()
    assert [shlex.split(line)[1:3] for line in lines] == [["--context", "eu"], ["--context", "us"]]
    for format_ in (Format.KUSTOMIZE, Format.RESOURCES):
        with pytest.raises(C3sError, match="for several clusters"):
            written(format_, *both, contexts=True)


def test_a_context_with_control_characters_is_no_argument() -> None:
    rows = [row("Deployment/web", context=name) for name in ("a b", "a\nb\x1b[2J")]
    first, second = written(Format.PATCH, *rows, contexts=True).splitlines()
    assert shlex.split(first)[:3] == ["kubectl", "--context", "a b"]
    assert second == "# Deployment/web in shop: the name of its context is not valid"


@needs_kubectl
@pytest.mark.process
def test_kustomize_builds_with_the_patches(tmp_path: Path) -> None:
    rows = [each for kind, _ in MERGED for each in rows_of(kind)]
    text = written(Format.KUSTOMIZE, *rows, row("Rollout/web"), row("Job/load"))
    assert "# Job/load in shop: the template of a Job cannot be changed\n" in text
    (tmp_path / "kustomization.yaml").write_text(text)
    alone = run_kubectl(KUBECTL or "", tmp_path, "kustomize", str(tmp_path))
    assert alone.returncode == 0, alone.stderr
    kinds = [*MERGED, ("Rollout", "argoproj.io/v1alpha1")]
    objects = [workload(kind, version, "app", "logger") for kind, version in kinds]
    # One without a namespace is another base of the same workload.
    objects[0]["metadata"].pop("namespace")
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    (tmp_path / "kustomization.yaml").write_text(f"resources: [all.yaml]\n{text}")
    built = run_kubectl(KUBECTL or "", tmp_path, "kustomize", str(tmp_path))
    assert built.returncode == 0, built.stderr
    found = list(yaml.safe_load_all(built.stdout))
    assert sorted(each["kind"] for each in found) == sorted(kind for kind, _ in kinds)
    for each in found:
        spec = each["spec"]["jobTemplate"]["spec"] if each["kind"] == "CronJob" else each["spec"]
        first = spec["template"]["spec"]["containers"][0]
        assert (first["image"], first["resources"]["requests"]) == ("app:1", {"cpu": "250m", "memory": "128Mi"})


def test_a_kustomization_of_several_namespaces_names_them() -> None:
    both = [row("Deployment/web.1", namespace=name) for name in ("shop", "test")]
    targets = [each["target"] for each in yaml.safe_load(written(Format.KUSTOMIZE, *both))["patches"]]
    assert targets == [{"kind": "Deployment", "name": r"web\.1", "namespace": name} for name in ("shop", "test")]


def test_resources_are_snippets_by_workload_and_container() -> None:
    text = written(Format.RESOURCES, *rows_of("Deployment"), row("StatefulSet/db", cpu=STAYS, memory=STAYS))
    assert (
        text
        == """\
shop:
  Deployment/web:
    app:
      resources:
        requests:
          cpu: 250m
          memory: 128Mi
        limits:
          cpu: 500m
          memory: 128Mi
    logger:
      resources:
        requests:
          cpu: 25m
    proxy:
      resources:
        requests:
          cpu: 250m
          memory: 512Mi
        limits:
          cpu: 500m
          memory: 512Mi
"""
    )


def test_nothing_to_change_is_nothing_to_write() -> None:
    fine = row("Deployment/web", cpu=STAYS, memory=STAYS)
    assert [written(each, fine) for each in (Format.PATCH, Format.RESOURCES)] == ["", ""]
    assert yaml.safe_load(written(Format.KUSTOMIZE, fine))["patches"] == []


def test_amounts_are_exact() -> None:
    odd = row(
        "Deployment/web",
        cpu=advice((10**9, 0), (123_456_789, 0)),
        memory=advice((512 * MI, 0), (123_456_789, 4 << 30)),
        limits={},
    )
    resources = yaml.safe_load(written(Format.RESOURCES, odd))["shop"]["Deployment/web"]["app"]["resources"]
    assert resources == {"requests": {"cpu": "123456789n", "memory": "123456789"}, "limits": {"memory": "4Gi"}}
