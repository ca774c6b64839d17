"""Which credentials and certificates apply when several are given, and what is said of those that cannot be used."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from c3s_cli.kube import files as files_module
from c3s_cli.kube.cluster import connect
from c3s_cli.request.target import Target
from tests.conftest import Run
from tests.kube.conftest import Config
from tests.kube.test_tls import CANARY, METRICS, data, needs, plugin
from tests.servers import FakeApi, Reply

UNVERIFIED = "certificate of {} is not verified"


def test_a_token_beside_a_plugin_is_used_and_the_plugin_never_runs(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    ran = tmp_path / "ran"
    user = plugin(tmp_path, f"open({str(ran)!r}, 'w').close(); credential(token='other')")
    path = config(secure.url, {**user, "token": CANARY}, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
    assert not ran.exists()


@pytest.mark.parametrize("token", [f"{CANARY}\n", f"  {CANARY} ", f"\n{CANARY}\r\n"])
def test_blanks_around_a_token_are_not_sent(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], token: str
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    path = config(secure.url, {"token": token}, **{"certificate-authority": files["ca.crt"]})
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")


@pytest.mark.process
def test_a_plugin_that_cannot_be_executed_is_named(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path
) -> None:
    user = plugin(tmp_path, "credential(token='x')")
    script = tmp_path / "plugin"
    script.chmod(0o600)
    user["exec"]["command"] = str(script)
    path = config(secure.url, user, **{"certificate-authority": files["ca.crt"]})
    result = run(f"top nodes --kubeconfig {path}")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == (
        f"Unable to connect to the server: getting credentials: exec: fork/exec {script}: permission denied"
    )


def test_an_authority_on_the_command_line_verifies_what_the_kubeconfig_does_not(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str]
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    path = config(secure.url, {"token": CANARY}, **{"insecure-skip-tls-verify": True})
    words = f"top nodes -o name --kubeconfig {path}"
    assert UNVERIFIED.format(secure.url) in run(words).err
    assert run(f"{words} --certificate-authority {files['ca.crt']}") == (0, "node/a\n", "")
    secure.requests.clear()
    refused = run(f"{words} --certificate-authority {files['other.crt']}")
    assert (refused.code, refused.out, secure.requests) == (1, "", [])
    assert "certificate" in refused.err


@pytest.mark.parametrize("how", ["file", "data"])
def test_skipping_verification_on_the_command_line_overrules_the_authority_of_the_kubeconfig(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], how: str
) -> None:
    secure.routes[METRICS] = needs(CANARY)
    other = files["other.crt"]
    wrong = {"certificate-authority": other} if how == "file" else {"certificate-authority-data": data(other)}
    path = config(secure.url, {"token": CANARY}, **wrong)
    assert run(f"top nodes --kubeconfig {path}").code == 1
    result = run(f"top nodes -o name --insecure-skip-tls-verify --kubeconfig {path}")
    assert (result.code, result.out) == (0, "node/a\n")
    assert UNVERIFIED.format(secure.url) in result.err


def test_a_file_that_is_too_large_is_called_by_its_name(
    run: Run, secure: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "LARGEST", 1 << 20)
    large = tmp_path / "large"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    result = run(f"top nodes --kubeconfig {large}")
    assert result.err.splitlines()[0].endswith(f"the kubeconfig {str(large)!r} is larger than 1 MiB")
    user = plugin(tmp_path, "credential(token='x')", provideClusterInfo=True)
    path = config(secure.url, user, **{"certificate-authority": str(large)})
    result = run(f"top nodes --kubeconfig {path}")
    assert result.err.splitlines()[0].endswith(f"the certificate authority {str(large)!r} is larger than 1 MiB")


def test_keys_in_a_kubeconfig_are_never_in_the_shared_folder_for_temporary_files(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    monkeypatch.setattr(tempfile, "tempdir", None)
    seen: list[Path] = []

    def answer(_request: object) -> Reply:
        # Only folders of its own, for nobody else.
        seen.extend(path for path in shared.iterdir() if path.is_file() or path.stat().st_mode & 0o077)
        return Reply({"items": []})

    mutual.routes[METRICS] = answer
    user = {
        f"client-{kind}-data": data(files[f"client.{short}"])
        for kind, short in (("certificate", "crt"), ("key", "key"))
    }
    run(f"top nodes --kubeconfig {config(mutual.url, user, **{'certificate-authority-data': data(files['ca.crt'])})}")
    assert [path.name for path in seen] == []


def test_without_a_home_in_the_environment_the_account_says_where_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    looked: list[str] = []

    def expanded(path: str) -> str:
        looked.append(path)
        return str(tmp_path)

    monkeypatch.setattr("os.path.expanduser", expanded)
    result = run("contexts")
    assert result.code in (0, 1)
    assert "Traceback" not in result.err
    assert looked


@pytest.mark.slow
def test_a_stream_may_be_silent_for_longer_than_a_reading_may_take(api: FakeApi) -> None:
    def slowly() -> Iterator[bytes]:
        yield b"one"
        time.sleep(1.3)
        yield b"two"

    api.routes["/api/v1/pods"] = Reply(slowly())
    cluster = connect(Target(server=api.url, request_timeout=1.0))
    stream = cluster.stream("/api/v1/pods", [("watch", "1")], accept="application/json", silence=10)
    assert list(stream.chunks()) == [b"one", b"two"]
    cluster.close()
