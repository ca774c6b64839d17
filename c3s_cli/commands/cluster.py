"""`c3s top cluster`, `c3s cluster`."""

from c3s_cli.columns import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.options import Connection, Look, Nodes, Rows, takes_flags
from c3s_cli.pipeline import show
from c3s_cli.request import request_of, target_of


@takes_flags
def cluster(*, rows: Rows, nodes: Nodes, look: Look, connection: Connection) -> ExitCode:
    """Display resource (CPU/memory) usage of the whole cluster in one row."""
    return show(target_of(connection), *request_of(Kind.CLUSTER, None, connection, rows, look, nodes=nodes))
