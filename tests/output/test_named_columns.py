"""--columns: exactly the named columns, in their order; and -o value, --unit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.fleets import Clusters, kubeconfig
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    """Give a cluster of two nodes, one without metrics, and a pod with two containers in a namespace of its own."""
    api.nodes(node("a"), node("b"))
    api.node_metrics(node_metrics("a", cpu="1500m", memory="1536Mi"))
    web = pod_metrics("shop", "web", ("app", "250m", "64Mi"), ("proxy", "1m", "1Mi"))
    api.pod_metrics(web)
    api.pod_metrics(web, namespace="shop")
    api.pods(
        {
            "metadata": {"namespace": "shop", "name": "web", "uid": "u"},
            "spec": {"nodeName": "a", "containers": [{"name": "app"}, {"name": "proxy"}]},
            "status": {"phase": "Running"},
        }
    )
    return api


CASES = {
    # Whoever names a column that identifies a row says what a line has.
    "top pods -A --columns cpu,pod,namespace": ("CPU(cores) NAME NAMESPACE", "cpu.usage,name,namespace"),
    "top pods -A --columns node,cpu": ("NODE CPU(cores)", "node,cpu.usage"),
    "top nodes --columns cpu,node": ("CPU(cores) NAME", "cpu.usage,name"),
    "top nodes --columns context,cpu": ("CONTEXT CPU(cores)", "context,cpu.usage"),
    "top cluster --columns cpu,context": ("CPU(cores) CONTEXT", "cpu.usage,context"),
    "top nodes --by zone --columns cpu,zone": ("CPU(cores) ZONE", "cpu.usage,zone"),
    "top pods -A --by owner --columns owner,cpu": ("OWNER CPU(cores)", "owner,cpu.usage"),
    "top pods -A --containers --columns container,cpu,name": ("CONTAINER CPU(cores) NAME", "container,cpu.usage,name"),
    # Whoever names none gets those of the table first.
    "top pods -A --columns cpu": ("NAMESPACE NAME CPU(cores)", "namespace,name,cpu.usage"),
    "top pods -A --by owner --columns cpu": ("NAMESPACE OWNER CPU(cores)", "namespace,owner,cpu.usage"),
    "top pods -A --containers --columns cpu": (
        "NAMESPACE POD NAME CPU(cores)",
        "namespace,name,container,cpu.usage",
    ),
    # A set brings them where it stands.
    "top pods -A --columns default,node": (
        "NAMESPACE NAME CPU(cores) MEMORY(bytes) NODE",
        "namespace,name,cpu.usage,memory.usage,node",
    ),
    "top pods -A --columns node,default": (
        "NODE NAMESPACE NAME CPU(cores) MEMORY(bytes)",
        "node,namespace,name,cpu.usage,memory.usage",
    ),
    # What nobody sees otherwise is a column that one can name.
    "top nodes --columns name,timestamp,window": ("NAME TIMESTAMP WINDOW", "name,timestamp,window"),
    # Without --columns nothing is left out.
    "top nodes": (
        "NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)",
        ",".join(
            (
                *("context", "name", "timestamp", "window", "cpu.usage", "cpu.usagePercentOfAllocatable"),
                *("memory.usage", "memory.usagePercentOfAllocatable"),
            )
        ),
    ),
}


@pytest.mark.parametrize("command", CASES)
def test_tables_and_csv_have_the_named_columns_in_their_order(run: Run, cluster: FakeApi, command: str) -> None:
    headings, names = CASES[command]
    where = f"{command} --server {cluster.url}"
    assert run(where).out.splitlines()[0].split() == headings.split()
    markdown = run(f"{where} -o markdown").out.splitlines()[0]
    assert [cell.strip() for cell in markdown.strip("|").split("|")] == headings.split()
    assert run(f"{where} -o csv").out.splitlines()[0] == names
    assert run(f"{where} -o tsv").out.splitlines()[0] == names.replace(",", "\t")


def test_the_cells_follow_their_headings(run: Run, cluster: FakeApi) -> None:
    where = f"top pods -A --sum --columns cpu,namespace,pod,memory --server {cluster.url}"
    assert run(where).out == (
        "CPU(cores)   NAMESPACE   NAME   MEMORY(bytes)\n"
        "251m         shop        web    65Mi\n"
        "________                        ________\n"
        "251m                            65Mi\n"
    )
    where = f"top pods -A --containers --columns container,memory,pod --server {cluster.url}"
    assert run(f"{where} -o csv").out == "container,memory.usage,name\napp,67108864,web\nproxy,1048576,web\n"


def test_the_name_of_a_container_needs_containers(run: Run, cluster: FakeApi) -> None:
    result = run(f"top pods -A --columns container --server {cluster.url}")
    hint = "hint: --containers shows a row for each container"
    assert result == (2, "", f"error: unknown column 'container'\n{hint}\n")


def test_a_value_is_a_line_without_names(run: Run, cluster: FakeApi) -> None:
    where = f"--server {cluster.url} -o value"
    assert run(f"top nodes --where name=a --columns cpu {where}") == (0, "1500000000\n", "")
    assert run(f"top nodes --where name=a --columns memory,name,roles,pods {where}").out == "1610612736\ta\t\t1\t110\n"
    assert run(f"top pods -A --containers --columns container,cpu {where}").out == "app\t250000000\nproxy\t1000000\n"


def test_a_missing_value_is_empty_and_no_success(run: Run, cluster: FakeApi) -> None:
    result = run(f"top nodes --columns name,cpu --server {cluster.url} -o value")
    assert (result.code, result.out) == (5, "a\t1500000000\nb\t\n")


def test_what_is_known_to_be_none_is_empty_and_a_success(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("n", "web", ("app", "5m", "9Mi")))
    api.pods(pod("n", "web"), pod("n", "new"), pod("n", "bound", requests={"memory": "1Mi"}))
    words = f"top pods -A --server {api.url} -o value --columns"
    where = "--where 'name = {}'"
    none = "memory.usagePercentOfLimits,lastTermination.finishedAt,waiting"
    assert run(f"{words} {none} {where.format('web')}") == (0, "\t\t\n", "")
    # Of what is not measured, only a percentage of nothing is known.
    assert run(f"{words} memory.usagePercentOfLimits {where.format('new')}") == (0, "\n", "")
    assert run(f"{words} memory.usagePercentOfRequests {where.format('bound')}") == (5, "\n", "")


def test_a_missing_value_is_no_success_of_a_watch(run: Run, cluster: FakeApi) -> None:
    words = f"watch nodes --count 1 --server {cluster.url} -o value --columns"
    assert (run(f"{words} name,cpu").code, run(f"{words} name").code) == (5, 0)


def test_a_value_needs_columns(run: Run) -> None:
    hint = "hint: for example --columns cpu"
    assert run("top nodes -o value") == (2, "", f"error: -o value prints the columns that --columns names\n{hint}\n")


@pytest.mark.parametrize(
    ("unit", "values"),
    [
        ("cores", "1.5\t1610612736"),
        ("millicores,MiB", "1500\t1536"),
        ("gib,Nanocores", "1500000000\t1.5"),
        ("bytes", "1500000000\t1610612736"),
    ],
)
def test_amounts_in_another_unit(run: Run, cluster: FakeApi, unit: str, values: str) -> None:
    where = f"top nodes --where name=a --columns cpu,memory --unit {unit} --server {cluster.url}"
    assert run(f"{where} -o value").out == f"{values}\n"
    assert run(f"{where} -o tsv").out.splitlines()[1] == f"a\t{values}"
    assert run(f"{where} -o csv --no-headers").out == f"a,{values}\n".replace("\t", ",")
    spec = "custom-columns=C:.cpu.usage,M:.memory.usage"
    assert run(f"{where} -o {spec} --no-headers").out.split() == values.split("\t")


def test_a_unit_stands_in_the_heading_on_request(run: Run, cluster: FakeApi) -> None:
    where = f"top nodes --where name=a --columns cpu,memory --unit cores --server {cluster.url} -o csv"
    assert run(where).out == "name,cpu.usage,memory.usage\na,1.5,1610612736\n"
    assert run(f"{where} --units").out == "name,cpu.usage (cores),memory.usage (MiB)\na,1.5,1536\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            "-o json --unit cores",
            "--unit does not go with -o json\nhint: it goes with -o csv, tsv, value, custom-columns",
        ),
        *(
            (
                f"-o {form} --unit MiB",
                f"--unit does not go with -o {form}\nhint: it goes with -o csv, tsv, value, custom-columns",
            )
            for form in ("yaml", "openmetrics", "prometheus", "name")
        ),
        (
            "-o csv --unit kg",
            "unknown unit 'kg' in --unit\nhint: one of: cores, millicores, nanocores, GiB, MiB, bytes",
        ),
        (
            "-o csv --unit MiB,GiB",
            "--unit takes one unit of CPU and one of memory\nhint: for example --unit cores,MiB",
        ),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(run: Run, flags: str, said: str) -> None:
    assert run(f"top nodes {flags}") == (2, "", f"error: {said}\n")


NOTE = "-o name: names alone, as kubectl prints them; -o value --columns namespace,name has the namespaces\n"


def test_names_of_several_namespaces_are_bare_and_that_is_said(run: Run, cluster: FakeApi) -> None:
    where = f"--server {cluster.url} -o name"
    assert run(f"top pods -A {where}") == (0, "pod/web\n", NOTE)
    assert run(f"top pods -n shop {where}") == (0, "pod/web\n", "")
    assert run(f"top nodes {where}") == (0, "node/a\nnode/b\n", "")


@pytest.mark.slow
def test_pods_of_several_namespaces_are_piped_to_kubectl(api: FakeApi, tmp_path: Path) -> None:
    """As the recipe says: each with its own namespace; and without pods, kubectl is not run."""
    api.pod_metrics(*(pod_metrics(f"ns-{name}", f"web-{name}", ("app", "1", "1Mi")) for name in "ab"))
    log = tmp_path / "log"
    fake = tmp_path / "kubectl"
    fake.write_text(f'#!/bin/sh\necho "$#:$*" >> {log}\n')
    fake.chmod(0o755)
    c3s = f"{sys.executable} -m c3s_cli top pods -A --server {api.url}"
    pipe = "-o value --columns namespace,name | xargs -r -n 2 kubectl delete pod -n"
    for where in ("", "--where 'cpu > 5'"):
        environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run(["bash", "-o", "pipefail", "-c", f"{c3s} {where} {pipe}"], env=environ, check=True)
    assert log.read_text() == "5:delete pod -n ns-a web-a\n5:delete pod -n ns-b web-b\n"


def test_a_server_by_flag_is_what_rows_are_labelled_with(run: Run, cluster: FakeApi, config: Path) -> None:
    """The kubeconfig's current context is another cluster; its namespace and user still count, as in kubectl."""
    cluster.pod_metrics(pod_metrics("blue", "p", ("c", "1", "1Mi")), namespace="blue")
    host = cluster.url.removeprefix("http://")
    where = f"--kubeconfig {config} -o csv --no-headers"
    assert run(f"top cluster --server {cluster.url} --columns context {where}").out == f"{host}\n"
    assert run(f"top pods --server {cluster.url} --columns context,namespace,name {where}").out == f"{host},blue,p\n"
    named = run(f"top pods --server {cluster.url} --context prod --columns context,namespace,name {where}")
    assert named.out == "prod,blue,p\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a kubeconfig whose current context is another cluster."""
    path = tmp_path / "config"
    context = "{name: prod, context: {cluster: prod, namespace: blue}}"
    server = "{name: prod, cluster: {server: 'http://127.0.0.1:1'}}"
    path.write_text(f"current-context: prod\ncontexts: [{context}]\nclusters: [{server}]\n")
    return path


def test_rows_of_several_clusters_begin_with_their_context(run: Run, tmp_path: Path) -> None:
    with Clusters() as clusters:
        for name in ("eu", "us"):
            clusters(name)
        where = f"--kubeconfig {kubeconfig(tmp_path / 'config', clusters.urls)} --all-contexts"
        for words, lines in (
            ("--columns cpu", ["context,name,cpu.usage", "eu,n,1000000000", "us,n,1000000000"]),
            ("--columns cpu,name", ["cpu.usage,name", "1000000000,n", "1000000000,n"]),
            ("--by context --columns cpu", ["context,cpu.usage", "eu,1000000000", "us,1000000000"]),
        ):
            assert run(f"top nodes -o csv {where} {words}").out.splitlines() == lines
        one = f"{where} --context eu".replace("--all-contexts ", "")
        assert run(f"top nodes -o csv --by context --columns cpu {one}").out.splitlines()[0] == "context,cpu.usage"


def test_what_came_has_no_value_before_and_that_is_known(run: Run, api: FakeApi, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("before", "after")]
    for names, file in zip((("web",), ("web", "new")), files, strict=True):
        api.pod_metrics(*(pod_metrics("n", name, ("app", "5m", "9Mi")) for name in names))
        file.write_text(run(f"top pods -A --server {api.url} -o json").out)
    words = f"diff pods {files[0]} {files[1]} -o value --columns"
    assert run(f"{words} name,memory.before")[:2] == (0, "new\t\n")
