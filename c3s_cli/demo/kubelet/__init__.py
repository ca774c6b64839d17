"""The kubelets of the simulated cluster, as they answer through the API server.

kubelet.py   the node, the time of the last look at it -> what every container and the node have used
text.py      that -> /metrics/resource, for Prometheus and metrics-server
summary.py   that -> /stats/summary
volumes.py   the volumes that pods have claimed, and how full they are
"""
