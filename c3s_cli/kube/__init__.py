"""One API server, read through the official client. The only room that imports `kubernetes` and `urllib3`.

cluster: connect(target) → Cluster.get(path); kubeconfig: the contexts of the kubeconfig files.
"""
