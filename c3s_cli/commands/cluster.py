"""`c3s top cluster`, `c3s cluster`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show
from c3s_cli.words.options import Connection, Display, Nodes, Selection, takes_flags


@takes_flags
def cluster(*, selection: Selection, nodes: Nodes, display: Display, connection: Connection) -> ExitCode:
    """Display resource (CPU/memory) usage of the whole cluster in one row.

    Examples:
      # One row: nodes, pods, CPU and memory
      c3s top cluster
      # A row for every resource, GPUs included
      c3s top cluster -o wide
    """
    request = request_of(Kind.CLUSTER, None, connection, selection, display, nodes=nodes)
    return show(target_of(connection), *request, explain=selection.explain)
