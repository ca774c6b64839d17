"""Terminal output: messages on stderr, the screen of a live view, and text made safe to print."""
