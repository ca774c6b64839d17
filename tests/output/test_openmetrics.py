"""-o prometheus, as Prometheus and node_exporter's textfile collector read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.fit_rows import Row
from c3s_cli.model.rows import Container, Group, Pod, PodFacts
from c3s_cli.output.openmetrics import exposition
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from tests.conftest import Run

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EPOCH = 1772443800
CORE = 10**9
WHO = {"context": "c", "namespace": "ns", "pod": "p"}


def pod(name: str = "p", cpu: int | None = 250 * 10**6, labels: dict[str, str] | None = None, **more: Any) -> Pod:
    facts = PodFacts("u", "n-1", "Deployment/web", "Running", 0, None, "Burstable", labels or {}, {"cpu": 2 * CORE}, {})
    measured = {"timestamp": "2026-03-02T09:30:00Z", "window": "15s"} if cpu is not None else {}
    return Pod("c", "ns", name, cpu, 1 << 20, facts=facts, **{**measured, **more})


def written(rows: Sequence[Row], *names: str, kind: Kind = Kind.POD, **view: Any) -> str:
    columns = Naming(kind).expand(names)
    report = Report(NOW, "test", kind, columns, rows, None, **view)
    return "".join(exposition(report, View(Format.OPENMETRICS)))


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]  # has no types


def samples(text: str, name: str) -> list[Sample]:
    found: list[Sample] = families(text)[name].samples
    return found


def test_base_units_exactly() -> None:
    text = written([pod()], "cpu", "memory", "cpu%", "age", "restarts", "timestamp", "window")
    values = {name: family.samples[0].value for name, family in families(text).items()}
    assert values == {
        "c3s_pod_cpu_usage_cores": 0.25,
        "c3s_pod_memory_usage_bytes": 1 << 20,
        "c3s_pod_cpu_usage_of_requests_ratio": 0.125,
        "c3s_pod_restarts": 0,
        "c3s_pod_timestamp_seconds": EPOCH,
        "c3s_pod_window_seconds": 15,
    }
    # More digits than a float has: the text is exact, whatever its reader does.
    assert " 123456789.123456789 " in written([pod(cpu=123456789123456789)], "cpu")
    assert samples(written([pod(cpu=659414700)], "cpu%"), "c3s_pod_cpu_usage_of_requests_ratio")[0].value == 0.32970735


def test_a_family_has_its_type_unit_and_help() -> None:
    assert written([pod()], "cpu%").splitlines()[:3] == [
        "# TYPE c3s_pod_cpu_usage_of_requests_ratio gauge",
        "# UNIT c3s_pod_cpu_usage_of_requests_ratio ratio",
        "# HELP c3s_pod_cpu_usage_of_requests_ratio cpu.usage divided by cpu.requests",
    ]


def test_a_sample_has_the_time_of_its_measurement_if_there_is_one() -> None:
    known, unknown = samples(written([pod(), pod("q", None)], "restarts"), "c3s_pod_restarts")
    assert (float(str(known.timestamp)), unknown.timestamp) == (EPOCH, None)
    assert samples(written([pod(timestamp="soon")], "cpu"), "c3s_pod_cpu_usage_cores")[0].timestamp is None


def test_unknown_values_have_no_sample_and_no_samples_no_family() -> None:
    assert [sample.labels["pod"] for sample in samples(written([pod("q", None), pod()], "cpu"), CPU)] == ["p"]
    assert written([pod("q", None)], "cpu") == "# EOF\n"
    assert written([], "cpu", "node") == "# EOF\n"


CPU = "c3s_pod_cpu_usage_cores"


def test_text_becomes_the_labels_of_one_gauge() -> None:
    text = written([pod(labels={"app": "web"})], "node", "owner", "qosClass", 'labels["app"]', "name", "namespace")
    (info,) = families(text).values()
    assert (info.name, info.type) == ("c3s_pod_info", "gauge")
    told = {"node": "n-1", "owner": "Deployment/web", "qos_class": "Burstable", "labels_app": "web", "name": "p"}
    assert [(sample.labels, sample.value) for sample in info.samples] == [(WHO | told, 1)]


def test_names_that_come_out_alike_are_kept_apart() -> None:
    text = written([pod(labels={"a.b": "1", "a-b": "2"})], 'labels["a.b"]', 'labels["a-b"]')
    (sample,) = samples(text, "c3s_pod_info")
    assert sample.labels == WHO | {"labels_a_b": "1", "labels_a_b_2": "2"}
    alike = ('resources["x.y/z"].requests', 'resources["x-y/z"].requests', 'resources["hugepages-2Mi"].requests')
    assert list(families(written([pod()], *alike))) == [
        "c3s_pod_resources_x_y_z_requests",
        "c3s_pod_resources_x_y_z_requests_2",
        "c3s_pod_resources_hugepages_2_mi_requests_bytes",
    ]


def test_containers_have_samples_of_their_own() -> None:
    both = (Container("a", CORE, 1, restarts=3), Container("b", None, 2))
    text = written([pod(containers=both)], "cpu", "memory", "restarts", containers=True)
    assert [(s.name, s.labels.get("container"), s.value) for f in families(text).values() for s in f.samples] == [
        ("c3s_container_cpu_usage_cores", "a", 1),
        ("c3s_container_memory_usage_bytes", "a", 1),
        ("c3s_container_memory_usage_bytes", "b", 2),
        ("c3s_container_restarts", "a", 3),
    ]


def test_groups_are_labelled_with_their_keys(demo: Run) -> None:
    found = families(demo("top pods -A --by namespace,label:app -o openmetrics").out)["c3s_pod_group_pods"]
    assert {tuple(sample.labels) for sample in found.samples} == {("context", "namespace", "labels_app")}
    (group,) = samples(written([Group("c", (), 1, 1)], "cpu", kind=Kind.CLUSTER), "c3s_cluster_cpu_usage_cores")
    assert (group.labels, group.timestamp) == ({"context": "c"}, None)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_a_cluster_says_is_one_line_and_reads_back(name: str, value: str) -> None:
    text = written([pod(name, labels={"a": value})], "cpu", 'labels["a"]')
    assert text.replace("\n", "").isprintable()
    (sample,), (info,) = samples(text, CPU), samples(text, "c3s_pod_info")
    assert sample.labels["pod"] == info.labels["pod"]
    if name.isprintable() and value.isprintable():
        assert (info.labels["pod"], info.labels["labels_a"]) == (name, value)


@given(st.lists(st.text('} 1\\"{=', max_size=9), max_size=3, unique=True), st.booleans())
def test_samples_can_be_written_without_times(names: list[str], measured: bool) -> None:  # noqa: FBT001  a drawn value
    rows = [pod(name, 1 if measured else None) for name in names]
    text = written(rows, "cpu", "restarts", "node")
    report = Report(NOW, "test", Kind.POD, Naming(Kind.POD).expand(["cpu", "restarts", "node"]), rows, None)
    bare = "".join(exposition(report, View(Format.OPENMETRICS, timestamps=False)))
    without = [(s.name, s.labels, s.value) for f in families(bare).values() for s in f.samples]
    assert without == [(s.name, s.labels, s.value) for f in families(text).values() for s in f.samples]
    assert all(sample.timestamp is None for family in families(bare).values() for sample in family.samples)


def test_the_text_format_has_times_on_request_and_no_end(demo: Run) -> None:
    openmetrics, bare, timed = (
        demo(f"top nodes --columns cpu {flags}").out.splitlines()
        for flags in ("-o openmetrics", "-o prometheus", "-o prometheus --timestamps")
    )
    values = [line for line in openmetrics if not line.startswith(("# UNIT", "# EOF"))]
    assert timed == [line if line.startswith("#") else f"{line}000" for line in values]
    assert bare == [line if line.startswith("#") else line.rpartition(" ")[0] for line in values]
    assert demo("top nodes -o prometheus --no-timestamps").out == demo("top nodes -o prometheus").out
    for flags in ("-o openmetrics --timestamps", "-o prometheus --timestamps --no-timestamps"):
        assert demo(f"top nodes {flags}") == (2, "", "error: --timestamps goes with -o prometheus\n")


@pytest.mark.parametrize("form", ["prometheus", "openmetrics"])
def test_a_scrape_is_one_reading(demo: Run, form: str) -> None:
    why = f"error: -o {form} does not go with watch: a scrape is one reading, and one # EOF ends a document"
    hint = "hint: write a file for node_exporter's textfile collector again and again: see docs/recipes.md"
    assert demo(f"watch nodes -o {form}") == (2, "", f"{why}\n{hint}\n")


def test_flags_for_times_go_with_metrics(demo: Run) -> None:
    refused = demo("top nodes -o json --no-timestamps")
    assert refused == (2, "", "error: --no-timestamps goes with -o openmetrics\n")


@pytest.mark.parametrize("command", ["top nodes", "top pods -A", "top cluster", "top pods -A --containers"])
def test_the_textfile_collector_finds_what_it_knows(demo: Run, command: str) -> None:
    """The collector rejects the type info, and any escape in a help text except of backslash and newline."""
    text = demo(f"{command} --columns all -o prometheus").out
    heads = [line for line in text.splitlines() if line.startswith("# ") and line != "# EOF"]
    assert {line.split()[3] for line in heads if line.startswith("# TYPE ")} == {"gauge"}
    assert not [line for line in heads if "\\" in line or '"' in line]
    assert len({line.split()[2] for line in heads}) == len([line for line in heads if line.startswith("# TYPE ")])
