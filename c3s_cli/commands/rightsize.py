"""`c3s rightsize`, `c3s recommend`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display, Pods
from c3s_cli.flags.rightsize import OneWorkload, Rightsize
from c3s_cli.flags.source_options import Costs
from c3s_cli.flags.subsets import SelectedFlags
from c3s_cli.flags.time_options import Time
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.request.rightsizing import request_for, time_for, with_declared, with_queries, workload_of


@takes_flags
def rightsize(
    name: OneWorkload = None,
    *,
    rightsize: Rightsize,
    rows: SelectedFlags,
    time: Time,
    display: Display,
    costs: Costs,
    connection: Connection,
) -> ExitCode:
    """Recommend requests and limits from what the containers of workloads used in the past.

    Each row is a container of a workload, with a finding: risk (near its memory limit, OOM-killed, throttled, without
    requests), waste, fine, or unknown. The past comes from a Prometheus or a recording; without it there are findings,
    but no recommendations. Nothing is changed. The exit code is 5 if something is unknown.

    Examples:
      # What the workloads of a namespace should request, from two weeks
      c3s rightsize -n team-search --from prometheus
      # Where most is wasted, per namespace, from two days
      c3s rightsize -n 'team-s*' --from prometheus --since 2d --by namespace --sort-by cpu.freed
      # How one recommendation came about
      c3s rightsize deploy/suggest -n team-search --from prometheus --explain
    """
    from c3s_cli.metrics import priced
    from c3s_cli.run.rightsizing import explain, recommend  # `c3s rightsize --help` does not need it

    workload = workload_of(name)
    target = with_queries(target_of(connection), rightsize.queries)
    pods = Pods(all_namespaces=rightsize.all_namespaces)
    query, view = request_of(
        Kind.RIGHTSIZE,
        None,
        connection,
        rows,
        display,
        pods=pods,
        time=time_for(time, connection),
        costs=costs,
    )
    query = request_for(rightsize, workload, query, connection)
    if rightsize.filename:
        from c3s_cli.sources.manifests.declared import read_declared  # only -f reads manifests

        names = rightsize.filename
        query = with_declared(query, *read_declared(names, target.request_timeout, recursive=rightsize.recursive))
    query = priced(query, costs.prices, display.columns)
    return (explain if rightsize.explain else recommend)(target, query, view)
