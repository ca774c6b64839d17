"""`c3s watch nodes|pods|cluster`: the same rows, again and again."""

from c3s_cli.columns import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.options import Connection, Look, NodeName, Nodes, PodName, Pods, Repeat, Rows, takes_flags
from c3s_cli.pipeline import watch
from c3s_cli.request import pace_of, request_of, target_of


@takes_flags
def watch_nodes(
    names: NodeName = None, *, repeat: Repeat, rows: Rows, nodes: Nodes, look: Look, connection: Connection
) -> ExitCode:
    """Display resource (CPU/memory) usage of nodes again and again."""
    request = request_of(Kind.NODE, names, connection, rows, look, nodes=nodes, until=repeat.until)
    return watch(target_of(connection), *request, pace_of(repeat))


@takes_flags
def watch_pods(
    names: PodName = None, *, repeat: Repeat, pods: Pods, rows: Rows, look: Look, connection: Connection
) -> ExitCode:
    """Display resource (CPU/memory) usage of pods again and again."""
    request = request_of(Kind.POD, names, connection, rows, look, pods=pods, until=repeat.until)
    return watch(target_of(connection), *request, pace_of(repeat))


@takes_flags
def watch_cluster(*, repeat: Repeat, rows: Rows, nodes: Nodes, look: Look, connection: Connection) -> ExitCode:
    """Display resource (CPU/memory) usage of the whole cluster again and again."""
    request = request_of(Kind.CLUSTER, None, connection, rows, look, nodes=nodes, until=repeat.until)
    return watch(target_of(connection), *request, pace_of(repeat))
