"""A recording → the Sample of `c3s fit`: nodes, and pods with their scheduling rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import C3sError, UsageError
from c3s_cli.model.placing import FitRequest
from c3s_cli.model.sample import WHOLE, Sample
from c3s_cli.model.surroundings import Surroundings
from c3s_cli.request.query import Query
from c3s_cli.sources.recording.reader import RecordingReader

REMARK: Final = (
    "recordings have no volumes, disruption budgets, quotas, autoscalers and labels of namespaces: "
    "these are not considered"
)
# What is not recorded is not known, which is not the same as that there is none.
UNREAD: Final = Surroundings(
    claims=None, volumes=None, storage_classes=None, runtime_classes=None, priority_classes=None
)


def recorded_room(reader: RecordingReader, query: Query, request: FitRequest) -> Sample:
    """Return the nodes and pods of a reading. C3sError if they were not recorded, or without their rules."""
    if request.references:
        raise UsageError(
            "a recording has no workloads, only their pods", hint="describe the pods by flags, or -f a manifest"
        )
    recording, cluster = reader.recording, reader.cluster
    moment = recording.moment(cluster, query.period)
    moment.check((WHOLE, "nodes", "pods"))
    if moment.covers:
        raise C3sError(f"c3s fit needs all pods, and the recording covers only {moment.covers}")
    facts = recording.facts(cluster, moment)
    pods = facts.pods or {}
    if any(pod.placing is None for pod in pods.values()):
        raise C3sError(
            f"{recording.path} does not have the scheduling rules of pods", hint="record them with c3s record --for-fit"
        )
    return Sample(
        context=cluster.context,
        now=datetime.fromtimestamp(moment.time, UTC),
        source="v1",
        node_facts=facts.nodes or {},
        pod_facts=pods,
        namespaces=(next(iter(query.namespaces), cluster.namespace),),
        surroundings=UNREAD,
        moment=f"of reading {moment.count}, {utc(moment.time)}",
        remarks=(REMARK,),
    )
