"""`c3s top pods`, `c3s pods`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display, PodName, Pods, Selection
from c3s_cli.flags.source_options import Costs
from c3s_cli.flags.time_options import Time
from c3s_cli.metrics import priced
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show


@takes_flags
def pods(
    names: PodName = None,
    *,
    pods: Pods,
    selection: Selection,
    time: Time,
    display: Display,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Display resource (CPU/memory) usage of pods.

    Due to the metrics pipeline delay, they may be unavailable for a few minutes since pod creation.

    Examples:
      # The five pods with the most memory, in all namespaces
      c3s top pods -A --sort-by memory --limit 5
      # CPU that each workload requests but does not use
      c3s top pods -n team-search --by owner --columns cpu,cpu.requests,cpu.unused
      # Pods close to their memory limit, and pods without one
      c3s top pods -A --where 'memory.usagePercentOfLimits > 85' --where 'memory.limits = none'
    """
    query, view = request_of(Kind.POD, names, connection, selection, display, pods=pods, time=time, costs=costs)
    if selection.explain:
        from c3s_cli.run.explain import explain_one  # only --explain needs it

        return explain_one(target_of(connection), query, view)
    query = priced(query, costs.prices, display.columns)
    return show(target_of(connection), query, view)
