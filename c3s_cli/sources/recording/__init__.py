"""A recording: readings of clusters in one SQLite file. Nothing outside of this room knows of SQLite."""
