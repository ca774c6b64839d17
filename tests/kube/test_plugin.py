"""What exec plugins are told, and what may be in their answers: the rules and the words of kubectl."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.kube.conftest import Config
from tests.kube.test_tls import METRICS, data, needs
from tests.kubectl import find_kubectl, run_kubectl
from tests.servers import FakeApi, Reply, node_metrics, status

pytestmark = pytest.mark.process
V1 = "client.authentication.k8s.io/v1"
BETA, ALPHA, INTERNAL = f"{V1}beta1", f"{V1}alpha1", "client.authentication.k8s.io/__internal"
UNABLE = "Unable to connect to the server: getting credentials: "
OTHER_VERSION = UNABLE + "exec plugin is configured to use API version {}, plugin returned version {}"
NO_TOKEN = f"{UNABLE}exec plugin didn't return a token or cert/key pair"


def answer(credential: Any, version: str | None = V1, kind: str | None = "ExecCredential") -> str:
    document = {"apiVersion": version, "kind": kind, "status": credential}
    return json.dumps({key: value for key, value in document.items() if value is not None or key == "status"})


def printing(tmp_path: Path, text: str, **more: Any) -> dict[str, Any]:
    """Make a user whose plugin notes what it is told, and prints a text."""
    (tmp_path / "answer").write_text(text, encoding="utf-8")
    script = tmp_path / "plugin"
    script.write_text(
        f"#!{sys.executable} -IS\n"
        "import json, os, pathlib, sys\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "asked = {'env': dict(os.environ), 'args': sys.argv[1:], 'stdin': sys.stdin.read()}\n"
        "(folder / 'told').write_text(json.dumps(asked))\n"
        "with open(folder / 'runs', 'a') as runs: runs.write('x')\n"
        "sys.stdout.write((folder / 'answer').read_text())\n"
    )
    script.chmod(0o755)
    plugin = {"apiVersion": V1, "command": str(script), "interactiveMode": "Never", **more}
    return {"exec": {key: value for key, value in plugin.items() if value is not ...}}


YAML = f"apiVersion: {V1}\nkind: ExecCredential\nstatus:\n  token: t\n"
ANSWERS = {
    "JSON": answer({"token": "t"}),
    "JSON with tabs": answer({"token": "t"}).replace(" ", "\t"),
    "without a kind": answer({"token": "t"}, kind=None),
    "with a mark of the byte order": "\ufeff" + answer({"token": "t"}),
    "YAML": YAML,
    "YAML with a mark": "\ufeff" + YAML,
    "two YAML documents": YAML + "---\nx: [\n",
    "blanks around the token": answer({"token": " t\n"}),
    "a field that is new": answer({"token": "t", "more": 1}),
    "no expiry": answer({"token": "t", "expirationTimestamp": None}),
    "an expiry": answer({"token": "t", "expirationTimestamp": "2999-01-01T00:00:00.5Z"}),
    "an expiry in YAML": YAML + "  expirationTimestamp: 2999-01-01T00:00:00Z\n",
    "a token twice": answer({"token": "u"}).replace('"u"', '"u", "token": "t"'),
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_in_every_form_that_kubectl_reads(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, text: str
) -> None:
    secure.routes[METRICS] = needs("t")
    path = config(secure.url, printing(tmp_path, text), **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")


FAILURES = {
    "nothing": ("", OTHER_VERSION.format(V1, INTERNAL)),
    "no version": (answer({"token": "t"}, version=None), OTHER_VERSION.format(V1, INTERNAL)),
    "another version": (answer({"token": "t"}, version=BETA), OTHER_VERSION.format(V1, BETA)),
    "no status": (answer(None), f"{UNABLE}exec plugin didn't return a status field"),
    "no token": (answer({}), NO_TOKEN),
    "null": (answer({"token": None}), NO_TOKEN),
    "half a certificate": (
        answer({"token": "t", "clientKeyData": "k"}),
        f"{UNABLE}exec plugin returned only certificate or key, not both",
    ),
}


@pytest.mark.parametrize(("text", "words"), FAILURES.values(), ids=FAILURES)
def test_what_is_wrong_with_an_answer_is_said_in_kubectls_words(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, text: str, words: str
) -> None:
    path = config(secure.url, printing(tmp_path, text), **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", words)
    assert secure.requests == []
    if kubectl := find_kubectl():
        said = run_kubectl(kubectl, tmp_path, "get", "--raw", "/version", "--kubeconfig", str(path))
        assert said.stderr.splitlines()[-1] == words


UNREADABLE = {
    "text": ("garbage", "Expected object, got str"),
    "another kind": (answer({"token": "t"}, kind="Foo"), f'no kind "Foo" is registered for version "{V1}"'),
    "a number": (answer({"token": 5}), "Expected str | null, got int - at $.status.token"),
    "a number in YAML": (YAML.replace(": t\n", ": 123\n"), "Expected str | null, got int - at $.status.token"),
    "a word after it": (answer({"token": "canary"}) + "\nmore", "it is neither JSON nor YAML"),
    "an expiry that is none": (
        answer({"token": "canary", "expirationTimestamp": "soon"}),
        "Invalid RFC3339 encoded datetime - at $.status.expirationTimestamp",
    ),
    "brackets without end": ("[" * 100_000, "it is neither JSON nor YAML"),
}


@pytest.mark.parametrize(("text", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_read_is_not_quoted(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, text: str, why: str
) -> None:
    path = config(secure.url, printing(tmp_path, text), **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, secure.requests) == (1, "", [])
    assert result.err.splitlines()[0] == f"{UNABLE}exec plugin: decoding stdout: {why}"
    assert "canary" not in result.err


@pytest.mark.parametrize("token", ["", None, ...])
def test_a_certificate_without_a_token_is_enough(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, token: Any
) -> None:
    pems = {"clientCertificateData": "client.crt", "clientKeyData": "client.key"}
    credential = {"token": token} | {key: Path(files[name]).read_text() for key, name in pems.items()}
    text = answer({key: value for key, value in credential.items() if value is not ...})
    path = config(mutual.url, printing(tmp_path, text), **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
    assert {request.header("authorization") for request in mutual.requests} == {None}


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "no command": ({"command": ...}, "command must be specified for u to use exec authentication plugin"),
    "no version": ({"apiVersion": ...}, "apiVersion must be specified for u to use exec authentication plugin"),
    "an empty version": ({"apiVersion": ""}, "apiVersion must be specified for u to use exec authentication plugin"),
    "alpha": ({"apiVersion": ALPHA}, f'exec plugin: invalid apiVersion "{ALPHA}"'),
    "no mode": (
        {"interactiveMode": ...},
        "interactiveMode must be specified for u to use exec authentication plugin",
    ),
    "another mode": ({"interactiveMode": "Sometimes"}, 'invalid interactiveMode for u: "Sometimes"'),
    "a variable without a name": (
        {"env": [{"value": "x"}]},
        "env variable name must be specified for u to use exec authentication plugin",
    ),
}


@pytest.mark.parametrize(("settings", "words"), SETTINGS.values(), ids=SETTINGS)
def test_a_plugin_that_kubectl_refuses_is_not_run(
    run: Run,
    secure: FakeApi,
    config: Config,
    files: dict[str, str],
    tmp_path: Path,
    settings: dict[str, Any],
    words: str,
) -> None:
    user = printing(tmp_path, answer({"token": "t"}), **settings)
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", f"error: {words}")
    assert not (tmp_path / "told").exists()
    if kubectl := find_kubectl():
        said = run_kubectl(kubectl, tmp_path, "get", "--raw", "/version", "--kubeconfig", str(path))
        assert said.stderr.splitlines()[-1] == f"error: {words}"


def test_a_plugin_that_must_prompt_needs_a_terminal(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    user = printing(tmp_path, answer({"token": "t"}), interactiveMode="Always")
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    words = "exec plugin cannot support interactive mode: standard input is not a terminal"
    assert run(f"top nodes --kubeconfig {path}").err.splitlines()[0] == UNABLE + words
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize("version", [V1, BETA])
def test_what_a_plugin_is_told(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, version: str
) -> None:
    settings: dict[str, Any] = {
        "apiVersion": version,
        "args": ["--a b", "c"],
        "env": [{"name": "EMPTY"}, {"name": "NULL", "value": None}, {"name": "SET", "value": "1e3"}],
        "provideClusterInfo": True,
    }
    if version == BETA:
        settings["interactiveMode"] = ...  # it may be left out
    user = printing(tmp_path, answer({"token": "t"}, version=version), **settings)
    cluster = {
        "certificate-authority": files["ca.crt"],
        "tls-server-name": "127.0.0.1",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}, {"name": "y"}],
    }
    secure.routes[METRICS] = needs("t")
    assert run(f"top nodes -o name --kubeconfig {config(secure.url, user, **cluster)}") == (0, "node/a\n", "")
    told = json.loads((tmp_path / "told").read_text())
    assert told["args"] == ["--a b", "c"]
    assert told["stdin"] == ""
    assert {name: told["env"][name] for name in ("EMPTY", "NULL", "SET")} == {"EMPTY": "", "NULL": "", "SET": "1e3"}
    info = json.loads(told["env"]["KUBERNETES_EXEC_INFO"])
    about = {
        "server": secure.url,
        "tls-server-name": "127.0.0.1",
        "certificate-authority-data": data(files["ca.crt"]),
        "config": {"audience": "x"},
    }
    assert info == {
        "kind": "ExecCredential",
        "apiVersion": version,
        "spec": {"cluster": about, "interactive": False},
    }


@pytest.mark.parametrize(("command", "why"), [("/no/such", "no such file or directory"), ("/tmp", "permission denied")])  # noqa: S108
def test_a_path_that_is_no_program_is_said_as_kubectl_says_it(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, command: str, why: str
) -> None:
    user = printing(tmp_path, "", command=command)
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes --kubeconfig {path}").err.startswith(f"{UNABLE}exec: fork/exec {command}: {why}\n")


SECRETS = [
    "token=canary7",
    '{"token":"canary7"}',
    "password: canary7",
    "refresh_token=canary7",
    "client_secret=canary7",
    "aws_secret_access_key = canary7",
    "Authorization: Basic Y2FuYXJ5Nw==",
    "https://user:canary7@host/",
    "see https://host/?access_token=canary7",
    "ya29.canary7",
    "ghp_canary7",
    "-----BEGIN EC PRIVATE KEY-----\ncanary7\n-----END EC PRIVATE KEY-----",
    "run: login --token canary7",
    "the token canary7 was refused",
    "Bearer canary7",
    "canary7" + "0123456789abcdef" * 3,
]


@pytest.mark.parametrize("line", SECRETS)
@pytest.mark.parametrize("code", [0, 3])
def test_no_secret_of_a_plugin_is_quoted(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, line: str, code: int
) -> None:
    user = printing(tmp_path, answer({"token": "t"}))
    with (tmp_path / "plugin").open("a") as script:
        script.write(f"print('log in first', file=sys.stderr)\nprint({line!r}, file=sys.stderr)\nsys.exit({code})\n")
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes -o name --kubeconfig {path}")
    assert result.code == min(code, 1)
    assert "log in first" in result.err
    for secret in ("canary7", "Y2FuYXJ5", "PRIVATE"):
        assert secret not in result.err
    if not line.startswith("Bearer"):
        assert "(a line of the plugin that may hold a secret is not shown)" in result.err


def test_a_token_that_expires_is_renewed_before_it_is_refused(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from c3s_cli.kube import session  # noqa: PLC0415  one test only

    later = [0.0]
    monkeypatch.setattr(session, "clock", lambda: time.time() + later[0])
    served = 0

    def once_an_hour(_request: object) -> Reply:
        nonlocal served
        served += 1
        later[0] += 3600
        return Reply({"items": [node_metrics("a")]})

    secure.routes[METRICS] = once_an_hour
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1800))
    user = printing(tmp_path, answer({"token": "t", "expirationTimestamp": expires}))
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"watch nodes --interval 10ms --count 3 -o name --kubeconfig {path}")
    assert (result.code, served) == (0, 3)
    # The second answer of the plugin has expired when it comes: it is used until the server refuses it.
    assert (tmp_path / "runs").read_text() == "xx"


def test_a_plugin_whose_tokens_are_always_refused_runs_twice(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    secure.routes[METRICS] = status(401, "Unauthorized", "Unauthorized")
    path = config(secure.url, printing(tmp_path, answer({"token": "t"})), **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes --kubeconfig {path}").code == 1
    assert (tmp_path / "runs").read_text() == "xx"
