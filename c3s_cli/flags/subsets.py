"""The flags of a group that a command takes, where it does not take all of them.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated, Any

from c3s_cli.flags.options import Connection, Display, Selection
from c3s_cli.flags.source_options import Source
from c3s_cli.flags.time_options import Time


def _without(group: Any, *names: str) -> tuple[str, ...]:
    return tuple(name for name in group.__struct_fields__ if name not in names)


# A cluster is one row, without groups.
ClusterFlags = Annotated[Selection, _without(Selection, "by", "having", "explain")]
# --explain is a reading of its own.
WatchFlags = Annotated[Selection, _without(Selection, "explain")]
# A watch has no formats with timestamps, and is there to be seen.
WatchDisplay = Annotated[Display, _without(Display, "timestamps", "no_timestamps", "quiet")]
# Rows without measured usage.
RowFlags = Annotated[Selection, ("where", "by", "sum", "sort_by", "limit")]
# Rows that have neither a plain explanation, nor swap, nor sums to compare.
SelectedFlags = Annotated[Selection, _without(Selection, "having", "explain", "show_swap")]
# Commands for one cluster.
ConnectionToOne = Annotated[Connection, _without(Connection, "all_contexts", "parallel")]
# c3s fit reads the API server, or a recording at some time.
ConnectionOrRecording = Annotated[
    Connection, _without(Connection, *(name for name in Source.__struct_fields__ if name != "source"))
]
AtTime = Annotated[Time, ("at",)]
# Commands that read no usage.
ConnectionWithoutSource = Annotated[Connection, _without(Connection, *Source.__struct_fields__)]
