"""Random command lines, kubeconfigs, answers and quantities: an answer or an error, never a bug."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from c3s_cli.cli import COMMANDS, flags_of, main
from c3s_cli.errors import ExitCode
from tests.conftest import Result
from tests.faults import healthy
from tests.servers import FakeApi, Reply, node, node_metrics

METRICS = "/apis/metrics.k8s.io/v1beta1"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield healthy(api)


def run(*words: str) -> Result:
    """Run a command line; whatever it is, it ends with a known code, words without control characters, and no bug."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words)
    result = Result(int(code), out.getvalue(), err.getvalue())
    assert ExitCode(result.code) in ExitCode
    assert "internal error" not in result.err
    assert "Traceback" not in result.out + result.err
    assert all(letter.isprintable() or letter in "\n\t" for letter in result.out + result.err)
    assert result.code in (0, 3, 4, 5) or result.err or words[0] in ("__complete", "doctor")
    return result


flags = st.sampled_from(sorted({flag for path in COMMANDS for flag in flags_of(path)} - {"--demo", "--kubeconfig"}))
values = st.sampled_from(
    ["", "-", "--", "=", "1", "-1", "a=b", "1e9", "null", "1h", "cpu>1", "json", "[", "'", '"', "\\"]
)
texts = st.text(max_size=8) | values
lines = st.lists(st.one_of(flags, texts, st.tuples(flags, texts).map("=".join)), max_size=6)


@given(
    command=st.sampled_from([list(path) for path in COMMANDS if "demo" not in path and "watch" not in path]), line=lines
)
@example(command=["top", "nodes"], line=["--columns", 'labels["'])
@example(command=["top", "pods"], line=["-o", "jsonpath={", "--where="])
def test_any_command_line_ends_in_words(server: FakeApi, command: list[str], line: list[str]) -> None:
    run(*command, *line, "--server", server.url, "--request-timeout", "2s")


@given(words=st.lists(flags | texts | st.sampled_from(["top", "watch", "pods", "nodes", "-n"]), max_size=6))
def test_any_unfinished_line_is_completed(words: list[str]) -> None:
    result = run("__complete", *words, "--server", "http://127.0.0.1:1", "")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1].startswith(":")


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
nested = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
names = st.sampled_from(["c", "", "d"]) | leaves


def either(*usual: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(usual) | nested


def entry(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inside = st.fixed_dictionaries({}, optional=fields) | nested
    return st.fixed_dictionaries({"name": names}, optional={kind: inside}) | nested


cluster = entry(
    "cluster",
    **{
        "server": either("http://127.0.0.1:1", "https://127.0.0.1:1", "https://", "h:1", "http://[::1"),
        "insecure-skip-tls-verify": either(True, False),  # noqa: FBT003  what YAML says
        "certificate-authority": either("/nowhere", "/dev/null", "."),
        "certificate-authority-data": either("", "bm8="),
        "proxy-url": either("http://127.0.0.1:1", "socks5://127.0.0.1:1", "x"),
        "tls-server-name": either("n"),
    },
)
user = entry(
    "user",
    **{
        "token": either("t", ""),
        "tokenFile": either("/nowhere", "/dev/null"),
        "username": either("u"),
        "client-certificate-data": either("bm8="),
        "client-key-data": either("bm8="),
        "as": either("j"),
        "as-groups": either(["g"]),
        "as-user-extra": either({"k": ["v"]}),
        "exec": either({"apiVersion": "v", "command": "/bin/true"}, {"command": "/bin/false"}, {"command": ""}),
        "auth-provider": either({"name": "oidc", "config": {"id-token": "x"}}, {"name": "gcp"}, {"name": "oidc"}),
    },
)
context = entry("context", cluster=names, user=names, namespace=names)
kubeconfigs = st.fixed_dictionaries(
    {},
    optional={
        "current-context": names,
        "clusters": st.lists(cluster, max_size=2) | nested,
        "users": st.lists(user, max_size=2) | nested,
        "contexts": st.lists(context, max_size=2) | nested,
    },
)


@given(document=kubeconfigs | nested)
@example(document={"contexts": [{"name": "\x1f"}, {"name": "a\nb"}]})
def test_any_kubeconfig_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "random-kubeconfig"
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError):
        Path(path).write_text(yaml.safe_dump(document), encoding="utf-8")
        result = run("top", "nodes", "--kubeconfig", str(path), "--request-timeout", "2s")
        assert (result.code, result.out) == (1, "")
        run("__complete", "--kubeconfig", str(path), "--context", "")


quantities = either("1", "5m", "1Ki", "1.5Gi", "1e3", "x", "-1", "9" * 70, 2, 0.25)
usages = st.fixed_dictionaries({}, optional={"cpu": quantities, "memory": quantities, "swap": quantities}) | nested
times = either(
    "2026-03-02T09:29:50Z", "2026-03-29T02:30:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z", "soon"
)
metadata = (
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "b", ""]) | st.text(max_size=4)},
        optional={
            "namespace": st.text(max_size=3),
            "labels": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2) | nested,
            "creationTimestamp": times,
            "ownerReferences": either([{"kind": "ReplicaSet", "name": "r", "controller": True}], [{}]),
        },
    )
    | nested
)
measured = st.fixed_dictionaries(
    {"metadata": metadata},
    optional={
        "usage": usages,
        "timestamp": times,
        "window": either("15s", "-1s", "292y"),
        "containers": st.lists(
            st.fixed_dictionaries({"name": st.text(max_size=4)}, optional={"usage": usages}), max_size=2
        )
        | nested,
    },
)
resources = st.fixed_dictionaries({}, optional={"requests": usages, "limits": usages}) | nested
objects = st.fixed_dictionaries(
    {"metadata": metadata},
    optional={
        "spec": either({"nodeName": "a", "taints": [{}]}, {"containers": [{"name": "c"}]})
        | st.fixed_dictionaries({"containers": st.lists(st.fixed_dictionaries({"resources": resources}), max_size=2)}),
        "status": either({"phase": "Running"}, {"nodeInfo": {"swap": {"capacity": "1Gi"}}})
        | st.fixed_dictionaries({}, optional={"allocatable": usages, "capacity": usages}),
    },
)


def listing(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"items": st.lists(items, max_size=3) | nested},
        optional={"metadata": either({}, {"remainingItemCount": -5}, {"remainingItemCount": 3}, {"continue": ""})},
    )


@pytest.mark.slow
@given(usage=listing(measured) | nested, facts=listing(objects) | nested, words=st.data())
def test_any_answer_is_shown_or_refused(server: FakeApi, usage: Any, facts: Any, words: st.DataObject) -> None:
    command = words.draw(
        st.sampled_from(["top nodes", "top pods -A", "top cluster", "top pods -A --containers", "top nodes --by zone"])
    )
    form = words.draw(st.sampled_from(["wide", "json", "csv", "markdown", "prometheus", "name"]))
    with FakeApi() as api:
        for path in (f"{METRICS}/nodes", f"{METRICS}/pods"):
            api.routes[path] = Reply(json.dumps(usage))
        for path in ("/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
            api.routes[path] = Reply(json.dumps(facts))
        columns = () if "--containers" in command else ("--columns", "all")
        result = run(*command.split(), "-o", form, *columns, "--server", api.url, "--request-timeout", "5s")
    if result.out and form == "json":
        json.loads(result.out)
    assert not result.out or result.code in (0, 5)


@pytest.mark.slow
@given(cpu=quantities | st.text(max_size=6), memory=quantities | st.text(max_size=6))
@example(cpu="1e999999", memory="1E")
@example(cpu="-3e-10", memory="8Ei")
def test_any_quantity_is_a_number_or_unknown_with_a_warning(server: FakeApi, cpu: Any, memory: Any) -> None:
    with FakeApi() as api:
        api.nodes(node("a"))
        api.node_metrics(node_metrics("a", cpu=cpu, memory=memory))
        result = run("top", "nodes", "-o", "json", "--server", api.url)
    if result.code == 1:
        assert "is not valid" in result.err  # a map or a list
        return
    (item,) = json.loads(result.out)["items"]
    unknown = [
        of for of, given in (("cpu", cpu), ("memory", memory)) if item[of]["usage"] is None and given is not None
    ]
    assert result.code == (5 if unknown else 0)
    assert [of for of in unknown if f"{of} " not in result.err] == []
