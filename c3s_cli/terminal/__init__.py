"""What a person sees: words on stderr, a screen that is drawn over, text made safe to print.

words: say(line); printable: printable(text); colour, lines, bars: text with styles; header, frame, viewing: what a live
view shows; console, screen, keyboard: a terminal; progress: how far a long reading is.
"""
