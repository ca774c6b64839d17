"""`c3s columns`: list every column."""

import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from c3s_cli.columns.definitions import definition_of, documented
from c3s_cli.columns.kinds import ALIASES, KINDS
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.sources import DEFINED, sources_of
from c3s_cli.columns.vocabulary import Needs
from c3s_cli.errors import ExitCode, UsageError
from c3s_cli.flags.flag import OUTPUT, SOURCE, Text, flag

FORMATS: Final = ("table", "json", "markdown")
# The API resources that a column needs.
READ: Final = {
    Needs.NODE_METRICS: "nodes.metrics.k8s.io",
    Needs.NODES: "nodes",
    Needs.POD_METRICS: "pods.metrics.k8s.io",
    Needs.PODS: "pods",
    Needs.OWNERS: "replicasets,jobs",
    Needs.POD_COUNT: "pods?limit=1",
}

Of = Annotated[Text, typer.Argument(metavar="[KIND]", help=f"One of: {', '.join(KINDS)}.", show_default=False)]
Output = Annotated[str, flag("-o", "--output", metavar="FORMAT", help=f"One of: {', '.join(FORMATS)}.", section=OUTPUT)]
From = Annotated[
    Text,
    flag(
        "--from",
        metavar="SOURCE",
        help=f"What this source computes, over which time, and what it cannot know. One of: {', '.join(DEFINED)}.",
        section=SOURCE,
    ),
]


def columns(word: Of = None, output: Output = "table", source: From = None) -> ExitCode:
    """List the columns of each kind of row: name, alias, unit, API resources needed, sources, meaning.

    Extended resources and labels are columns too, such as resources["nvidia.com/gpu"].requests and labels["app"]. With
    a time range (--since), so are the statistics avg, min, max and p1 to p99 of CPU and memory, such as cpu.p95 and
    memory.maxPercentOfLimits.

    Examples:
      # The columns of pods
      c3s columns pods
      # What Prometheus computes for each column, and over which time
      c3s columns pods --from prometheus
      # The names, for a script
      c3s columns nodes -o json
    """
    word = ALIASES.get(word, word) if word else word
    if word is not None and word not in KINDS:
        hint = f"one of: {', '.join(KINDS)}"
        if any(word in column for kind in KINDS.values() for column in Naming(kind).table()):
            hint = f"to find a column: c3s columns | grep {word}"
        raise UsageError(f"unknown kind {word!r}", hint=hint)
    if output not in FORMATS:
        raise UsageError(f"unknown format {output!r}", hint=f"one of: {', '.join(FORMATS)}")
    if source is not None:
        # As in other commands, where a service or an address may follow.
        source = "recording" if source.endswith(".c3s") else source.partition(":")[0]
        source = {"http": "prometheus", "https": "prometheus", "file": "recording"}.get(source, source)
        if source not in DEFINED:
            raise UsageError("unknown source in --from", hint=f"one of: {', '.join(DEFINED)}, or a URL")
    rows = [row for kind in ((word,) if word else KINDS) for row in _rows(kind, source)]
    for piece in _written(rows, output):
        sys.stdout.write(piece)
    return ExitCode.OK


def _rows(word: str, source: str | None) -> Iterator[dict[str, str]]:
    kind = KINDS[word]
    naming = Naming(kind)
    aliases = {name: alias for alias, name in naming.aliases().items()}
    for column in documented(kind) if source else naming.table().values():
        definition = definition_of(column, kind, source) if source else None
        yield {
            "of": word,
            "column": column.name,
            "alias": aliases.get(column.name, ""),
            "unit": column.unit.value,
            "needs": ",".join(READ[need] for need in column.needs if need in READ),
            "sources": ",".join(sources_of(column, kind)),
            **({"definition": str(definition), "window": definition.window} if definition else {}),
            "meaning": column.summary,
        }


def _written(rows: list[dict[str, str]], output: str) -> Iterator[str]:
    if output == "json":
        import json  # only this format needs it

        yield json.dumps(rows, indent=2) + "\n"
        return
    headings = [key.upper() for key in rows[0]]
    cells = [[value or "-" for value in column] for column in zip(*(row.values() for row in rows), strict=True)]
    from c3s_cli.output.listing import lay_out

    yield from lay_out(headings, cells, output)
