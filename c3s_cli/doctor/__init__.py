"""`c3s doctor`: what is wrong between this machine and the metrics, and what to do about it."""
