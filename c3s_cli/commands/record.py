"""`c3s record`: add readings to a file until told to stop."""

from typing import Annotated

import typer

from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Selection
from c3s_cli.flags.record_options import Record
from c3s_cli.request.from_flags import target_of
from c3s_cli.request.recording import recorded_of

Selector = Annotated[Selection, ("selector",)]


@takes_flags
def record(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The recording, such as load.c3s.", show_default=False)],
    *,
    record: Record,
    selection: Selector,
    connection: Connection,
) -> ExitCode:
    """Record usage, requests, limits and states in a file, to be read with --from FILE.

    A file that exists is continued. Without -n, all namespaces are recorded.

    Examples:
      # Until Ctrl-C, every 30 seconds
      c3s record incident.c3s
      # A load test, in one namespace
      c3s record load.c3s -n shop --interval 10s --duration 1h
      # What was it like then?
      c3s top pods -A --from incident.c3s --at -2h
    """
    from c3s_cli.run.recording import record as run  # `c3s record --help` does not need it

    return run(target_of(connection), recorded_of(file, record, selection.selector, connection.namespace))
