"""A simulated Kubernetes API server for demonstrations, documents and tests.

It uses HTTP and JSON only and imports nothing else from c3s_cli, so it cannot share a mistake with the client. The
entry point is `server.start()`. How an answer is made, from the inside out:

    catalogue.py   the workloads and node pools as plain data
    things.py      what a cluster consists of: nodes, pods, groups of pods
    resources.py   other requests and limits than those of the catalogue
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

    discovery.py   which resources there are, and how paths name them
    collections.py, tables.py   the objects of each resource in a state, in every form; what `kubectl get` prints
    selectors.py, listing.py   which of them a request is about
    watching.py    changes -> the events of a watch
    reviews.py     who the caller is, what it may do, who serves the metrics API
    kubelet/, prometheus/, proxy.py   the backends of the API server's proxy
    answer.py      status, headers, body: long lists in pieces, errors, content negotiation
    api.py         (method, path, query, headers) -> answer
    server.py      sockets
"""
