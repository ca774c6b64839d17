"""From a request to its output: connect, read, compute, render, write.

once: show(target, query, view); watching: watch(…, pace), and live: its screen, heading: the totals above the rows,
schedule: when it reads; explain: the terms of one sum; stages: timings for -v.
"""
