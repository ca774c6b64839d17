"""From a request to its output: connect, read, compute, render, write.

once: show(target, query, view); watching: watch(…, pace), with live, heading, schedule and garbage; explain, fitting,
contexts, doctor (with examination, rights): the commands of these names. fleet: the clusters of a target; reading,
failures: their Samples, and what failed; verdict: remarks and exit code; stages: timings for -v.
"""
