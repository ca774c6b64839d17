"""Nodes that are gone at the end of a range, but had usage in it, or pods: which pool and zone they were of."""

from __future__ import annotations

from msgspec import structs

from c3s_cli.model.sample import Sample
from c3s_cli.sources.source import Usage


def with_former_nodes(sample: Sample, usage: Usage) -> Sample:
    """Add the details of nodes that are gone, as far as the source knows them, and what it says about the others."""
    names = {node.name for node in sample.nodes if node.ended}
    names |= {facts.node for facts in (sample.pod_facts or {}).values() if facts.node}
    gone = sorted(names - (sample.node_facts or {}).keys())
    if not gone:
        return sample
    nodes, remarks = usage.former_nodes(gone)
    return structs.replace(sample, former_nodes=nodes, remarks=(*sample.remarks, *remarks))
