"""Where facts about a cluster come from. A Source takes what is needed and returns a Sample.

source: the protocol, and the Scope of a reading; api_server: the metrics API with the core API; decode: their JSON.
"""
