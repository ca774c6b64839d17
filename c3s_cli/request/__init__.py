"""What a command line asks for: Target (where), Query (what), View (how), and the languages they are written in.

target, query, view, pace, condition: the values; from_flags: flags become them; formats, grouping, sorting: the values
of -o, --by, --sort-by; where, selectors, jsonpath: the languages.
"""
