"""The words of a command line: every flag, kubectl's way of writing them, and the help about them.

options: the flags, declared once; arity: which take a value; argv: translate(argv) for Typer; help: the text of --help;
pages: that of groups; suggestions: what a mistyped command or flag may have been.
"""
