"""Samples → Report: what is computed from plain facts.

report: make_report(samples, query); rollup: several rows as one; summary, changes: for the live view of watch.
"""
