"""What the API server and controllers add to new pods before the scheduler sees them."""

from __future__ import annotations

from msgspec import structs

from c3s_cli.analysis.eligibility import OF_DAEMONS, OF_EVERY_POD, OF_HOST_NETWORK
from c3s_cli.model.placing import Toleration, Workload
from c3s_cli.model.sample import Sample


def admitted(workload: Workload, sample: Sample) -> Workload:
    """Return a workload as its pods would be created in a cluster."""
    placing = workload.placing
    tolerations = (*placing.tolerations, *_added_tolerations(workload))
    pods: Workload = structs.replace(
        workload,
        namespace=workload.namespace or sample.namespaces[0],
        placing=structs.replace(placing, tolerations=tolerations),
    )
    return pods


def _added_tolerations(workload: Workload) -> tuple[Toleration, ...]:
    if workload.replicas is not None:
        return OF_EVERY_POD
    return (*OF_DAEMONS, OF_HOST_NETWORK) if workload.placing.host_network else OF_DAEMONS
