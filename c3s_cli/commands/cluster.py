"""`c3s top cluster`, `c3s cluster`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display, Nodes
from c3s_cli.flags.source_options import Costs
from c3s_cli.flags.subsets import ClusterFlags
from c3s_cli.flags.time_options import Time
from c3s_cli.metrics import priced
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show


@takes_flags
def cluster(
    *, selection: ClusterFlags, nodes: Nodes, time: Time, display: Display, costs: Costs, connection: Connection
) -> ExitCode:
    """Display resource (CPU/memory) usage of the whole cluster in one row.

    Examples:
      # One row: nodes, pods, CPU and memory
      c3s top cluster
      # A row for every resource, GPUs included
      c3s top cluster -o wide
      # Peak usage of the whole cluster over a month
      c3s top cluster --since 30d --from prometheus --columns cpu.max,memory.max
    """
    query, view = request_of(Kind.CLUSTER, None, connection, selection, display, nodes=nodes, time=time, costs=costs)
    query = priced(query, costs.prices, display.columns)
    return show(target_of(connection), query, view)
