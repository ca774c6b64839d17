"""`c3s top nodes`, `c3s nodes`."""

from c3s_cli.columns import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.options import Connection, Look, NodeName, Nodes, Rows, takes_flags
from c3s_cli.pipeline import show
from c3s_cli.request import request_of, target_of


@takes_flags
def nodes(names: NodeName = None, *, rows: Rows, nodes: Nodes, look: Look, connection: Connection) -> ExitCode:
    """Display resource (CPU/memory) usage of nodes."""
    return show(target_of(connection), *request_of(Kind.NODE, names, connection, rows, look, nodes=nodes))
