"""Frozen rows and the Sample of one reading."""
