"""What c3s never does with credentials, whatever a server, a plugin, a file or a signal does.

The file is long because each never has a test.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.kube.deadline import Deadline
from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.faults import BROKEN, REFUSALS, Listener, healthy, recorded, say_nothing, until_renewed
from tests.kube.test_deadline import config
from tests.kubectl import find_kubectl, run_kubectl
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, node_metrics

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
C3S = [sys.executable, "-m", "c3s_cli"]
# In every place of a kubeconfig that may hold a secret.
CANARY = "canary7"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return write_files(tmp_path)


@pytest.fixture
def secure() -> Any:
    with FakeApi(server_context()) as api:
        yield healthy(api)


def data(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()


def plugin_of(tmp_path: Path, code: str, **more: Any) -> dict[str, Any]:
    """Make an exec plugin: a Python script that may call `credential(…)`."""
    script = tmp_path / "plugin"
    script.write_text(
        f"#!{sys.executable}\nimport json, os, sys, time\n"
        "def credential(**status):\n"
        "    version = 'client.authentication.k8s.io/v1'\n"
        "    print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status}))\n" + code
    )
    script.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(script), "interactiveMode": "Never", **more}}


def jwt(expires: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"e30.{payload}.sig"


def oidc(token: str, issuer: str) -> dict[str, Any]:
    settings = {
        "id-token": token,
        "client-id": "c",
        "client-secret": CANARY,
        "refresh-token": CANARY,
        "idp-issuer-url": issuer,
    }
    return {"auth-provider": {"name": "oidc", "config": settings}}


# --- never shown ----------------------------------------------------------------------------------------------

SECRET_USERS: dict[str, dict[str, Any]] = {
    "a token": {"token": CANARY},
    "a token with a newline": {"token": f"{CANARY}\n{CANARY}"},
    "a password": {"username": "u", "password": CANARY},
    "an expired OIDC token": oidc(f"e30.{CANARY}.x", "https://127.0.0.1:1"),
    "a key that is none": {"client-certificate-data": "Y2FuYXJ5Nw==", "client-key-data": "Y2FuYXJ5Nw=="},
    "a key that is no base64": {"client-certificate-data": CANARY, "client-key-data": f"{CANARY}!"},
    "a token of the wrong type": {"token": [CANARY]},
    "a removed provider": {"auth-provider": {"name": "gcp", "config": {"access-token": CANARY}}},
    "a plugin that is not there": {
        "exec": {"apiVersion": "v", "command": "no-such", "env": [{"name": "X", "value": CANARY}]}
    },
}


@pytest.mark.process
@pytest.mark.parametrize("user", SECRET_USERS.values(), ids=SECRET_USERS)
@pytest.mark.parametrize("verbosity", ["", "-v 9"])
@pytest.mark.parametrize("answer", [None, "401 JSON", "502 HTML"])
def test_no_secret_is_shown_at_any_verbosity(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, user: dict[str, Any], verbosity: str, answer: Any
) -> None:
    if answer:
        secure.routes[METRICS] = REFUSALS[answer][0]
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes {verbosity} --kubeconfig {path}")
    assert CANARY not in result.out + result.err
    assert "Y2FuYXJ5" not in result.out + result.err


@pytest.mark.parametrize("reply", [reply for reply, _ in (*BROKEN.values(), *REFUSALS.values())][::3])
def test_no_fault_of_a_server_makes_a_token_visible(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, reply: Reply
) -> None:
    secure.routes[METRICS] = reply
    path = config(tmp_path / "config", secure.url, {"token": CANARY}, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes -v 9 --kubeconfig {path}")
    assert CANARY not in result.out + result.err


def quoting(request: Request) -> str:
    """Quote everything that a client sent, as some servers and proxies do."""
    return "; ".join(f"{name}: {value}" for name, value in request.headers)


QUOTES = {
    "a page": lambda request: Reply(quoting(request), 502, "text/html"),
    "a Status": lambda request: Reply({"kind": "Status", "reason": quoting(request), "message": quoting(request)}, 403),
    "a content type": lambda request: Reply("{}", content_type=quoting(request).replace(";", ",")),
    "a redirect": lambda request: Reply("", 302, headers={"Location": f"https://x/{quoting(request)[-12:]}"}),
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
@pytest.mark.parametrize("user", [{"token": CANARY}, {"username": "u", "password": CANARY}], ids=["token", "password"])
def test_no_server_that_quotes_a_credential_makes_it_visible(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, user: dict[str, str], quote: Any
) -> None:
    secure.routes |= dict.fromkeys((METRICS, "/version", "/apis/metrics.k8s.io", "/api/v1/nodes"), quote)
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    for words in ("top nodes -v 9", "doctor", "contexts --check"):
        result = run(f"{words} --kubeconfig {path}")
        assert [each for each in (CANARY, "dTpjYW5hcnk3") if each in result.out + result.err] == []
    assert {request.header("authorization") for request in secure.requests} <= {
        f"Bearer {CANARY}",
        "Basic dTpjYW5hcnk3",
    }


def test_a_password_of_a_proxy_is_never_shown(run: Run, tmp_path: Path) -> None:
    for address in (f"http://u:{CANARY}@127.0.0.1:1", f"socks5://u:{CANARY}@127.0.0.1:1", f"http://u:{CANARY}@[::1"):
        path = config(tmp_path / "config", "https://127.0.0.1:1", **{"proxy-url": address})
        result = run(f"top nodes -v 9 --kubeconfig {path}")
        assert (result.code, result.out) == (1, "")
        assert CANARY not in result.err


# --- never sent elsewhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_credential_follows_a_redirect(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, status: int
) -> None:
    with FakeApi(server_context()) as other, FakeApi() as plain:
        for there in (other, plain):
            secure.routes[METRICS] = Reply("", status, headers={"Location": f"{there.url}{METRICS}"})
            user = {"token": CANARY, "as": "jane"}
            path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
            assert run(f"top nodes --kubeconfig {path}").code == 1
        assert (other.connections, plain.connections) == (0, 0)


@pytest.mark.parametrize(
    "user", [{"token": CANARY}, {"username": "u", "password": CANARY}, oidc(jwt(4102444800), "https://127.0.0.1:1")]
)
def test_plain_http_gets_no_credentials(run: Run, api: FakeApi, tmp_path: Path, user: dict[str, Any]) -> None:
    path = config(tmp_path / "config", healthy(api).url, user)
    assert run(f"top nodes -o name --kubeconfig {path}").code == 0
    assert run(f"top nodes -o name --server {api.url} --token {CANARY}").code == 0
    assert [request for request in api.requests if "authorization" in str(request.headers).lower()] == []
    assert CANARY not in str([request.headers for request in api.requests])


def test_a_plugin_is_not_even_run_for_plain_http(run: Run, api: FakeApi, tmp_path: Path) -> None:
    user = plugin_of(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\ncredential(token='t')")
    assert run(f"top nodes -o name --kubeconfig {config(tmp_path / 'config', healthy(api).url, user)}").code == 0
    assert not (tmp_path / "ran").exists()


# --- never somebody else --------------------------------------------------------------------------------------

NOBODIES = {
    "no output": "pass",
    "garbage": "print('garbage')",
    "a list": "print('[]')",
    "no status": "print('{}')",
    "no token": "credential()",
    "an empty token": "credential(token='')",
    "a token of blanks": "credential(token='  ')",
    "a token of null": "credential(token=None)",
    "half a certificate": "credential(clientCertificateData='x')",
    "a failure": "sys.exit(1)",
    "a failure after a token": "credential(token='t')\nsys.stdout.flush()\nsys.exit(1)",
    "bytes that are no text": "os.write(1, b'\\xff\\xfe')",
    "a signal": "os.kill(os.getpid(), 9)",
}


@pytest.mark.process
@pytest.mark.parametrize("code", NOBODIES.values(), ids=NOBODIES)
def test_a_plugin_that_fails_makes_nobody_anonymous(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, code: str
) -> None:
    user = plugin_of(tmp_path, code)
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, secure.requests) == (1, "", [])
    assert result.err.startswith("Unable to connect to the server: getting credentials: exec")


@pytest.mark.process
@pytest.mark.parametrize("beside", ["token", "password", "certificate"])
def test_a_plugin_beside_other_credentials_is_not_run_as_with_kubectl(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, beside: str
) -> None:
    """Who the user is must not depend on whether a plugin works."""
    users = {
        "token": {"token": "t"},
        "password": {"username": "u", "password": "p"},
        "certificate": {"client-certificate": files["client.crt"], "client-key": files["client.key"]},
    }
    mark = tmp_path / "ran"
    user = {**plugin_of(tmp_path, f"open({str(mark)!r}, 'w')\ncredential(token='other')"), **users[beside]}
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}").out == "node/a\n"
    expected = {"token": "Bearer t", "password": "Basic dTpw", "certificate": None}[beside]
    assert {request.header("authorization") for request in secure.requests} == {expected}
    assert not mark.exists()
    if kubectl := find_kubectl():
        secure.requests.clear()
        run_kubectl(kubectl, tmp_path, "get", "--raw", METRICS, "--kubeconfig", str(path))
        assert {request.header("authorization") for request in secure.requests} == {expected}
        assert not mark.exists()


ODD_TOKENS = {
    "an expired one": jwt(1),
    "no end": "e30.e30.sig",
    "an end that is no number": jwt("soon"),
    "infinity": jwt(float("inf")),
    "two parts": jwt(4102444800).rpartition(".")[0],
    "four parts": jwt(4102444800) + ".x",
    "nothing": "",
    "no base64": "e30.%%%.sig",
    "deep JSON": "e30." + base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".sig",
}


@pytest.mark.parametrize("token", ODD_TOKENS.values(), ids=ODD_TOKENS)
def test_an_oidc_token_that_cannot_be_used_makes_nobody_anonymous(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, token: str
) -> None:
    user = oidc(token, "https://127.0.0.1:1")
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    if secure.requests:
        assert {request.header("authorization") for request in secure.requests} == {f"Bearer {token}"}
    else:
        assert (result.code, result.out) == (1, "")


@pytest.mark.parametrize("seconds", [-10, 60, 290, 3600])
def test_no_oidc_token_is_refreshed_over_a_connection_that_nobody_verified(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, seconds: int
) -> None:
    """The official client asks for a new token from five minutes before the end of the old one on."""
    token = jwt(time.time() + seconds)
    secure.routes[METRICS] = until_renewed(token, Reply({"items": [node_metrics("a")]}))
    with FakeApi(server_context()) as issuer:
        path = config(
            tmp_path / "config", secure.url, oidc(token, issuer.url), **{"certificate-authority": files["ca.crt"]}
        )
        result = run(f"top nodes -o name --kubeconfig {path}")
        assert (result.code, result.out) == ((0, "node/a\n") if seconds > 0 else (1, ""))
        assert issuer.connections == 0


def test_impersonation_is_sent_with_every_request(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path
) -> None:
    """Also after credentials were renewed, a connection broke, and the version of the metrics API was looked for."""
    (tmp_path / "token").write_text("old")

    def renewing(request: Any) -> Reply:
        (tmp_path / "token").write_text("new")
        return until_renewed("new", Reply({"items": [node_metrics("a")]}))(request)

    secure.routes["/apis/metrics.k8s.io"] = Reply({"versions": [{"version": "v1"}]})
    del secure.routes[METRICS]
    secure.routes["/apis/metrics.k8s.io/v1/nodes"] = renewing
    user = {"tokenFile": "token", "as": "jane", "as-groups": ["a", "b"], "as-uid": "7"}
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}").out == "node/a\n"
    assert len(secure.requests) >= 5
    for request in secure.requests:
        assert request.header("impersonate-user") == "jane"
        assert request.all("impersonate-group") == ["a", "b"]
        assert request.header("impersonate-uid") == "7"


# --- never left behind ----------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("way", ["inline", "plugin"])
def test_no_key_is_left_behind_by_a_reading_that_hangs(
    files: dict[str, str], tmp_path: Path, number: signal.Signals, code: int, way: str
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    inline = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    given = f"credential(clientCertificateData=open({files['client.crt']!r}).read(), "
    user = (
        inline
        if way == "inline"
        else plugin_of(tmp_path, f"{given}clientKeyData=open({files['client.key']!r}).read())")
    )
    with Listener(say_nothing) as server:
        address = f"https://127.0.0.1:{server.port}"
        path = config(tmp_path / "config", address, user, **{"certificate-authority-data": data(files["ca.crt"])})
        words = [*C3S, "top", "nodes", "--kubeconfig", str(path)]
        env = {**os.environ, "TMPDIR": str(folder)}
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
            while not server.accepted:
                time.sleep(0.02)
            assert [path for path in folder.rglob("*") if path.is_file()] == []
            process.send_signal(number)
            assert process.communicate(timeout=PATIENT) == (b"", b"")
    assert (process.returncode, list(folder.iterdir())) == (code, [])


@pytest.mark.process
@pytest.mark.parametrize(
    "user", [{"token": "t"}, oidc(jwt(4102444800), "https://127.0.0.1:1"), "plugin", "certificate"]
)
def test_no_kubeconfig_is_ever_changed(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, user: Any
) -> None:
    if user == "plugin":
        user = plugin_of(tmp_path, "credential(token='t')")
    elif user == "certificate":
        user = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    path = config(tmp_path / "config", secure.url, user, **{"certificate-authority": files["ca.crt"]})
    path.chmod(0o400)
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns, path.stat().st_ino)
    for answer in (Reply({"items": [node_metrics("a")]}), recorded("err-401-bad-token")):
        secure.routes[METRICS] = answer
        run(f"top nodes --kubeconfig {path}")
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert list(Path(os.environ["HOME"]).iterdir()) == []


# --- never unverified -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_way_to_switch_verification_off_is_warned_of_every_time(
    run: Run, secure: FakeApi, tmp_path: Path
) -> None:
    warning = f"warning: the certificate of {secure.url} is not verified\n"
    path = config(tmp_path / "config", secure.url, {"token": "t"}, **{"insecure-skip-tls-verify": True})
    for words in (f"--kubeconfig {path}", f"--server {secure.url} --insecure-skip-tls-verify"):
        for command in (
            "top nodes",
            "top nodes -o json",
            "top cluster",
            "watch nodes --count 1",
            "top nodes a --explain",
        ):
            assert warning in run(f"{command} {words}").err


def test_nothing_is_sent_to_a_server_that_cannot_be_verified(run: Run, secure: FakeApi, tmp_path: Path) -> None:
    for cluster in ({}, {"insecure-skip-tls-verify": False}):
        path = config(tmp_path / "config", secure.url, {"token": CANARY}, **cluster)
        result = run(f"top nodes --kubeconfig {path}")
        assert (result.code, result.out, secure.requests) == (1, "", [])
        assert "x509: certificate signed by unknown authority" in result.err


# --- files ----------------------------------------------------------------------------------------------------

NESTED = {
    "brackets": "[" * 25_000 + "]" * 25_000,
    "braces": "{a: " * 25_000 + "}" * 25_000,
    "brackets that stay open": "[" * 25_000,
    "dashes": "- " * 25_000,
    "question marks": "? " * 25_000,
    "blocks": "".join(" " * depth + "a:\n" for depth in range(2000)),
    "inside an entry": "contexts: [{name: c, context: " + "[" * 25_000 + "]" * 25_000 + "}]",
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "aliases as a name": "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\nclusters: [{name: *b, cluster: {}}]",
}


@pytest.mark.process
@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_a_kubeconfig_nested_without_end_is_refused_and_crashes_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    for words in (
        ["top", "nodes", "--kubeconfig", str(path)],
        ["__complete", "--kubeconfig", str(path), "--context", ""],
    ):
        ran = subprocess.run([*C3S, *words], capture_output=True, text=True, check=False, timeout=PATIENT)
        completing = words[0] == "__complete"
        assert (ran.returncode, ran.stdout) == ((0, ":4\n") if completing else (1, ""))
        assert ran.stderr.startswith("" if completing else f"error: error loading config file '{path}': ")
        assert ran.stderr.count("\n") == (0 if completing else 1)


def test_aliases_that_people_use_are_read(run: Run, api: FakeApi, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "current-context: c\n"
        f"clusters: [{{name: k, cluster: &k {{server: '{healthy(api).url}'}}}}, {{name: l, cluster: *k}}]\n"
        "contexts: [{name: c, context: {cluster: l}}]\n"
    )
    assert run(f"top nodes -o name --kubeconfig {path}").out == "node/a\n"


@pytest.mark.process
def test_completion_waits_for_no_kubeconfig(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config")
    words = ["__complete", "--kubeconfig", str(tmp_path / "config"), "--context", ""]
    ran = subprocess.run([*C3S, *words], capture_output=True, text=True, check=False, timeout=PATIENT)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, ":4\n", "")


def test_a_deadline_may_be_endless() -> None:
    endless = Deadline(0)
    assert (endless.wait(), endless.allows(1)) == (None, True)


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("place", ["os.mkdir", "os.open", "ssl.SSLContext.load_cert_chain"])
def test_no_file_is_left_behind_by_a_signal_while_it_is_made(
    files: dict[str, str], tmp_path: Path, number: signal.Signals, place: str
) -> None:
    """Where there are no files in memory."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    inline = {"client-certificate-data": data(files["client.crt"]), "client-key-data": data(files["client.key"])}
    path = config(tmp_path / "config", "https://127.0.0.1:1", inline)
    code = (
        "import os, signal, ssl, sys, c3s_cli.__main__ as c3s, c3s_cli.kube.keys as keys\n"
        "del os.memfd_create\n"
        f"done, file_of = {place}, keys._temporary_file\n"
        "def interrupted(*words, **more):\n"
        f"    {place} = done\n"
        "    result = done(*words, **more)\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    return result\n"
        "def with_signals(content):\n"
        f"    {place} = interrupted\n"
        "    return file_of(content)\n"
        "keys._temporary_file = with_signals\n"
        f"sys.argv[1:] = ['top', 'nodes', '--kubeconfig', {str(path)!r}]\n"
        "c3s.entry_point()\n"
    )
    env = {**os.environ, "TMPDIR": str(folder)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env, timeout=PATIENT
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (128 + number, "", "")
    assert list(folder.iterdir()) == []
