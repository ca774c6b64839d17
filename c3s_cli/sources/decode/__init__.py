"""JSON of the API server → rows and facts. One file for each kind of object.

metrics, nodes, pods, podstatus, owners: the objects; shapes: what all decoders share.
"""
