"""JSON of the API server → our rows. Only the wanted fields are decoded; the rest is skipped unread.

The shapes are what Kubernetes documents; whatever a server may leave out or make null has a default. A quantity that
is no quantity makes its value unknown and is reported by name; the rest of the listing stays.
"""
