"""From a request to its output: connect, read, compute, render, write.

once: show(target, query, view); fleet: the clusters of a target, one or many; watching: watch(…, pace); explain: the
terms of one sum; stages: timings for -v.
"""
