"""Where data about a cluster comes from. A Source takes Needs and a Scope, and returns a Sample.

source: the protocol, and the Scope of a reading; api_server: the only Source: it takes usage from metrics_api, kubelet
or prometheus, and facts from core_api, following (for watch) or state_metrics; promql, engine: queries and how they
are sent; server: version and rights; requests: lists, pages and parallel requests; decode: JSON → rows.
"""
