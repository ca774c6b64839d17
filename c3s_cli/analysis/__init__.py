"""Samples → Report: what is computed from plain facts.

report: make_report(samples, query); rollup: several rows as one; judging: what --fail-if and --until come to; summary,
changes: for the live view of watch.
"""
