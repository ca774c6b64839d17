"""Samples → Report: what is computed from plain facts.

report: make_report(samples, query); rollup: several rows as one; judging: what --fail-if and --until come to;
gpus: what `gpu` stands for; summary, changes: for the live view of watch.
"""
