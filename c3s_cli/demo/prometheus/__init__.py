"""A Prometheus that has scraped the simulated cluster for two weeks, with the parts of its HTTP API for usage.

syntax.py    what a query consists of
lexer.py, parser.py   text -> syntax
history.py   a run of a container -> its counters at every scrape, as far back as somebody asks
series.py    labels, and values that are a function of time
cadvisor.py, states.py, machines.py   the cluster -> series
storage.py   selectors -> series
values.py    labels of results, and how numbers are written
functions.py, matching.py, grouping.py   what a query can do with values
engine.py    syntax and a time -> values
answers.py   requests -> answers of the API
"""
