"""Where facts about a cluster come from. A Source takes what is needed and returns a Sample.

source: the protocol, and the Scope of a reading; api_server: the only Source; it takes usage from metrics_api, kubelet
or prometheus, and facts from core_api, following (for watch) or state_metrics; promql, engine: questions for a
Prometheus; server: version and rights; requests: what runs at once; decode: JSON → rows.
"""
