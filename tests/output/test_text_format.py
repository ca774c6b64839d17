"""-o prometheus, read by promtool, by Prometheus' client for Python and by node_exporter's textfile collector."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as text_families

from tests.conftest import Run
from tests.engines import free_port, missing, running

COMMANDS = (
    "top nodes",
    "top pods -A",
    "top pods -A --containers",
    "top cluster",
    "top nodes --by pool",
    "top pods -A --by owner",
    "top volumes -A --from prometheus",
    "fit --cpu 1 --replicas 3",
    "fit --cpu 1 --replicas 3 --by pool",
    "fit --without spot-1 --by pool",
    "rightsize -n team-checkout --from prometheus --since 1h",
)


def openmetrics_families(text: str) -> list[Any]:
    return list(openmetrics_parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # has no types


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(missing(program)), reason=missing(program))


def samples(families: Any) -> list[tuple[str, dict[str, str], float]]:
    return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


@pytest.mark.slow
@needs("promtool")
@pytest.mark.parametrize("command", COMMANDS)
def test_promtool_has_no_complaint(demo: Run, command: str) -> None:
    for flag in ("", " --timestamps"):
        text = demo(f"{command} --columns all -o prometheus{flag}").out
        assert text
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_both_formats_have_the_same_samples(demo: Run, command: str) -> None:
    text, timed, openmetrics = (
        demo(f"{command} --columns all -o {form}").out
        for form in ("prometheus", "prometheus --timestamps", "openmetrics")
    )
    expected = samples(openmetrics_families(openmetrics))
    assert samples(text_families(text)) == expected
    assert samples(text_families(timed)) == expected
    assert not {name for name, _, _ in expected if name.endswith("_count")}
    times = [s.timestamp for f in text_families(timed) for s in f.samples if s.timestamp]
    assert times == [
        float(str(s.timestamp)) for f in openmetrics_families(openmetrics) for s in f.samples if s.timestamp
    ]


def test_counts_do_not_look_like_those_of_histograms(demo: Run) -> None:
    for form in ("prometheus", "openmetrics"):
        assert "\nc3s_cluster_nodes{" in demo(f"top cluster -o {form}").out
        assert "\nc3s_cluster_pods{" in demo(f"top cluster -o {form}").out
        assert "\nc3s_pod_group_pods{" in demo(f"top pods -A --by owner -o {form}").out


@pytest.mark.slow
@needs("prometheus-node-exporter")
def test_the_textfile_collector_serves_every_sample(demo: Run, tmp_path: Path) -> None:
    written = []
    for place, command in enumerate(COMMANDS):
        text = demo(f"{command} --columns all -o prometheus").out
        (tmp_path / f"{place}.prom").write_text(text)
        written += samples(text_families(text))
    address = f"127.0.0.1:{free_port()}"
    words = [
        "prometheus-node-exporter",
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={tmp_path}",
        f"--web.listen-address={address}",
    ]
    with running(words, f"http://{address}", "/", tmp_path / "log") as url:
        answer = urlopen(f"{url}/metrics").read().decode()  # noqa: S310  loopback
    served = samples(text_families(answer))
    assert ("node_textfile_scrape_error", {}, 0.0) in served
    # Two of the commands have some of their samples in common.
    assert distinct(sample for sample in served if sample[0].startswith("c3s_")) == distinct(written)


def distinct(found: Iterable[tuple[str, dict[str, str], float]]) -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    """Return samples as a set. An empty label is the same as none, which the collector adds."""
    return {(name, frozenset(pair for pair in labels.items() if pair[1]), value) for name, labels, value in found}
