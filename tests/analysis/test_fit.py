"""c3s fit: the same result as a reference scheduler, on random clusters."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c3s_cli.cli import main
from tests.analysis.random_clusters import NAMES
from tests.analysis.random_profiles import PROFILES
from tests.analysis.simulated import simulate
from tests.analysis.simulated_rules import Json
from tests.conftest import repeated
from tests.servers import FakeApi, Reply

TEAMS = {"default": {"team": "x"}, "other": {"team": "y"}}
STORAGE = "/apis/storage.k8s.io/v1"
PATHS = {
    "claims": "/api/v1/persistentvolumeclaims",
    "volumes": "/api/v1/persistentvolumes",
    "classes": f"{STORAGE}/storageclasses",
    "runtimeclasses": "/apis/node.k8s.io/v1/runtimeclasses",
    "limitranges": "/api/v1/namespaces/default/limitranges",
    "resourcequotas": "/api/v1/namespaces/default/resourcequotas",
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=repeated(12), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_fit_finds_what_a_simulation_finds(
    server: FakeApi, tmp_path_factory: pytest.TempPathFactory, profile: str, data: st.DataObject
) -> None:
    cluster, manifest, wanted = data.draw(PROFILES[profile])
    if "limitranges" in cluster:
        # Its policies are those of one namespace.
        manifest["metadata"]["namespace"] = "default"
    names = {each["metadata"]["name"] for each in cluster["nodes"]}
    chosen = data.draw(st.lists(st.sampled_from(NAMES[:3]), max_size=2, unique=True))
    without = [name for name in chosen if name in names]
    rows, left = simulate(cluster, manifest, wanted, without, TEAMS)

    serve(server, cluster)
    path = tmp_path_factory.getbasetemp() / "manifest.json"
    path.write_text(json.dumps(manifest))
    document, code, said = fit(server, path, without)

    found = {row["name"]: (row["fits"], row["placed"], sorted(row["limitedBy"])) for row in document["items"]}
    assert found == rows
    assert [each["unplaced"] for each in document["metadata"]["drained"]] == left
    (verdict,) = document["metadata"]["workloads"]
    assert verdict["placed"] == sum(placed for _, placed, _ in rows.values())
    if wanted is not None:
        assert verdict["replicas"] == wanted
    assert code == (0 if verdict["placed"] == verdict["replicas"] and not any(left) else 3)
    if verdict["replicas"]:
        assert f"{verdict['placed']} of {verdict['replicas']} replicas fit\n" in said


def serve(server: FakeApi, cluster: Json) -> None:
    server.nodes(*cluster["nodes"])
    server.pods(*cluster["pods"])
    spaces = [{"metadata": {"name": name, "labels": team}} for name, team in TEAMS.items()]
    server.routes["/api/v1/namespaces"] = Reply({"metadata": {}, "items": spaces})
    for kind, path in PATHS.items():
        server.routes[path] = Reply({"metadata": {}, "items": cluster.get(kind, [])})


def fit(server: FakeApi, path: Path, without: list[str]) -> tuple[Any, int, str]:
    out, err = io.StringIO(), io.StringIO()
    drains = [word for name in without for word in ("--without", name)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["fit", "-f", str(path), *drains, "-o", "json", "--server", server.url])
    return json.loads(out.getvalue()), code, err.getvalue()
