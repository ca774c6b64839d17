"""`c3s top nodes`, `c3s nodes`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display, NodeName, Nodes, Selection
from c3s_cli.flags.source_options import Costs
from c3s_cli.flags.time_options import Time
from c3s_cli.metrics import priced
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show


@takes_flags
def nodes(
    names: NodeName = None,
    *,
    selection: Selection,
    nodes: Nodes,
    time: Time,
    display: Display,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Display resource (CPU/memory) usage of nodes.

    Examples:
      # The busiest node first
      c3s top nodes --sort-by cpu
      # Usage next to requests, limits and free capacity, by node pool
      c3s top nodes --by pool -o wide
      # Exit code 3 if a node is too full or has no metrics
      c3s top nodes --fail-if 'memory% > 90' --fail-if-unknown
    """
    query, view = request_of(Kind.NODE, names, connection, selection, display, nodes=nodes, time=time, costs=costs)
    if selection.explain:
        from c3s_cli.run.explain import explain_one  # only --explain needs it

        return explain_one(target_of(connection), query, view)
    query = priced(query, costs.prices, display.columns)
    return show(target_of(connection), query, view)
