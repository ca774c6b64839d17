"""Real TLS on loopback: certificates, tokens, plugins, service accounts.

The file is long because each kind of credential has a test.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.kube import access
from c3s_cli.kube import cluster as kube
from c3s_cli.request.target import Target
from tests.authority import server_context
from tests.conftest import Run
from tests.kube.conftest import Config, serving
from tests.kubectl import find_kubectl, run_kubectl
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, Tunnel, node_metrics, pod, pod_metrics, status

CANARY = "canary-token-7"


def data(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()


def needs(token: str) -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        if request.header("authorization") != f"Bearer {token}":
            return status(401, "Unauthorized", "Unauthorized")
        return Reply({"items": [node_metrics("a")]})

    return answer


METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.mark.slow
def test_client_certificates_from_files_and_inline(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str]
) -> None:
    by_file = {"client-certificate": files["client.crt"], "client-key": files["client.key"]}
    inline = {f"{key}-data": data(path) for key, path in by_file.items()}
    relative = {key: Path(path).name for key, path in by_file.items()}
    authorities = {"certificate-authority": files["ca.crt"]}, {"certificate-authority-data": data(files["ca.crt"])}
    for user in (by_file, inline, relative):
        for cluster in authorities:
            path = config(mutual.url, user, **cluster)
            assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
    flags = f"--client-certificate {files['client.crt']} --client-key {files['client.key']}"
    flags += f" --certificate-authority {files['ca.crt']}"
    assert run(f"top nodes -o name --server {mutual.url} {flags}").out == "node/a\n"
    without = run(f"top nodes --server {mutual.url} --certificate-authority {files['ca.crt']}")
    assert (without.code, without.out) == (1, "")
    assert without.err.startswith("Unable to connect to the server: ")


def test_tokens_and_token_files(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    (tmp_path / "token").write_text(f"{CANARY}\n")
    ca = {"certificate-authority": files["ca.crt"]}
    for user in ({"token": CANARY}, {"tokenFile": "token"}, {"token": "old", "tokenFile": "token"}):
        assert run(f"top nodes -o name --kubeconfig {config(secure.url, user, **ca)}").out == "node/a\n"
    path = config(secure.url, {"token": "wrong"}, **ca)
    assert run(f"top nodes -o name --kubeconfig {path} --token {CANARY}").out == "node/a\n"
    refused = run(f"top nodes --kubeconfig {path}")
    assert refused.err.startswith("error: You must be logged in to the server (Unauthorized)\nhint: ")
    talkative = run(f"top nodes -v 9 --kubeconfig {config(secure.url, {'token': CANARY}, **ca)}")
    assert "200 OK" in talkative.err
    assert "rendering" in talkative.err.splitlines()[-1]
    assert CANARY not in talkative.err + talkative.out


def test_a_token_file_that_changed_is_read_again(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("first")

    def rotate(request: Request) -> Reply:
        token.write_text("second")
        return needs("second")(request)

    secure.routes[METRICS] = rotate
    path = config(secure.url, {"tokenFile": str(token)}, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}").out == "node/a\n"


def plugin(tmp_path: Path, code: str, **more: Any) -> dict[str, Any]:
    """Make an exec entry of a Python script; it may print `credential(status)`."""
    script = tmp_path / "plugin"
    head = (
        f"#!{sys.executable}\nimport json, os, sys\n"
        "def credential(**status):\n"
        "    version = 'client.authentication.k8s.io/v1'\n"
        "    print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status}))\n"
    )
    script.write_text(head + code)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": "./plugin", "interactiveMode": "Never", **more}}


@pytest.mark.process
def test_an_exec_plugin_gives_a_token_or_a_certificate(
    run: Run, secure: FakeApi, mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    ca = {"certificate-authority": files["ca.crt"]}
    user = plugin(tmp_path, "credential(token=os.environ['TOKEN'])", env=[{"name": "TOKEN", "value": CANARY}])
    assert run(f"top nodes -o name --kubeconfig {config(secure.url, user, **ca)}") == (0, "node/a\n", "")
    certificate, key = (f"open({files[name]!r}).read()" for name in ("client.crt", "client.key"))
    pems = f"clientCertificateData={certificate}, clientKeyData={key}"
    user = plugin(tmp_path, f"credential({pems})")
    assert run(f"top nodes -o name --kubeconfig {config(mutual.url, user, **ca)}") == (0, "node/a\n", "")


@pytest.mark.process
def test_a_plugin_may_give_a_token_and_a_certificate_as_with_kubectl(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    pems = [f"{name}=open({files[file]!r}).read()" for name, file in PEMS.items()]
    for given in (pems, pems[:1], pems[1:]):
        mutual.requests.clear()
        user = plugin(tmp_path, f"credential({', '.join([*given, TOKEN])})")
        path = config(mutual.url, user, **{"certificate-authority": files["ca.crt"]})
        result = run(f"top nodes -o name --kubeconfig {path}")
        if len(given) == 2:
            assert result == (0, "node/a\n", "")
            assert {request.header("authorization") for request in mutual.requests} == {"Bearer t"}
        else:
            words = "exec plugin returned only certificate or key, not both"
            said = f"Unable to connect to the server: getting credentials: {words}\n"
            assert (result, mutual.requests) == ((1, "", said), [])


TOKEN = "token='t'"
PEMS = {"clientCertificateData": "client.crt", "clientKeyData": "client.key"}


@pytest.mark.process
def test_a_plugin_that_fails_is_quoted_without_its_secrets(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    code = "print('log in again\\nBearer canary eyJcanary.x', file=sys.stderr)\nsys.exit(3)"
    path = config(secure.url, plugin(tmp_path, code), **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    first, second = result.err.splitlines()
    unable = "Unable to connect to the server: getting credentials: "
    assert first == f"{unable}exec: executable {tmp_path / 'plugin'} failed with exit code 3"
    assert second == "hint: log in again; … …"
    assert (result.code, result.out, secure.requests) == (1, "", [])
    if kubectl := find_kubectl():
        said = run_kubectl(kubectl, tmp_path, "top", "nodes", "--kubeconfig", str(path))
        assert said.stderr.splitlines()[-1] == first


@pytest.mark.process
def test_a_plugin_is_asked_again_when_its_token_is_refused(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    secure.routes[METRICS] = needs("2")
    secure.routes["/api/v1/nodes"] = needs("2")
    counting = f"path = {str(tmp_path / 'count')!r}\n"
    counting += "runs = os.path.getsize(path) + 1 if os.path.exists(path) else 1\n"
    counting += "open(path, 'a').write('x')\ncredential(token=str(runs))"
    path = config(secure.url, plugin(tmp_path, counting), **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}").code == 0
    assert (tmp_path / "count").read_text() == "xx"  # once for both requests that were refused


@pytest.mark.process
def test_a_plugin_may_talk_to_a_person_while_stdout_is_a_pipe(
    secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    import subprocess  # noqa: PLC0415  one test only

    secure.routes[METRICS] = needs("open-sesame")
    code = "print('the word?', file=sys.stderr, flush=True)\ncredential(token=input())"
    user = plugin(tmp_path, code, interactiveMode="IfAvailable")
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "-o", "name", "--kubeconfig", str(path)]
    with subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.write(ours, b"open-sesame\n")
        assert process.communicate(timeout=PATIENT)[0] == "node/a\n"
    assert b"the word?" in os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)


@pytest.mark.process
def test_a_plugin_is_told_of_the_cluster_as_kubectl_tells_it(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    code = "cluster = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']['cluster']\n"
    code += f"open({str(tmp_path / 'told')!r}, 'w').write(json.dumps(cluster))\ncredential(token='t')"
    user = plugin(tmp_path, code, provideClusterInfo=True)
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}").out == "node/a\n"
    told = json.loads((tmp_path / "told").read_text())
    assert told == {"server": secure.url, "certificate-authority-data": data(files["ca.crt"])}


@pytest.mark.process
@pytest.mark.parametrize(
    "code", ["print('garbage')", "credential()", "credential(clientCertificateData='x')", "print('{}')"]
)
def test_a_failing_plugin_sends_nothing(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, code: str
) -> None:
    path = config(secure.url, plugin(tmp_path, code), **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, secure.requests) == (1, "", [])
    assert result.err.startswith("Unable to connect to the server: getting credentials: exec ")


@pytest.mark.process
def test_a_missing_plugin_says_how_to_install_it(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "no-such-plugin",
            "interactiveMode": "Never",
            "installHint": "get it\nfrom somewhere",
        }
    }
    result = run(f"top nodes --kubeconfig {config(secure.url, user, **{'certificate-authority': files['ca.crt']})}")
    unable = "Unable to connect to the server: getting credentials: "
    assert result.err == f"{unable}exec: executable no-such-plugin not found\nhint: get it\n"
    assert secure.requests == []


def test_a_service_account_inside_a_cluster(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    (tmp_path / "token").write_text(f"{CANARY}\n")
    (tmp_path / "namespace").write_text("mine\n")
    monkeypatch.setattr(access, "SERVICE_ACCOUNT", str(tmp_path))
    (tmp_path / "ca.crt").write_bytes(Path(files["ca.crt"]).read_bytes())
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(secure.port))
    document = json.loads(run("top nodes -o json").out)
    assert [(item["context"], item["name"]) for item in document["items"]] == [("in-cluster", "a")]
    secure.pod_metrics(namespace="mine")
    secure.pods(namespace="mine")
    assert run("top pods").err == "No resources found in mine namespace.\n"
    (tmp_path / "token").write_text("")
    assert run("top nodes").err.startswith("error: read empty token from file ")
    (tmp_path / "token").unlink()
    assert run("top nodes").err.startswith("error: no cluster to read: ")


def test_flags_and_an_undecided_kubeconfig_inside_a_cluster(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is given is the one that is used: whoever asks as somebody must not be somebody else."""
    secure.routes[METRICS] = needs(CANARY)
    (tmp_path / "undecided").write_text("clusters: null")
    account = tmp_path / "account"
    account.mkdir()
    monkeypatch.setattr(access, "SERVICE_ACCOUNT", str(account))
    (account / "token").write_text("of the pod")
    (account / "ca.crt").write_bytes(Path(files["other.crt"]).read_bytes())
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(secure.port))
    assert "unknown authority" in run("top nodes").err
    flags = f"--token {CANARY} --certificate-authority {files['ca.crt']}"
    assert run(f"top nodes -o name {flags}").out == "node/a\n"
    assert run(f"top nodes -o name {flags} --kubeconfig {tmp_path / 'undecided'}").out == "node/a\n"
    assert run(f"top nodes -o name --insecure-skip-tls-verify --token {CANARY}").out == "node/a\n"
    assert {request.header("authorization") for request in secure.requests} == {f"Bearer {CANARY}"}


def test_an_empty_token_file_does_not_make_anybody_nobody(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("\n")
    path = config(secure.url, {"tokenFile": "token"}, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert result.err == f"error: read empty token from file {str(tmp_path / 'token')!r}\n"
    assert secure.requests == []


def test_a_tunnel_through_a_proxy_that_wants_a_password(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    """The proxy learns the password that is its own, and of the rest nothing."""
    secure.routes[METRICS] = needs(CANARY)
    cluster = {"certificate-authority": files["ca.crt"], "tls-server-name": "127.0.0.1"}
    server = "https://cluster.invalid:6443"
    with Tunnel(secure.port, "Basic dXNlcjpwQHNz") as proxy:
        path = config(server, {"token": CANARY}, **cluster, **{"proxy-url": f"http://user:p%40ss@{proxy.address}"})
        assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
        assert proxy.heads[0].startswith("CONNECT cluster.invalid:6443 HTTP/1.")
        assert CANARY not in "".join(proxy.heads)
        path = config(server, {"token": CANARY}, **cluster, **{"proxy-url": f"http://user:canary@{proxy.address}"})
        refused = run(f"top nodes --kubeconfig {path}")
        assert refused.code == 1
        assert "407 Proxy Authentication Required" in refused.err
        assert "canary" not in refused.err


def test_many_requests_at_once_over_mutual_tls(
    mutual: FakeApi, config: Config, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  one test only

    inline = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    path = config(mutual.url, inline, **{"certificate-authority": files["ca.crt"]})
    cluster = kube.connect(Target(kubeconfig=str(path)))
    with ThreadPoolExecutor(8) as threads:
        bodies = list(threads.map(lambda _number: bytes(cluster.get(METRICS).body), range(80)))
    cluster.close()
    assert len(set(bodies)) == 1
    assert len(mutual.requests) == 80


@pytest.mark.process
def test_the_plain_import_reads_the_same_with_credentials(
    secure: FakeApi, mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    import subprocess  # noqa: PLC0415  one test only

    secure.routes[METRICS] = needs(CANARY)
    ca = {"certificate-authority-data": data(files["ca.crt"])}
    certificate = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    for server, user in ((secure, plugin(tmp_path, f"credential(token={CANARY!r})")), (mutual, certificate)):
        words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "--kubeconfig", str(config(server.url, user, **ca))]
        light, plain = (
            subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "C3S_PLAIN_IMPORT": x})
            for x in ("", "1")
        )
        assert (light.stdout, light.stderr) == (plain.stdout, plain.stderr)
        assert light.stdout.startswith("NAME")


@pytest.mark.process
def test_a_server_that_cannot_be_verified_is_not_spoken_to(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    user = {"token": CANARY}
    for cluster in (
        {"certificate-authority": files["other.crt"]},
        {},
        {"tls-server-name": "elsewhere.example", "certificate-authority": files["ca.crt"]},
    ):
        path = config(secure.url, user, **cluster)
        result = run(f"top nodes --kubeconfig {path}")
        assert (result.code, result.out, secure.requests) == (1, "", [])
        assert result.err.startswith("Unable to connect to the server: tls: failed to verify certificate: x509: ")
        kubectl = find_kubectl()
        if kubectl and "tls-server-name" not in cluster:
            said = run_kubectl(kubectl, path.parent, "top", "nodes", "--kubeconfig", str(path)).stderr
            assert said.splitlines()[-1] == result.err.splitlines()[0]


def test_an_expired_certificate_is_not_spoken_to(run: Run, config: Config, files: dict[str, str]) -> None:
    for secure in serving(server_context(expired=True)):
        result = run(f"top nodes --kubeconfig {config(secure.url, {}, **{'certificate-authority': files['ca.crt']})}")
        assert (result.code, result.out, secure.requests) == (1, "", [])
        assert "x509: certificate has expired" in result.err


def test_a_server_that_is_given_has_a_name_of_its_own(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    cluster = {"certificate-authority": files["ca.crt"], "tls-server-name": "elsewhere.example"}
    path = config("https://elsewhere.invalid", {"token": CANARY}, **cluster)
    assert run(f"top nodes -o name --kubeconfig {path} --server {secure.url}").out == "node/a\n"


def test_the_name_in_the_certificate_may_be_another_one(run: Run, config: Config, files: dict[str, str]) -> None:
    for secure in serving(server_context(host="api.example")):
        cluster = {"certificate-authority": files["ca.crt"], "tls-server-name": "api.example"}
        assert run(f"top nodes -o name --kubeconfig {config(secure.url, {}, **cluster)}").out == "node/a\n"
        flags = f"--certificate-authority {files['ca.crt']} --tls-server-name api.example"
        assert run(f"top nodes -o name --server {secure.url} {flags}").out == "node/a\n"


def test_insecure_is_possible_and_said_every_time(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    path = config(secure.url, {"token": CANARY}, **{"insecure-skip-tls-verify": True})
    warning = f"warning: the certificate of {secure.url} is not verified\n"
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", warning)
    with_ca = config(secure.url, {}, **{"certificate-authority": files["other.crt"]})
    assert run(f"top nodes -o name --kubeconfig {with_ca} --insecure-skip-tls-verify") == (0, "node/a\n", warning)


def token_that(expires: int) -> str:
    parts = ({"alg": "none"}, {"exp": expires})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".x"


def test_oidc_with_a_valid_token_and_with_an_expired_one(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    valid = token_that(4102444800)
    secure.routes[METRICS] = needs(valid)
    for token, code in ((valid, 0), (token_that(1), 1)):
        secure.requests.clear()
        settings = {
            "id-token": token,
            "client-id": "c",
            "client-secret": "canary",
            "idp-issuer-url": "https://127.0.0.1:1",
            "refresh-token": "canary",
        }
        user = {"auth-provider": {"name": "oidc", "config": settings}}
        result = run(
            f"top nodes -o name --kubeconfig {config(secure.url, user, **{'certificate-authority': files['ca.crt']})}"
        )
        assert result.code == code, result.err
        assert "canary" not in result.err
        assert bool(secure.requests) is (code == 0)
        assert ("hint: run `kubectl version` once" in result.err) is (code == 1)


@pytest.mark.process
def test_private_keys_leave_nothing_behind(
    mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    import signal  # noqa: PLC0415  one test only
    import subprocess  # noqa: PLC0415  as above

    folder = tmp_path / "tmp"
    folder.mkdir()
    inline = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    path = config(mutual.url, inline, **{"certificate-authority-data": data(files["ca.crt"])})
    words = [sys.executable, "-m", "c3s_cli", "watch", "nodes", "-i", "0.1", "--kubeconfig", str(path)]
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)})
        assert process.stdout
        assert process.stdout.readline().startswith("NAME")
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in folder.glob("*/*"))
        process.send_signal(number)
        process.communicate(timeout=PATIENT)
        assert (process.returncode, list(folder.iterdir())) == (code, [])


def test_certificates_are_parsed_once_for_all_connections(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    for name in ("load_verify_locations", "load_cert_chain"):
        load = getattr(ssl.SSLContext, name)

        def counting(*words: Any, load: Any = load, name: str = name, **more: Any) -> None:
            loaded.append(name)
            load(*words, **more)

        monkeypatch.setattr(ssl.SSLContext, name, counting)
    mutual.pods(pod("n", "p"))
    mutual.pod_metrics(pod_metrics("n", "p", ("app", "1m", "1Mi")))
    for kind in ("apps/v1/replicasets", "batch/v1/jobs"):
        mutual.routes[f"/apis/{kind}"] = Reply({"items": []})
    user = {"client-certificate": files["client.crt"], "client-key": files["client.key"]}
    path = config(mutual.url, user, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top pods -A -o wide --kubeconfig {path}").code == 0
    assert len(mutual.requests) == 4
    assert loaded == ["load_verify_locations", "load_cert_chain"]


def test_an_old_authority_without_key_identifiers_is_accepted_as_go_does(
    run: Run, config: Config, tmp_path: Path
) -> None:
    """Python 3.13 refuses such certificates by itself; older clusters have them."""
    certificate, key = old_fashioned(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for secure in serving(context):
        path = config(secure.url, {"token": CANARY}, **{"certificate-authority": str(tmp_path / "old-ca.crt")})
        assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")


def old_fashioned(folder: Path) -> tuple[Path, Path]:
    """Make an authority and a server's certificate as old tools made them: without any extension but the name."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415  one test only
    from ipaddress import ip_address  # noqa: PLC0415  as above

    from cryptography import x509  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  as above

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def certificate(subject: str, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder(name("old"), name(subject), public, x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))

    ca = certificate("old", ca_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = certificate("server", key.public_key()).add_extension(address, critical=False)
    pem = serialization.Encoding.PEM
    (folder / "old-ca.crt").write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "old.crt").write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "old.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "old.crt", folder / "old.key"
