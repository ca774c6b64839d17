"""From a request to its output: connect, read, compute, render, write.

once: show(target, query, view); watching: watch(…, pace); explain: the terms of one sum; stages: timings for -v.
"""
