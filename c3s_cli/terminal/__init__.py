"""Terminal output: messages on stderr, the screen of a live view, and text made safe to print.

words: say(line); printable: printable(text); encoding: plain characters; colour, lines, bars: styled text; header,
frame, viewing: the content of a live view; console, screen, keyboard: the terminal; progress: the progress of a long
reading.
"""
