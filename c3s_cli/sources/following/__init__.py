"""Lists of the core API that a watch reads once and then follows."""
