"""A simulated Kubernetes API server for demonstrations, documents and tests.

It speaks HTTP and JSON only and imports no other room of the program, so it cannot share a mistake with the
client. `server.start()` is the door. How an answer is made, from the inside out:

    catalogue.py   the workloads and node pools as plain data
    cluster.py     catalogue + size + seed -> nodes, and pods placed on them
    pods.py, nodes.py, owners.py   one object of the cluster -> its JSON
    load.py        (object, time) -> how much it uses
    metrics.py     load -> NodeMetrics and PodMetrics
    discovery.py   which resources there are
    reviews.py     who the caller is, what it may do, who serves the metrics API
    selectors.py   label and field selectors
    tables.py      what `kubectl get` prints
    api.py         (method, path, query, headers) -> status, headers, body
    server.py      sockets
"""
