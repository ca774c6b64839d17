"""Signals at random moments: how c3s ends, how soon, and what it leaves behind. `make signals` runs each kind often."""
