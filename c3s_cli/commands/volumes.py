"""`c3s top volumes`, `c3s volumes`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode, UsageError
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.run.once import show
from c3s_cli.words.options import Connection, Display, Pods, Selection, takes_flags

# What a volume has no use for.
REFUSED = ("selector", "by", "sum", "explain", "show_swap")


@takes_flags
def volumes(*, pods: Pods, selection: Selection, display: Display, connection: Connection) -> ExitCode:
    """Display how full the volumes are that pods have claimed (PersistentVolumeClaims).

    The metrics API does not know them: add --from kubelet or --from prometheus.
    """
    for flag in (*REFUSED, *(["field_selector"] if pods.field_selector else []), *(["containers"] * pods.containers)):
        if getattr(selection, flag, True):
            raise UsageError(f"--{flag.replace('_', '-')} does not go with volumes")
    return show(target_of(connection), *request_of(Kind.VOLUME, None, connection, selection, display, pods=pods))
