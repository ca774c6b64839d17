"""Answers of the API server → rows and facts. One file for each kind of object."""
