"""One file for each command: its signature, its help, and one call.

complete: what the shells ask for; cli.COMMANDS names the others.
"""
