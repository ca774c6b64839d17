"""`c3s doctor`: find out why c3s cannot read a cluster, and what to do about it."""

from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.lists import Listing, Quiet
from c3s_cli.flags.subsets import ConnectionToOne
from c3s_cli.request.from_flags import listing_of, target_of
from c3s_cli.request.namespaces import read_one_namespace


@takes_flags
def doctor(*, listing: Listing, quiet: Quiet, connection: ConnectionToOne) -> ExitCode:
    """Check one context: kubeconfig, credentials, rights, API server, metrics API, and nodes without metrics.

    Problems come with advice. The exit code is 1 if something is broken. c3s changes nothing.

    Examples:
      # The current context
      c3s doctor
      # Another context, and the rights in one of its namespaces
      c3s doctor --context prod -n team-checkout
      # A Prometheus: its series, clusters and history
      c3s doctor --from https://prometheus.example
    """
    from c3s_cli.doctor.doctor import FORMATS, show_findings  # `c3s doctor --help` does not need it

    namespace = read_one_namespace(connection.namespace, "c3s doctor")
    return show_findings(target_of(connection), namespace, listing_of(listing, FORMATS), quiet=quiet.quiet)
