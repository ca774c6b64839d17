"""Programs for maintainers: generating the docs, releasing. Not part of c3s."""
