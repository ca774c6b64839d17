"""Samples → Report: what is computed from plain facts.

report: make_report(samples, query); fit: make_fit(sample, request), with scheduler, eligibility and podrules; rollup:
sums; membership: the members of groups; judging: the results of --fail-if and --until; gpus: the resource that `gpu`
names; summary, changes: the totals and the differences that a live view shows.
"""
