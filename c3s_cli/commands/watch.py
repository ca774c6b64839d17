"""`c3s watch nodes|pods|cluster`: the same rows, refreshed at an interval."""

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode, UsageError
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, NodeName, Nodes, PodName, Pods
from c3s_cli.flags.source_options import Costs
from c3s_cli.flags.subsets import ClusterFlags, WatchDisplay, WatchFlags
from c3s_cli.flags.watch_options import Repeat
from c3s_cli.metrics import priced
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.request.pace import pace_of, replay_of
from c3s_cli.request.query import Query
from c3s_cli.request.view import METRICS, View
from c3s_cli.run.watching import watch


@takes_flags
def watch_nodes(
    names: NodeName = None,
    *,
    repeat: Repeat,
    selection: WatchFlags,
    nodes: Nodes,
    display: WatchDisplay,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Refresh resource (CPU/memory) usage of nodes at an interval.

    Examples:
      # Every five seconds until Ctrl-C
      c3s watch nodes --interval 5s
      # Wait until all nodes are below 80% CPU, for at most ten minutes
      c3s watch nodes --until-all 'cpu% < 80' --timeout 10m
    """
    query, view = request_of(Kind.NODE, names, connection, selection, display, nodes=nodes, repeat=repeat, costs=costs)
    return _watch(connection, priced(query, costs.prices, display.columns), view, repeat)


@takes_flags
def watch_pods(
    names: PodName = None,
    *,
    repeat: Repeat,
    pods: Pods,
    selection: WatchFlags,
    display: WatchDisplay,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Refresh resource (CPU/memory) usage of pods at an interval.

    Examples:
      # The ten busiest pods, every five seconds
      c3s watch pods -A --sort-by cpu --limit 10 --interval 5s
      # Wait until the memory of one pod is above 400Mi
      c3s watch pods api-gp28hkmmnc-jjz9d --until 'memory > 400Mi' --timeout 5m
    """
    query, view = request_of(Kind.POD, names, connection, selection, display, pods=pods, repeat=repeat, costs=costs)
    return _watch(connection, priced(query, costs.prices, display.columns), view, repeat)


@takes_flags
def watch_cluster(
    *,
    repeat: Repeat,
    selection: ClusterFlags,
    nodes: Nodes,
    display: WatchDisplay,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Refresh resource (CPU/memory) usage of the whole cluster at an interval.

    Examples:
      # One row every two seconds
      c3s watch cluster
      # Five lines of JSON, one a second
      c3s watch cluster --interval 1s --count 5 -o json
    """
    query, view = request_of(
        Kind.CLUSTER, None, connection, selection, display, nodes=nodes, repeat=repeat, costs=costs
    )
    return _watch(connection, priced(query, costs.prices, display.columns), view, repeat)


def _watch(connection: Connection, query: Query, view: View, repeat: Repeat) -> ExitCode:
    if view.format in METRICS:
        raise UsageError(
            f"-o {view.format.value} does not go with watch: a scrape is one reading, and one # EOF ends a document",
            hint="write a file for node_exporter's textfile collector again and again: see docs/recipes.md",
        )
    view = structs.replace(view, trend=repeat.trend)
    pace = structs.replace(pace_of(repeat), replay=replay_of(repeat, connection))
    return watch(target_of(connection), query, view, pace, record=repeat.record)
