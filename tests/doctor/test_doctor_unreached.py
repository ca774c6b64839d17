"""c3s doctor without a connection: files, login, network, certificates."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.doctor.test_doctor import Found
from tests.fleets import kubeconfig
from tests.servers import FakeApi


def test_a_server_that_does_not_answer_ends_the_examination(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"c": "http://127.0.0.1:1"})
    result = run(f"doctor --kubeconfig {path}")
    assert result.code == 1
    assert result.out.splitlines()[3:] == [
        (
            "api server    broken   The connection to the server 127.0.0.1:1 was refused - did you specify the right "
            "host or port?"
        ),
        " " * 23 + "hint: is http://127.0.0.1:1 the right address, is the VPN or the proxy up, does the cluster still "
        "exist?",
    ]


PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
WHOLE = {
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
}


def with_user(**user: Any) -> str:
    return json.dumps({**WHOLE, "users": [{"name": "u", "user": user}]})


LOGIN = "Unable to connect to the server: getting credentials: exec"
BEFORE = {
    "YAML": (
        "a: [b",
        "kubeconfig",
        "error loading config file '{path}': it is not valid YAML at line 2",
        "fix the file, or use another one with --kubeconfig",
    ),
    "context": (
        "current-context: nosuch",
        "kubeconfig",
        'context "nosuch" does not exist',
        "list the contexts: c3s contexts",
    ),
    "cluster": (
        json.dumps({**WHOLE, "clusters": []}),
        "kubeconfig",
        'no server is known for context "c"',
        "its cluster is missing from the kubeconfig; add it, or use --server",
    ),
    "token file": (
        with_user(tokenFile="/nosuch"),
        "credentials",
        "cannot read the token file '/nosuch': No such file or directory",
        "see tokenFile of the kubeconfig's user; log in again, or use another context",
    ),
    "certificate": (
        with_user(**{"client-certificate": "/nosuch", "client-key": "/nosuch"}),
        "credentials",
        "unable to read client-cert /nosuch for u due to open /nosuch: no such file or directory",
        "see the kubeconfig's user and cluster; log in again, or use another context",
    ),
    "plugin is missing": (
        with_user(exec={**PLUGIN, "command": "nosuch"}),
        "credentials",
        f"{LOGIN}: executable nosuch not found",
        "install it, or set its full path in the kubeconfig's user",
    ),
    "plugin is missing, with advice": (
        with_user(exec={**PLUGIN, "command": "nosuch", "installHint": "brew install nosuch"}),
        "credentials",
        f"{LOGIN}: executable nosuch not found",
        "brew install nosuch",
    ),
    "plugin fails": (
        with_user(exec={**PLUGIN, "command": "sh", "args": ["-c", "echo log in first >&2; exit 255"]}),
        "credentials",
        f"{LOGIN}: executable sh failed with exit code 255",
        "log in first",
    ),
    "plugin gives nothing": (
        with_user(exec={**PLUGIN, "command": "echo", "args": ["hello"]}),
        "credentials",
        f"{LOGIN} plugin: decoding stdout: Expected object, got str",
        "run it by hand to see why; c3s sent nothing to the cluster",
    ),
    "refused": (
        with_user(token="t"),
        "api server",
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
        "is https://127.0.0.1:1 the right address, is the VPN or the proxy up, does the cluster still exist?",
    ),
}


@pytest.mark.process
@pytest.mark.parametrize("case", BEFORE)
def test_what_is_wrong_before_there_is_a_cluster_is_named_with_what_to_do(run: Run, tmp_path: Path, case: str) -> None:
    text, check, words, hint = BEFORE[case]
    path = tmp_path / "config"
    path.write_text(text)
    result = run(f"doctor -o json --kubeconfig {path}")
    last = Found(**json.loads(result.out)["items"][-1])
    assert (result.code, result.err, last) == (1, "", (check, "broken", words.replace("{path}", str(path)), hint))


def test_a_kubeconfig_that_is_not_there_is_named(run: Run) -> None:
    assert run("doctor --kubeconfig /nosuch/config") == (
        1,
        (
            "CHECK        RESULT   FINDING\n"
            "kubeconfig   broken   stat /nosuch/config: no such file or directory\n"
            "                      hint: check --kubeconfig or $KUBECONFIG\n"
        ),
        "",
    )


def test_a_name_that_nobody_knows_is_a_finding(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    path = kubeconfig(tmp_path / "config", {"c": "https://nosuch.example"})
    last = Found(**json.loads(run(f"doctor -o json --kubeconfig {path}").out)["items"][-1])
    assert last == (
        "api server",
        "broken",
        "Unable to connect to the server: dial tcp: lookup nosuch.example: no such host",
        "is the name right, and can the DNS of this machine or the VPN resolve it?",
    )


@pytest.mark.slow
def test_a_server_that_is_silent_is_a_finding(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        path = kubeconfig(tmp_path / "config", {"c": f"http://{host}"})
        last = Found(**json.loads(run(f"doctor -o json --kubeconfig {path} --request-timeout 1s").out)["items"][-1])
    assert last == (
        "api server",
        "broken",
        f"Unable to connect to the server: timeout while waiting for {host}",
        (
            "is the address right, and do the VPN, proxies and firewalls allow the connection? If the server is only "
            "slow, set a longer --request-timeout"
        ),
    )


VERIFY = "Unable to connect to the server: tls: failed to verify certificate: x509: certificate"
TLS: dict[str, tuple[dict[str, Any], bool, str, str]] = {
    "unknown authority": (
        {},
        False,
        f"{VERIFY} signed by unknown authority",
        "set the CA to trust with --certificate-authority",
    ),
    "host": (
        {"host": "api.example"},
        True,
        f"{VERIFY} is not valid for 127.0.0.1",
        (
            "is this the right server? If so, set --tls-server-name, or tls-server-name of the kubeconfig's cluster, "
            "to a name in the certificate"
        ),
    ),
    "expired": (
        {"expired": True},
        True,
        f"{VERIFY} has expired or is not yet valid",
        (
            "renew the server's certificate, for example with kubeadm certs renew; or is the clock of this machine "
            "wrong? Run date"
        ),
    ),
}


@pytest.mark.parametrize("case", TLS)
def test_what_is_wrong_with_a_certificate_is_named(run: Run, tmp_path: Path, case: str) -> None:
    how, trusted, words, hint = TLS[case]
    authority = write_files(tmp_path)["ca.crt"]
    with FakeApi(server_context(**how)) as api:
        path = kubeconfig(tmp_path / "config", {"c": api.url}, c={"token": "t"})
        flags = f"--certificate-authority {authority}" if trusted else ""
        result = run(f"doctor -o json --kubeconfig {path} {flags}")
    assert (result.code, Found(**json.loads(result.out)["items"][-1])) == (1, ("api server", "broken", words, hint))


def test_http_where_https_is_spoken_and_the_other_way_round(run: Run, tmp_path: Path, api: FakeApi) -> None:
    with FakeApi(server_context()) as secure:
        path = kubeconfig(tmp_path / "config", {"a": f"http{secure.url[5:]}", "b": f"https{api.url[4:]}"})
        found = [
            Found(**json.loads(run(f"doctor -o json --kubeconfig {path} --context {name}").out)["items"][-1])
            for name in ("a", "b")
        ]
    assert [(each.check, each.result, each.hint) for each in found] == [
        ("api server", "broken", "the server, or a proxy in between, closed it: is http:// or https:// right?"),
        ("api server", "broken", "the server speaks plain HTTP: should the address begin with http://?"),
    ]


def test_several_contexts_are_too_many(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"a": "x", "b": "y"})
    assert run(f"doctor --context a,b --kubeconfig {path}") == (2, "", "error: c3s doctor takes one context, not 2\n")
    assert run("doctor --demo -o name").err == (
        "error: unknown format 'name'\nhint: one of: table, json, yaml, csv, markdown\n"
    )


def test_a_secret_is_never_shown(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"c": "https://127.0.0.1:1"}, c={"token": "canary"})
    result = run(f"doctor --kubeconfig {path}")
    assert ("canary" in result.out + result.err, "credentials   ok       a token" in result.out) == (False, True)
