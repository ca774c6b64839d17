"""c3s: kubectl top for scripts. docs/how-it-works.md has the map of this package."""

import time

__version__ = "0.1.0"

# When the program started, for the timings of -v.
STARTED = time.perf_counter()
