"""Answers of the API server, kubelets and Prometheus → rows and facts. One file for each kind of answer.

metrics: usage; nodes, pods (with podstatus, placing), owners, claims: core objects; workloads: manifests; exposition,
summary: a kubelet's endpoints; prometheus: its HTTP API; shapes: helpers that all decoders share.
"""
