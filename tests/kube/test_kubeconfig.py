"""Which cluster, which user: kubeconfig files as kubectl merges and resolves them.

The file is long because each rule of kubeconfig files has a test.
"""

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


@pytest.mark.process
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
    "an entry that is text": ("contexts: [c]", "an entry of contexts is not a mapping"),
    "a name that is a number with a point": (
        "contexts: [{name: 1e3}]",
        "the name of an entry of contexts is not a text",
    ),
    "a token that is a number": (
        "users: [{name: u, user: {token: 1e3}}]",
        "user 'u': token: Expected str | null, got float",
    ),
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


@pytest.mark.process
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
    said = f"error: the {provider} auth plugin has been removed\n"
    assert (result.code, result.out) == (1, "")
    assert result.err == f"{said}hint: use the cloud's exec credential plugin, as kubectl does\n"


@pytest.mark.parametrize(
    ("cluster_part", "user_part", "words"),
    [
        ({"insecure-skip-tls-verify": True, "certificate-authority": "ca"}, {}, "not allowed"),
        ({}, {"client-certificate": "c"}, "client-key-data or client-key must be specified for c"),
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


WRONG_TYPES = {
    "verification that is off by a text": ({"insecure-skip-tls-verify": "false"}, {}),
    "verification that is off by a number": ({"insecure-skip-tls-verify": 1}, {}),
    "an address that is a number": ({"server": 12}, {}),
    "groups that are a text": ({}, {"as": "jane", "as-groups": "canary"}),
    "extras that are a text": ({}, {"as": "jane", "as-user-extra": {"why": "canary"}}),
    "a plugin that is a text": ({}, {"exec": "canary"}),
    "a token that is a list": ({}, {"token": ["canary"]}),
    "a provider that is a text": ({}, {"auth-provider": "canary"}),
}


@pytest.mark.process
@pytest.mark.parametrize(("cluster_part", "user_part"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_values_of_the_wrong_type_are_refused_as_kubectl_does(
    run: Run, cluster: FakeApi, tmp_path: Path, cluster_part: dict[str, Any], user_part: dict[str, Any]
) -> None:
    path = config(
        tmp_path / "config",
        current="c",
        contexts=[entry("c", "context", cluster="c", user="c")],
        clusters=[{"name": "c", "cluster": {"server": cluster.url, **cluster_part}}],
        users=[{"name": "c", "user": user_part}],
    )
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, cluster.requests) == (1, "", [])
    assert result.err.startswith(f"error: error loading config file '{path}': ")
    assert result.err.count("\n") == 1
    assert "canary" not in result.err
    if kubectl := find_kubectl():
        said = run_kubectl(kubectl, tmp_path, "top", "nodes", "--kubeconfig", str(path))
        assert said.stderr.startswith(f'error: error loading config file "{path}": ')


@pytest.mark.parametrize(
    "server", ["https://", "http://[::1", "https://h:port", "https://a b", "/x", "::", "ftp://x", "http://h:99999"]
)
def test_an_address_that_is_none_is_said_so(run: Run, tmp_path: Path, server: str) -> None:
    path = config(tmp_path / "config", clusters=[entry("c", "cluster", server=server)])
    for words in (["--server", server], ["--kubeconfig", str(path), "--cluster", "c", "--server", ""]):
        result = run("top", "nodes", *words)
        assert (result.code, result.out) == (1, "")
        assert result.err.count("\n") <= 2
        assert "Error" not in result.err.replace("Error in", "")


def test_a_password_in_an_address_is_refused_and_shown_to_nobody(run: Run, cluster: FakeApi) -> None:
    for server in (cluster.url, "https://127.0.0.1:1"):
        result = run(f"top nodes -v 9 --server {server.replace('//', '//user:canary@')}")
        assert (result.code, result.out, cluster.requests) == (1, "", [])
        assert "canary" not in result.err


def test_names_are_sent_as_go_sends_them(run: Run, cluster: FakeApi) -> None:
    words = ["top", "nodes", "--server", cluster.url]
    assert run(*words, "--as", "jöe", "--as-group", "группа").code == 0
    sent = cluster.requests[0]
    assert (sent.header("impersonate-user") or "").encode("latin-1") == "jöe".encode()
    assert sent.all("impersonate-group")[0].encode("latin-1") == "группа".encode()
    cluster.requests.clear()
    refused = run(*words, "--as", "a\r\nX-Evil: 1")
    assert refused.code == 1
    assert 'invalid header field value for "Impersonate-User"' in refused.err
    assert cluster.requests == []


def test_only_the_proxy_that_kubectl_knows_is_used(
    run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A name that only begins like loopback is somewhere else, and ALL_PROXY is not Go's."""
    far = "http://localhost.elsewhere.invalid"
    monkeypatch.setenv("ALL_PROXY", cluster.url)
    assert "no such host" in run(f"top nodes --server {far}").err
    monkeypatch.setenv("HTTP_PROXY", cluster.url)
    assert run(f"top nodes -o name --server {far}").out == "node/a\n"
    assert [request.header("accept-encoding") for request in cluster.requests] == ["gzip"] * 2
    assert run(f"top nodes -o name --disable-compression --server {far}").out == "node/a\n"
    assert "gzip" not in str(cluster.requests[-1].headers)
    monkeypatch.setenv("NO_PROXY", "elsewhere.invalid")
    assert "no such host" in run(f"top nodes --server {far}").err
    # The upper-case variable wins, unless it is empty.
    monkeypatch.setenv("no_proxy", "nowhere.invalid")
    assert "no such host" in run(f"top nodes --server {far}").err
    monkeypatch.setenv("no_proxy", " *.elsewhere.invalid")
    monkeypatch.setenv("NO_PROXY", "")
    assert "no such host" in run(f"top nodes --server {far}").err
    monkeypatch.setenv("NO_PROXY", "nowhere.invalid")
    assert run(f"top nodes -o name --server {far}").out == "node/a\n"
    server = [entry("c", "cluster", server=far, **{"proxy-url": "ftp://user:canary@127.0.0.1:1"})]
    path = config(tmp_path / "config", current="c", contexts=[entry("c", "context", cluster="c")], clusters=server)
    refused = run(f"top nodes --kubeconfig {path}")
    assert refused.err == 'error: invalid proxy: unsupported scheme "ftp", must be http, https, or socks5\n'


@pytest.mark.parametrize("name", [".", ".."])
def test_no_name_leads_elsewhere(run: Run, cluster: FakeApi, name: str) -> None:
    """urllib3 resolves dots: the pods of the namespace `..` would be those of all namespaces."""
    cluster.pod_metrics()
    for words in (["top", "pods", "-n", name], ["top", "node", name]):
        result = run(*words, "--server", cluster.url)
        assert (result.out, cluster.requests) == ("", [])
        assert f"may not be '{name}'" in result.err


def test_files_of_the_environment_that_are_missing_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["/nope", "/nor this"]))
    said = "error: $KUBECONFIG: no such file: /nope, /nor this\nhint: unset KUBECONFIG to use ~/.kube/config\n"
    assert run("top nodes") == (1, "", said)
    for context in ("prod", "prod,staging"):
        assert run(f"top nodes --context {context}") == (
            1,
            "",
            'error: context "prod" does not exist\nhint: $KUBECONFIG: no such file: /nope, /nor this\n',
        )
    monkeypatch.delenv("KUBECONFIG")
    assert run("top nodes --context prod") == (1, "", 'error: context "prod" does not exist\n')
    assert run("top nodes").err.startswith("error: no cluster to read: ")
