"""Programs for maintainers: what writes the docs, what a release needs. Not part of c3s."""
