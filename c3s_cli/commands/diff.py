"""`c3s diff`: what changed between two recordings, documents or times, or until now."""

from c3s_cli.errors import ExitCode
from c3s_cli.flags.diff_options import Diff, DiffFlags, DiffPods, Words
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Connection, Display
from c3s_cli.request.comparing import diff_request_of
from c3s_cli.request.from_flags import target_of


@takes_flags
def diff(
    names: Words = None,
    *,
    diff: Diff,
    pods: DiffPods,
    selection: DiffFlags,
    display: Display,
    connection: Connection,
) -> ExitCode:
    """Show which rows came, went or changed.

    Each column is shown before and after, with the change: cpu.before, cpu.after, cpu.change and cpu.change%. The exit
    code is 0 whatever differs; --fail-if sets conditions.

    Examples:
      # What a load test changed, by workload
      c3s diff owners -A load.c3s@#1 load.c3s
      # What changed in the last two hours, until now
      c3s diff -A incident.c3s@-2h
      # Fail if the memory of a workload grew by more than a fifth
      c3s diff owners -A before.c3s after.c3s --since 1h --fail-if 'memory.p95.change% > 20'
    """
    from c3s_cli.run.comparing import compare  # `c3s diff --help` does not need it

    request, view = diff_request_of(names or (), diff, pods, selection, display, connection)
    return compare(target_of(connection), request, view)
