"""Which cluster, which user: kubeconfig files as kubectl merges and resolves them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.kubectl import find_kubectl, run_kubectl
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status


def entry(name: str, kind: str, **inside: Any) -> dict[str, Any]:
    return {"name": name, kind: inside}


def config(path: Path, *, current: str = "", contexts: Any = (), clusters: Any = (), users: Any = ()) -> Path:
    """Write a kubeconfig; JSON is YAML."""
    document = {"apiVersion": "v1", "kind": "Config", "contexts": contexts, "clusters": clusters, "users": users}
    if current:
        document["current-context"] = current
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    return api


@pytest.fixture
def other() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        fake.node_metrics(node_metrics("other"))
        fake.nodes(node("other"))
        yield fake


def simple(path: Path, api: FakeApi, name: str = "one", **user: Any) -> Path:
    return config(
        path,
        current=name,
        contexts=[entry(name, "context", cluster=name, user=name)],
        clusters=[entry(name, "cluster", server=api.url)],
        users=[entry(name, "user", **user)],
    )


def test_the_flag_wins_over_the_variable_and_the_variable_over_home(
    run: Run, cluster: FakeApi, other: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(os.environ["HOME"]) / ".kube"
    home.mkdir()
    simple(home / "config", cluster)
    assert run("top nodes -o name").out == "node/a\n"
    monkeypatch.setenv("KUBECONFIG", str(simple(tmp_path / "two", other)))
    assert run("top nodes -o name").out == "node/other\n"
    assert run(f"top nodes -o name --kubeconfig {home / 'config'}").out == "node/a\n"
    monkeypatch.setenv("KUBECONFIG", "")
    assert run("top nodes -o name").out == "node/a\n"


def test_three_files_merge_as_kubectl_merges_them(
    run: Run, cluster: FakeApi, other: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = config(
        tmp_path / "first", current="mixed", contexts=[entry("mixed", "context", cluster="c", user="u", namespace="n1")]
    )
    second = config(
        tmp_path / "second",
        current="else",
        contexts=[entry("mixed", "context", cluster="wrong"), entry("else", "context", cluster="other")],
        clusters=[entry("c", "cluster", server=cluster.url)],
    )
    third = config(
        tmp_path / "third",
        clusters=[entry("c", "cluster", server="http://127.0.0.1:1"), entry("other", "cluster", server=other.url)],
        users=[entry("u", "user", token="secret")],
    )
    (tmp_path / "empty").write_text("")
    files = [tmp_path / "missing", first, tmp_path / "empty", second, third]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    document = json.loads(run("top nodes -o json").out)
    assert [(item["context"], item["name"]) for item in document["items"]] == [("mixed", "a")]
    assert run("top nodes -o name --context else").out == "node/other\n"
    assert run("top nodes -o name --cluster other").out == "node/other\n"
    cluster.pod_metrics(namespace="n1")
    cluster.pods(namespace="n1")
    assert run("top pods").err == "No resources found in n1 namespace.\n"
    kubectl = find_kubectl()
    if kubectl:
        environment = {**os.environ, "HOME": str(tmp_path)}
        merged = run_kubectl(kubectl, tmp_path, "config", "current-context", "--kubeconfig", str(first))
        assert merged.stdout == "mixed\n"
        assert environment["KUBECONFIG"].startswith(str(tmp_path))


FAULTS = {
    "a scalar": ("just text", "it is not a kubeconfig"),
    "a list": ("[1, 2]", "it is not a kubeconfig"),
    "no YAML": ("a: [b", "it is not valid YAML"),
    "an object tag": ("!!python/object/apply:os.system ['true']", "it is not valid YAML"),
    "contexts that are no list": ("contexts: 7", "contexts is not a list"),
    "an entry without a name": ("contexts: [{context: {}}]", "an entry of contexts has no name"),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_is_no_kubeconfig_is_named_and_not_quoted(run: Run, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken"
    path.write_text(f"{text}\n# canary-secret\n")
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: ")
    assert str(path) in result.err
    assert words in result.err
    assert "canary" not in result.err


def test_binary_folders_and_missing_files_are_errors(run: Run, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    for name in ("binary", ".", "nowhere"):
        result = run(f"top nodes --kubeconfig {tmp_path / name}")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1


def test_wrong_names_are_said_in_kubectls_words(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    path = simple(tmp_path / "config", cluster)
    for flag, words in {
        "--context nope": 'error: context "nope" does not exist\n',
        "--cluster nope": 'error: cluster "nope" does not exist\n',
        "--user nope": 'error: auth info "nope" does not exist\n',
    }.items():
        assert run(f"top nodes --kubeconfig {path} {flag}").err == words
        kubectl = find_kubectl()
        if kubectl:
            said = run_kubectl(kubectl, tmp_path, "top", "nodes", "--kubeconfig", str(path), *flag.split()).stderr
            assert said == words


def test_a_kubeconfig_without_a_current_context_names_the_remedy(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    path = config(tmp_path / "config", clusters=[entry("c", "cluster", server=cluster.url)])
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, "use-context" in result.err) == (1, True)
    assert run(f"top nodes -o name --kubeconfig {path} --server {cluster.url}").out == "node/a\n"


def test_no_credentials_are_sent_over_plain_http(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    path = simple(tmp_path / "config", cluster, token="canary", username="u", password="p")
    assert run(f"top nodes -o name --kubeconfig {path}").code == 0
    assert run(f"top nodes -o name --server {cluster.url} --token canary").code == 0
    assert [request.header("authorization") for request in cluster.requests] == [None] * 4


def test_impersonation_is_never_dropped(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    extra = {"as-user-extra": {"reason": ["one", "two"]}}
    user: dict[str, Any] = {"as": "jane", "as-groups": ["a", "b"], "as-uid": "7", **extra}
    path = simple(tmp_path / "config", cluster, **user)
    assert run(f"top nodes --kubeconfig {path}").code == 0
    assert run(f"top nodes --server {cluster.url} --as joe --as-group x --as-group y --as-uid 9").code == 0
    for request, expected in (
        (cluster.requests[0], ("jane", ["a", "b"], "7")),
        (cluster.requests[-1], ("joe", ["x", "y"], "9")),
    ):
        assert (
            request.header("impersonate-user"),
            request.all("impersonate-group"),
            request.header("impersonate-uid"),
        ) == expected
    assert cluster.requests[0].all("impersonate-extra-reason") == ["one", "two"]
    cluster.requests.clear()
    refused = run(f"top nodes --server {cluster.url} --as-group x")
    assert refused.code == 1
    assert "without impersonating a user" in refused.err
    assert cluster.requests == []


@pytest.mark.parametrize("provider", ["gcp", "azure"])
def test_removed_auth_providers_are_refused(run: Run, tmp_path: Path, provider: str) -> None:
    path = config(
        tmp_path / "config",
        current="c",
        contexts=[entry("c", "context", cluster="c", user="c")],
        clusters=[entry("c", "cluster", server="https://127.0.0.1:1")],
        users=[{"name": "c", "user": {"auth-provider": {"name": provider, "config": {"access-token": "canary"}}}}],
    )
    result = run(f"top nodes --kubeconfig {path}")
    assert result.code == 1
    assert f"the {provider} auth plugin has been removed" in result.err
    assert "canary" not in result.err


@pytest.mark.parametrize(
    ("cluster_part", "user_part", "words"),
    [
        ({"insecure-skip-tls-verify": True, "certificate-authority": "ca"}, {}, "not allowed"),
        ({}, {"client-certificate": "c"}, "no client key"),
        ({}, {"client-key": "k"}, "no client certificate"),
        ({"certificate-authority": "nowhere"}, {"token": "canary"}, "nowhere"),
        ({"certificate-authority-data": "!!!"}, {"token": "canary"}, "error: "),
        ({}, {"tokenFile": "nowhere"}, "cannot read the token file"),
        ({"certificate-authority-data": "bm8gY2VydGlmaWNhdGU="}, {"token": "canary"}, "error: "),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, cluster_part: dict[str, Any], user_part: dict[str, Any], words: str
) -> None:
    path = config(
        tmp_path / "config",
        current="c",
        contexts=[entry("c", "context", cluster="c", user="c")],
        clusters=[{"name": "c", "cluster": {"server": "https://127.0.0.1:1", **cluster_part}}],
        users=[{"name": "c", "user": user_part}],
    )
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert "canary" not in result.err


def test_a_proxy_with_a_password_is_used_even_for_loopback(run: Run, tmp_path: Path) -> None:
    with FakeApi() as proxy:

        def forwarded(request: Request) -> Reply:
            if request.header("proxy-authorization") != "Basic dXNlcjpw":
                return status(407, "", "who are you?")
            items = [node_metrics("far")] if "metrics" in request.path else [node("far")]
            return Reply({"items": items})

        proxy.routes = {"/apis/metrics.k8s.io/v1beta1/nodes": forwarded, "/api/v1/nodes": forwarded}
        address = proxy.url.replace("http://", "http://user:p@")
        path = config(
            tmp_path / "config",
            current="c",
            contexts=[entry("c", "context", cluster="c", user="c")],
            clusters=[{"name": "c", "cluster": {"server": "http://cluster.invalid", "proxy-url": address}}],
        )
        assert run(f"top nodes -o name --kubeconfig {path}").out == "node/far\n"


def test_proxies_of_the_environment_spare_loopback(run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "127.0.0.1:1")
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"


def test_nothing_is_ever_written(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    path = simple(tmp_path / "config", cluster, token="t")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    run(f"top nodes --kubeconfig {path}")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(Path(os.environ["HOME"]).iterdir()) == []
