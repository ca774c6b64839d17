"""The words of a command line: every flag, kubectl's way of writing flags, and the text of --help."""
