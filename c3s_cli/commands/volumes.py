"""`c3s top volumes`, `c3s volumes`."""

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display, Pods
from c3s_cli.flags.time_options import Time
from c3s_cli.flags.volume_options import ThresholdFlags, Volumes
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show


@takes_flags
def volumes(*, volumes: Volumes, judged: ThresholdFlags, display: Display, connection: Connection) -> ExitCode:
    """Display how full the volumes are that pods have claimed (PersistentVolumeClaims).

    The metrics API does not report volumes: the kubelets do, which are asked unless --from says otherwise.

    Examples:
      # The fullest volumes first
      c3s top volumes -A --from prometheus --sort-by used%
      # The same at a time in the past
      c3s top volumes -A --from prometheus --at 2026-02-23
      # Exit code 3 if a volume is almost full
      c3s top volumes -A --from prometheus --fail-if 'used% > 90'
    """
    rows = structs.replace(judged, where=volumes.where, sort_by=volumes.sort_by)
    pods, time = Pods(all_namespaces=volumes.all_namespaces), Time(at=volumes.at)
    return show(target_of(connection), *request_of(Kind.VOLUME, None, connection, rows, display, pods=pods, time=time))
