"""What a person sees: words on stderr, a screen that is drawn over, text made safe to print.

words: say(line); screen: Screen; printable: printable(text).
"""
