"""JSON of the API server → rows and facts, and the answers of kubelets and Prometheus. One file for each kind.

metrics: usage; nodes, pods (with podstatus, placing), owners, claims: core objects; workloads: manifests; exposition,
summary: pages of a kubelet; prometheus: answers of its API; shapes: what all decoders share.
"""
