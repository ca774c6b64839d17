"""`c3s fit`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.request.fitting import room_of
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.request.pods import Workload
from c3s_cli.run.fitting import fit as find_room
from c3s_cli.words.options import Connection, Display, Fit, Rows, takes_flags


@takes_flags
def fit(*, pods: Fit, rows: Rows, display: Display, connection: Connection) -> ExitCode:
    """Estimate whether pods fit on the nodes now, where they would go, and what stops more.

    Each node shows what is free, how many such pods it takes (FITS), how many of the replicas it gets (PLACED) and
    what stops one more (LIMITED-BY). The exit code is 0 if all replicas fit, and 3 if not.

    \b
    Examples:
      c3s fit --cpu 2 --memory 4Gi --replicas 10 --tolerate dedicated
      c3s fit -f deployment.yaml --without node-1 --by pool
    """  # noqa: D301  \b is Typer's, for lines that stay as they are
    target, request = target_of(connection), request_of(Kind.FIT, None, connection, rows, display)
    return find_room(target, *request, room_of(pods, _read))


def _read(names: list[str]) -> list[Workload]:
    from c3s_cli.request.manifests import objects
    from c3s_cli.sources.decode.workloads import workloads_of  # only -f reads manifests

    return workloads_of(objects(names))
