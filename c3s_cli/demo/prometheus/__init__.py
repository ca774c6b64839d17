"""A Prometheus that has scraped the simulated cluster for two weeks, with the parts of its HTTP API for usage.

syntax.py, parser.py   what a query consists of; text -> syntax
scene.py, history.py   what there has been; a run of a container -> its counters at every scrape
series.py    labels, and values that are a function of time
cadvisor.py, states.py, machines.py   the cluster -> series
storage.py   selectors -> series
functions.py, operators.py   what a query can do with values
engine.py    syntax and a time -> values
answers.py   requests -> answers of the API
"""
