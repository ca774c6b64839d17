"""`c3s top pods`, `c3s pods`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show
from c3s_cli.words.options import Connection, Display, PodName, Pods, Selection, takes_flags
from c3s_cli.words.time_options import Time


@takes_flags
def pods(
    names: PodName = None, *, pods: Pods, selection: Selection, time: Time, display: Display, connection: Connection
) -> ExitCode:
    """Display resource (CPU/memory) usage of pods.

    Due to the metrics pipeline delay, they may be unavailable for a few minutes since pod creation.
    """
    request = request_of(Kind.POD, names, connection, selection, display, pods=pods, time=time)
    return show(target_of(connection), *request, explain=selection.explain)
