"""The request of a command line: Target (where), Query (what), View (how), and the languages they are written in."""
