"""Run a request: connect, read, compute, render, write.

once: show(target, query, view); watching: watch(…, pace), with live, heading, rounds, schedule and garbage; explain,
fitting, contexts, doctor (with examination, rights, figures, findings, advice): one command each. fleet: the clusters
of a target; reading, failures: their Samples and errors; verdict: remarks and exit code; stages: timings for -v.
"""
