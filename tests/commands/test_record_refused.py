"""Recordings that are refused, and questions that a recording cannot answer."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not a database", "is not a recording of c3s"),
        (b"", "is not a recording of c3s"),
        (None, "is cut short: "),
    ],
)
def test_what_is_no_recording_is_refused_by_its_name(
    run: Run, file: str, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "x.c3s"
    path.write_bytes(Path(file).read_bytes()[:40_000] if content is None else content)
    before = path.read_bytes()
    result = run("top", "nodes", "--from", str(path))
    assert result.code == 1
    assert result.err.startswith(f"error: {path} {words}")
    if before:
        assert run("record", str(path), "--demo", "--count", "1").err.startswith(f"error: {path} {words}")
    assert path.read_bytes() == before


def test_a_newer_or_damaged_recording_is_refused_by_its_name(run: Run, file: str, tmp_path: Path) -> None:
    path = tmp_path / "x.c3s"
    path.write_bytes(Path(file).read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE readings SET pod_usage = x'1234', all_facts = x'00'")
    damaged = run("top", "nodes", "--from", str(path))
    assert (damaged.code, damaged.err) == (1, f"error: {path} is damaged: a reading cannot be decoded\n")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 3")
    newer = run("top", "nodes", "--from", str(path))
    assert newer.err == f"error: {path} was recorded by a newer c3s (format 3, this one reads 2)\n"


@pytest.mark.slow
def test_a_reading_that_would_fill_the_memory_is_refused(run: Run, file: str, tmp_path: Path) -> None:
    path = tmp_path / "x.c3s"
    path.write_bytes(Path(file).read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE readings SET all_facts = ?", [zlib.compress(bytes((1 << 27) + 1), 9)])
    result = run("top", "nodes", "--from", str(path))
    assert (result.code, result.err) == (1, f"error: {path} is damaged: a reading cannot be decoded\n")


@pytest.mark.parametrize("source", ["user:secret@host/x", "host/x?token=secret"])
def test_an_address_without_its_scheme_is_no_file_and_is_not_quoted(run: Run, source: str) -> None:
    result = run("top", "nodes", "--from", source)
    assert result.code == 2
    assert result.err.startswith("error: unknown source in --from\n")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("top nodes --demo", "--demo does not go with --from FILE, which is read without a server"),
        ("top volumes -A", "a recording has no volumes"),
        ("top nodes general-1 --explain", "a recording is read without a server"),
        ("top nodes --context prod", "has no context prod"),
        ("top nodes --since 1h --step 5m", "--step does not go with --from FILE: every reading counts"),
    ],
)
def test_what_a_recording_cannot_do_is_said(run: Run, file: str, words: str, problem: str) -> None:
    result = run(*words.split(), "--from", file)
    assert result.code in (1, 2)
    assert problem in result.err.splitlines()[0]


def test_only_a_recording_counts_readings(run: Run) -> None:
    result = run("top", "nodes", "--from", "http://127.0.0.1:1", "--at", "#3")
    assert (result.code, result.err) == (
        2,
        "error: --at '#N' goes with --from FILE: a Prometheus does not count readings\n",
    )


def test_a_recording_with_the_name_of_a_document_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "load.json"
    recorded = run(f"record {file} --count 1 --demo")
    assert recorded.err.startswith(f"note: {file} is a recording, not text: c3s top pods --from {file} reads it\n")
    assert run(f"top pods -A --from {file}").code == 0
    assert "note:" not in run(f"record {tmp_path / 'load.c3s'} --count 1 --demo").err
