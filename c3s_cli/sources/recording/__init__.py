"""A recording: readings of clusters in one SQLite file. Nothing outside of this room knows of SQLite.

store: the file, its schema and its errors; recorder: Sample → file; recording, reader: file → Sample; contents: what a
file has; range, sums, history: statistics; usage, layout, facts: the encodings; planes: integers as bytes that compress
well; adder: sums of many groups at once.
"""
