"""c3s: kubectl top for scripts. docs/how-it-works.md has the map of this package."""

__version__ = "0.1.0"
# Of the documents of c3s.
API_VERSION = "c3s/v1"
