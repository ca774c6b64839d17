"""Documents: pages, samples, schema and links are what the program says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from c3s_cli.cli import main
from c3s_cli.errors import MEANINGS, ExitCode
from tests.conftest import Run
from tests.documents import validate
from tools import write
from tools.schema import schema

ROOT = Path(__file__).parents[2]
PAGES = [page for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if page.is_file()]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

DOCUMENTS = [
    "top nodes",
    "top nodes -o wide",
    "top nodes --columns all",
    "top nodes memory-1",
    "top nodes --show-swap --show-capacity --sum",
    "top nodes --by pool,zone --columns all",
    "top nodes --by label:topology.kubernetes.io/zone --sum",
    'top nodes --columns \'labels["kubernetes.io/os"],resources["nvidia.com/gpu"].free\' --sum',
    "top pods -A",
    "top pods -A --columns all --sum",
    "top pods -A --containers --columns wide",
    "top pods -A --containers --columns 'resources[\"nvidia.com/gpu\"].requests'",
    "top pods -A --limit 3 --sum",
    "top pods -n nosuch",
    "top pods -A --by namespace,owner --columns all",
    "top pods -A --by label:app --sum",
    "top pods -A --by instance-type,status",
    "top nodes --by context,pool --sum",
    "top cluster",
    "top cluster --columns wide",
    "top cluster --columns all",
    "top pods -A --by namespace --from prometheus --since 10m --step 5m --series",
    "top nodes --from prometheus --since 10m --step 5m --series",
    "top cluster --from prometheus --since 10m --step 5m --series",
    "watch cluster --count 1",
    "fit --cpu 1 --memory 1Gi --sum",
    "fit --cpu 1 --without spot-1 --columns all",
    'fit --cpu 1 --columns \'labels["kubernetes.io/os"],resources["nvidia.com/gpu"].free\'',
    "fit --cpu 1 --by pool,label:kubernetes.io/os --columns all",
]


GENERATED = [*map(Path, write.pages()), write.SCHEMA, write.RECORDING]


@pytest.mark.process
@pytest.mark.parametrize("file", GENERATED, ids=lambda file: file.name)
def test_pages_and_schema_are_what_the_program_says(file: Path) -> None:
    assert write.main(["--check", str(file)]) == 0, "make docs writes them anew"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.slow
@pytest.mark.parametrize("words", DOCUMENTS)
def test_documents_meet_the_schema(demo: Run, words: str) -> None:
    result = demo(f"{words} -o json")
    assert result.code == 0
    validate(json.loads(result.out))


@pytest.mark.parametrize(
    "words",
    [
        "pods {} -A",
        "pods {} -A --columns wide",
        "nodes {} --columns wide",
        "cluster {} --columns wide",
        "owners {} -A --columns wide,pods",
        "pods {} -A --by label:app --since 1m --columns cpu.p95,memory.max",
        "pods {} -A --columns cpu%,ready,waiting,label:app,oomKilled,lastTermination.finishedAt,memory.limits",
        "nodes {} --columns 'resources[\"nvidia.com/gpu\"].requests,pods.usage,status,taints,memory'",
    ],
)
def test_documents_of_changes_meet_the_schema(run: Run, changing: tuple[str, str], words: str) -> None:
    result = run(f"diff {words.format(' '.join(changing))} --min-change 0 -o json")
    assert result.code == 0
    validate(json.loads(result.out))


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Record the demo twice, two hours apart."""
    files = tuple(str(tmp_path_factory.mktemp("recordings") / name) for name in ("before.c3s", "after.c3s"))
    for file, moment in zip(files, ("2026-03-02T09:30:00Z", "2026-03-02T11:30:00Z"), strict=True):
        assert main(["record", file, "--demo-at", moment, "--count", "1"]) == 0
    return files[0], files[1]


@pytest.mark.parametrize(
    "words", ["top pods -A --containers", "top nodes --by pool --sum", "top cluster --columns all"]
)
def test_documents_with_costs_meet_the_schema(demo: Run, tmp_path: Path, words: str) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, nodes: [{pool: spot, coreHour: 0.01, gibHour: 0.002}]}")
    document = json.loads(demo(f"{words} -o json --prices {prices}").out)
    assert document["metadata"]["prices"]["currency"] == "EUR"
    validate(document)


@pytest.mark.slow
def test_schema_is_one(demo: Run) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(demo("top nodes general-1 -o json").out)
    validator.validate(document)
    document["items"][0]["cpu"]["usage"] = "1m"
    assert not validator.is_valid(document)


def test_every_exit_code_has_a_meaning() -> None:
    assert list(MEANINGS) == list(ExitCode)
    assert all(MEANINGS.values())


def test_columns_are_listed_as_people_programs_and_pages_like_them(run: Run) -> None:
    table = run("columns nodes").out.splitlines()
    document = json.loads(run("columns nodes -o json").out)
    page = run("columns nodes -o markdown").out.splitlines()
    assert table[0].split() == ["OF", "COLUMN", "ALIAS", "UNIT", "NEEDS", "SOURCES", "MEANING"]
    assert len(table) - 1 == len(page) - 2 == len(document)
    assert {
        "of": "nodes",
        "column": "cpu.usagePercentOfAllocatable",
        "alias": "cpu%",
        "unit": "percent",
        "needs": "nodes.metrics.k8s.io,nodes",
        "sources": "metrics,kubelet,prometheus",
        "meaning": "cpu.usage as a percentage of cpu.allocatable",
    } in document
    assert len(json.loads(run("columns -o json").out)) > len(document)
    assert run("columns no") == run("columns node") == run("columns nodes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "columns jobs",
            (
                "error: unknown kind 'jobs'\n"
                "hint: one of: nodes, pods, node-groups, pod-groups, cluster, volumes, fit, fit-groups, moves, "
                "move-groups, node-changes, pod-changes, node-group-changes, pod-group-changes, "
                "cluster-changes, rightsize, rightsize-groups\n"
            ),
        ),
        ("columns -o yaml", "error: unknown format 'yaml'\nhint: one of: table, json, markdown\n"),
    ],
)
def test_columns_of_nothing_are_wrong_usage(run: Run, words: str, said: str) -> None:
    result = run(words)
    assert (result.code, result.out, result.err) == (2, "", said)
