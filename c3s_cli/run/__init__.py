"""From a request to its output: connect, read, compute, render, write.

once: show(target, query, view); fleet: the clusters of a target, one or many, and reading: their Samples; watching:
watch(…, pace), and live: its screen, heading: the totals above the rows, schedule: when it reads; contexts, doctor:
what is there, and what is wrong; explain: the terms of one sum; stages: timings for -v.
"""
