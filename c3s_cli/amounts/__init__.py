"""Arithmetic, the ground floor: exact amounts, and how kubectl writes them.

quantity: Kubernetes quantities; duration: Go durations and ages; allocation: effective requests and limits of a pod.
"""
