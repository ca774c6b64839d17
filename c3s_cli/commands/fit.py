"""`c3s fit`."""

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.fit import Fit
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import ConnectionWithoutSource, Display, RowFlags
from c3s_cli.request.fitting import fit_request_of, takes_manifest
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.request.namespaces import read_one_namespace
from c3s_cli.run.fitting import fit as place


@takes_flags
def fit(*, pods: Fit, rows: RowFlags, display: Display, connection: ConnectionWithoutSource) -> ExitCode:
    """Estimate whether pods would fit on the nodes now.

    For each node it shows what is free, how many of the pods fit there (FITS), how many of the replicas are placed
    there (PLACED), and why no more fit (LIMITED-BY). The exit code is 0 if all replicas fit, and 3 if not. -f reads
    the pods from a manifest: c3s fit -f deployment.yaml.

    Examples:
      # Do three pods fit if they tolerate spot nodes?
      c3s fit --cpu 1 --memory 2Gi --replicas 3 --tolerate spot
      # Does everything still fit if a node is drained? A row per pool
      c3s fit --without spot-1 --by pool
    """
    read_one_namespace(connection.namespace, "c3s fit")
    target, request = target_of(connection, usage=False), request_of(Kind.FIT, None, connection, rows, display)
    workloads = None
    if takes_manifest(pods):
        from c3s_cli.sources.manifests.files import objects
        from c3s_cli.sources.manifests.workloads import workloads_of  # only -f reads manifests

        workloads = workloads_of(objects(pods.filename or []))
    return place(target, *request, fit_request_of(pods, workloads))
