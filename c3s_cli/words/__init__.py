"""The words of a command line: every flag, and kubectl's way of writing them.

options: the flags, declared once; argv: translate(argv) for Typer.
"""
