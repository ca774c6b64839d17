"""Arithmetic on exact amounts, and kubectl's way of rounding and writing them.

quantity: Kubernetes quantities and percentages; duration: Go durations and ages; timestamp: RFC 3339; allocation:
effective requests and limits of a pod.
"""
