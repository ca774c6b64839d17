"""`c3s contexts`: the contexts of the kubeconfig, and with --check whether their clusters answer."""

from c3s_cli.errors import ExitCode
from c3s_cli.request.from_flags import listing_of, target_of
from c3s_cli.words.groups import takes_flags
from c3s_cli.words.lists import Contexts, Listing
from c3s_cli.words.options import Reached


@takes_flags
def contexts(*, contexts: Contexts, listing: Listing, connection: Reached) -> ExitCode:
    """List the contexts of the kubeconfig: their cluster, user, namespace and server.

    With --check also whether each answers, in how many milliseconds, with which version and which metrics API.

    Examples:
      # What kubectl config get-contexts shows, and the servers
      c3s contexts
      # Which clusters answer?
      c3s contexts --check --request-timeout 3s
    """
    from c3s_cli.output.listing import FORMATS
    from c3s_cli.run.contexts import show_contexts  # `c3s contexts --help` does without

    return show_contexts(target_of(connection, usage=False), listing_of(listing, FORMATS), check=contexts.check)
