"""The words of a command line: every flag, kubectl's way of writing them, and the help about them.

options: the flags, declared once (those of few commands in fit, lists, source_options, time_options, volume_options);
flag, groups: how they are declared and reach a command; argv: translate(argv) for Typer; arity: which take a value;
help, pages: the text of --help; suggestions, habits: what a mistyped command or flag may have been, and kubectl's own.
"""
