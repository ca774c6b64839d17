"""The kubelets of the simulated cluster, behind the API server's proxy.

kubelet.py   (node, time of the last sample) -> the usage of every container and of the node
text.py      that -> /metrics/resource, for Prometheus and metrics-server
summary.py   that -> /stats/summary
volumes.py   the volumes that pods have claimed, and how full they are
"""
