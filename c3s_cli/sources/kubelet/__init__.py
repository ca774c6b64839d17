"""The kubelets as a source: usage from /metrics/resource, disks and volumes from /stats/summary."""
