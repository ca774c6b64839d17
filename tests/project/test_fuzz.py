"""Fuzzer: it runs, and inputs that once failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import fuzz, fuzz_targets
from tools.fuzz_targets import TARGETS, WORDS, corpus

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "data"), [(name, data) for name in TARGETS for data in corpus(name)])
def test_what_once_failed_still_works(name: str, data: bytes) -> None:
    TARGETS[name](data)


@given(st.data())
def test_random_inputs_raise_only_documented_errors(data: st.DataObject) -> None:
    """`make fuzz` does this for a minute each."""
    for name, target in TARGETS.items():
        pieces = st.sampled_from([word.encode() for word in WORDS[name]]) | st.binary(max_size=4)
        target(b"".join(data.draw(st.lists(pieces, max_size=20))))


def test_every_target_has_a_name_words_and_a_corpus() -> None:
    assert fuzz.NAMES == tuple(TARGETS) == tuple(WORDS)
    assert {path.stem for path in fuzz_targets.CORPUS.glob("*.json")} == set(TARGETS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nfuzz:\n" in makefile
    assert "-m tools.fuzz" in makefile


def broken(_data: bytes) -> None:
    raise KeyError


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_that_breaks_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def mostly(data: bytes) -> None:
        if len(data) > 3:
            broken(data)

    monkeypatch.setitem(TARGETS, name, mostly)
    with pytest.raises(KeyError):
        fuzz.with_hypothesis(name, 0, 100)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("quantity", "tools.fuzz_targets.whole"),
        ("decoder", "c3s_cli.sources.decode.metrics.amount_of"),
        ("decoder", "c3s_cli.sources.decode.pods.requests_of"),
        ("decoder", "c3s_cli.sources.prometheus.decoding._number"),
        ("decoder", "c3s_cli.sources.kubelet.exposition.container_of"),
        ("decoder", "c3s_cli.sources.following.events.identity"),
        ("decoder", "c3s_cli.sources.kubelet.summary.summary_of"),
        ("manifest", "c3s_cli.sources.manifests.workloads.requests_of"),
        ("manifest", "c3s_cli.sources.manifests.workloads.placing_of"),
        ("where", "c3s_cli.request.where.Condition.matches"),
        ("kubeconfig", "c3s_cli.kube.kubeconfig._check_shape"),
        ("kubeconfig", "c3s_cli.kube.access.checked"),
    ],
)
def test_the_corpus_reaches_what_it_should(monkeypatch: pytest.MonkeyPatch, target: str, place: str) -> None:
    """Break the code under a target: one of its inputs notices."""
    monkeypatch.setattr(place, lambda *_: broken(b""))
    with pytest.raises(KeyError):
        list(map(TARGETS[target], corpus(target)))


@pytest.mark.process
def test_the_fuzzer_runs_as_a_program_and_counts() -> None:
    words = [sys.executable, "-m", "tools.fuzz", "--seconds", "0", "--inputs", "50", "quantity"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0
    assert "quantity: " in ran.stdout
    wrong = subprocess.run([*words[:-1], "nonsense"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (wrong.returncode, "unknown target: nonsense" in wrong.stderr) == (2, True)
