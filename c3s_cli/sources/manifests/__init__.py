"""Manifest files: read, then decoded into workloads."""
