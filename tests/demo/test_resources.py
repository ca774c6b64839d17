"""--resources: the demo's workloads with other requests and limits, and files that are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import AT, Run

FILE: Final = """
default:
  Deployment/web:
    nginx:
      resources:
        requests: {cpu: 150500u, memory: "1.5Gi", nvidia.com/gpu: 1}
        limits: {memory: 2000000000}
team-checkout:
  Rollout/checkout:
    istio-proxy: {resources: {requests: {cpu: 75m}}}
kube-system:
  DaemonSet/kube-proxy:
    kube-proxy: {resources: {requests: {cpu: 0.3, memory: 100M}, limits: {cpu: 1, memory: 1G}}}
"""


def amounts(run: Run, namespace: str, *words: str) -> dict[str, Any]:
    columns = ",".join(f"{resource}.{field}" for resource in ("cpu", "memory") for field in ("requests", "limits"))
    result = run("top", "pods", "-n", namespace, "--containers", "--columns", columns, "-o", "json", *words)
    assert result.code == 0
    pods = json.loads(result.out)["items"]
    return {f"{pod['name'].split('-')[0]}/{each['name']}": each for pod in pods for each in pod["containers"]}


def test_containers_have_what_a_file_says_and_others_what_they_had(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(FILE)
    flags = ("--demo-at", AT, "--resources", str(tmp_path / "r.yaml"))
    before, after = (amounts(run, "default", *words) for words in (flags[:2], flags))
    assert after["web/nginx"]["cpu"] == {"requests": 151_000_000, "limits": 0}
    assert after["web/nginx"]["memory"] == {"requests": 1536 << 20, "limits": 1908 << 20}
    assert {name: each for name, each in after.items() if name != "web/nginx"} == {
        name: each for name, each in before.items() if name != "web/nginx"
    }
    checkout = amounts(run, "team-checkout", *flags)
    assert checkout["checkout/istio-proxy"] == {
        "name": "istio-proxy",
        "cpu": {"requests": 75_000_000, "limits": 0},
        "memory": {"requests": 0, "limits": 0},
    }
    daemon = amounts(run, "kube-system", *flags)["kube/kube-proxy"]
    assert (daemon["cpu"], daemon["memory"]["requests"]) == (
        {"requests": 300_000_000, "limits": 1_000_000_000},
        96 << 20,
    )


WRONG: Final = [
    ("default: {Deployment/none: {a: {}}}", "default: Deployment/none is not in the demo"),
    ("default: {Deployment/web: {app: {}}}", "default: Deployment/web has no container app"),
    ("default: [a]", "default is not a map"),
    ("- a", "the file is not a map"),
    ("default: {Deployment/web: {nginx: 3}}", "default: Deployment/web: nginx.resources is not a map"),
    (
        "default: {Deployment/web: {nginx: {resources: {requests: {cpu: -1}}}}}",
        "default: Deployment/web: nginx.resources.requests.cpu is not a quantity",
    ),
    (
        "default: {Deployment/web: {nginx: {resources: {limits: {memory: .inf}}}}}",
        "default: Deployment/web: nginx.resources.limits.memory is not a quantity",
    ),
    ("default: {\n- a", "line 2: not valid YAML"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
@pytest.mark.parametrize("command", ["demo", "top nodes --demo"])
def test_a_wrong_file_is_refused(run: Run, tmp_path: Path, text: str, message: str, command: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(text)
    result = run(f"{command} --resources {file}")
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: {file}: {message}\nhint: c3s rightsize -o resources prints such a file\n"


def test_no_real_cluster_gets_resources(run: Run, tmp_path: Path) -> None:
    assert run(f"top nodes --resources {tmp_path}").err.startswith("error: --resources goes with --demo")
    missing = run(f"top nodes --demo --resources {tmp_path / 'none'}")
    assert (missing.code, missing.err) == (2, f'error: the path "{tmp_path / "none"}" does not exist\n')
