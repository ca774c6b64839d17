"""What a command line asks for: Target (where), Query (what), View (how), and the languages they are written in.

target, query, view, pace: the values; from_flags: flags become them; where, selectors, jsonpath: the languages.
"""
