"""`c3s top pods`, `c3s pods`."""

from c3s_cli.columns import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.options import Connection, Look, PodName, Pods, Rows, takes_flags
from c3s_cli.pipeline import show
from c3s_cli.request import request_of, target_of


@takes_flags
def pods(names: PodName = None, *, pods: Pods, rows: Rows, look: Look, connection: Connection) -> ExitCode:
    """Display resource (CPU/memory) usage of pods.

    Due to the metrics pipeline delay, they may be unavailable for a few minutes since pod creation.
    """
    return show(target_of(connection), *request_of(Kind.POD, names, connection, rows, look, pods=pods))
