"""Arithmetic on exact amounts, and kubectl's way of writing them.

quantity: Kubernetes quantities; duration: Go durations and ages; allocation: effective requests and limits of a pod.
"""
