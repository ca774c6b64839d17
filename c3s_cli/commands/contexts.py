"""`c3s contexts`: list the contexts of the kubeconfig; with --check, ask whether their clusters answer."""

from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.lists import Contexts, Listing
from c3s_cli.flags.subsets import ConnectionWithoutSource
from c3s_cli.request.from_flags import listing_of, target_of


@takes_flags
def contexts(*, contexts: Contexts, listing: Listing, connection: ConnectionWithoutSource) -> ExitCode:
    """List the contexts of the kubeconfig: their cluster, user, namespace and server.

    With --check, also whether each cluster answers, how fast, its version and its version of the metrics API.

    Examples:
      # Like kubectl config get-contexts, plus the servers
      c3s contexts
      # Which clusters answer?
      c3s contexts --check --request-timeout 3s
    """
    from c3s_cli.output.listing import FORMATS
    from c3s_cli.run.contexts import show_contexts  # `c3s contexts --help` does not need it

    return show_contexts(target_of(connection, usage=False), listing_of(listing, FORMATS), check=contexts.check)
