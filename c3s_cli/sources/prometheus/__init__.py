"""Prometheus as a source: the service, its queries, and their answers as rows."""
