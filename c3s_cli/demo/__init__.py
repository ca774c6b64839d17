"""A simulated Kubernetes API server for demonstrations, documents and tests.

It uses HTTP and JSON only and imports nothing else from c3s_cli, so it cannot share a mistake with the client. The
entry point is `server.start()`. How an answer is made, from the inside out:

    catalogue.py   the workloads and node pools as plain data
    things.py      what a cluster consists of: nodes, pods, groups of pods
    sizes.py, cluster.py   catalogue + size + seed -> nodes, and pods placed on them
    pod_spec.py, pod_status.py, pods.py, nodes.py, owners.py   one object of the cluster -> its JSON
    load.py        (object, time) -> how much it uses
    metrics.py     load -> NodeMetrics and PodMetrics

What happens as time passes:

    clock.py       the real time, or a frozen one, or one that is moved
    state.py       the cluster at a moment
    draft.py, churn.py   what changes it: writing changes down; episodes
    world.py       (seed, time) -> the state, and what has changed
    runs.py, counters.py   when containers ran, and the load added up

How it is asked for:

    discovery.py   which resources there are
    paths.py, selectors.py, listing.py   what a request is about
    collection.py, collections.py   the objects of each resource in a state
    tables.py, writing.py   what `kubectl get` prints; objects in every form
    watching.py    changes -> the events of a watch
    reviews.py     who the caller is, what it may do, who serves the metrics API
    kubelet/, prometheus/, proxy.py   what lies behind the API server's proxy
    api.py         (method, path, query, headers) -> status, headers, body
    server.py      sockets
"""
