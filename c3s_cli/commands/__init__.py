"""One file for each command: its signature, its help, and one call. cli.COMMANDS lists them."""
