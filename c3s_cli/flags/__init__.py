"""The words of a command line: every flag, kubectl's way of writing flags, and the text of --help.

options: the shared flags, declared once (flags of only some commands are in fit, lists, source_options, time_options
and volume_options); flag, groups: how flags are declared and passed to a command; argv: translate(argv) for Typer;
arity: which flags take a value; help, pages: the text of --help; suggestions, kubectl_equivalents: "did you mean".
"""
