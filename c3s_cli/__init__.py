"""c3s: the load of Kubernetes clusters, read from a shell."""

__version__ = "0.1.0"
