"""One file a command: its flags, its help, and one call."""
