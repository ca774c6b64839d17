"""`c3s fit`."""

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode
from c3s_cli.flags.fit import Fit, Workloads
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.options import Display
from c3s_cli.flags.subsets import AtTime, ConnectionOrRecording, RowFlags
from c3s_cli.request.fitting import fit_request_of, only_drains, references_of, takes_manifest, with_drain
from c3s_cli.request.from_flags import request_of, target_of
from c3s_cli.request.namespaces import read_one_namespace
from c3s_cli.request.origin import recording_of
from c3s_cli.run.fitting import fit as place


@takes_flags
def fit(
    names: Workloads = None,
    *,
    pods: Fit,
    rows: RowFlags,
    time: AtTime,
    display: Display,
    connection: ConnectionOrRecording,
) -> ExitCode:
    """Estimate whether pods would fit on the nodes now.

    For each node it shows what is free, how many of the pods fit there (FITS), how many of the replicas are placed
    there (PLACED), and why no more fit (LIMITED-BY). The exit code is 0 if all replicas fit, and 3 if not. -f reads
    the pods from a manifest: c3s fit -f deployment.yaml.

    --without drains nodes first. Without pods to place, the rows are then the pods that must move, with the node where
    each fits, or why it fits nowhere.

    Examples:
      # Do three pods fit if they tolerate spot nodes?
      c3s fit --cpu 1 --memory 2Gi --replicas 3 --tolerate spot
      # Can this Deployment be scaled to ten pods?
      c3s fit deploy/web --replicas 10
      # May this node be drained? A row for each pod that must move
      c3s fit --without spot-1
    """
    read_one_namespace(connection.namespace, "c3s fit")
    target, kind = target_of(connection, usage=False), Kind.MOVE if only_drains(pods) and not names else Kind.FIT
    query, view = request_of(kind, None, connection, rows, display, time=time)
    if connection.source:
        target = structs.replace(target, origin=recording_of(connection))
    manifests = None
    if takes_manifest(pods):
        from c3s_cli.sources.manifests.files import objects
        from c3s_cli.sources.manifests.workloads import read_manifests  # only -f reads manifests

        manifests = read_manifests(list(objects(pods.filename or [], target.request_timeout, recursive=pods.recursive)))
    return place(target, with_drain(query, pods), view, fit_request_of(pods, manifests, references_of(names or ())))
