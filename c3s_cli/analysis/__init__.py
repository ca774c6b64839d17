"""Samples → Report: everything that is computed from plain facts.

report: make_report(samples, query), with joining; fit: make_fit(sample, request), with scheduler, eligibility and
podrules; rollup: sums; membership: the members of groups; judging: the results of --fail-if and --until; gpus: the
resource that `gpu` stands for; summary, changes: the totals and changes in a live view.
"""
